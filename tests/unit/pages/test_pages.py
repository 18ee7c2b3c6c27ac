"""Pages without a browser: assets, language, embedded values, entrances, errors, forms."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from api.pages.assets import STATIC, TEMPLATES, Assets
from api.pages.render import embedded, ends, grouped, show_time
from edge.domain.commands import HoldOrder
from edge.text.catalogue import catalogue
from tests.unit.api.fakes import World
from tests.unit.api.samples import order_row
from tests.unit.pages.conftest import Board, sign_in

# Sections whose keys are tokens of the heart: tests/unit/text holds them to their tokens.
TESTED_ELSEWHERE = {"verdict", "why", "next", "station", "event"}

ROOT = Path(__file__).resolve().parents[3]


# --- assets -------------------------------------------------------------------------------------


def test_asset_is_kept_for_ever_and_packed(client: TestClient) -> None:
    address = Assets().address("station.js")
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in plain.headers["Cache-Control"]
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content == (STATIC / "station.js").read_bytes()


def test_address_of_another_version_leads_nowhere(client: TestClient) -> None:
    assert client.get("/static/0123456789abcdef/station.js").status_code == 404
    assert (
        client.get(Assets().address("station.js").replace("station", "..%2fx")).status_code == 404
    )
    with pytest.raises(KeyError):
        Assets().address("none.js")


def test_digest_changes_with_any_file(tmp_path: Path) -> None:
    static, templates = tmp_path / "static", tmp_path / "templates"
    for source, target in ((STATIC, static), (TEMPLATES, templates)):
        target.mkdir()
        for path in source.iterdir():
            (target / path.name).write_bytes(path.read_bytes())
    before = Assets(static, templates)
    assert before.digest == Assets().digest
    (templates / "wall.html").write_text("other", encoding="utf-8")
    assert Assets(static, templates).digest != before.digest


def test_style_sheet_is_small() -> None:
    sheet = Assets().get(Assets().digest, "tallydock.css")
    assert sheet is not None
    assert gzip.decompress(sheet.packed) == sheet.content
    assert len(sheet.packed) < 10_000


def test_screens_stay_within_their_budget_of_lines() -> None:
    paths = [*STATIC.iterdir(), *TEMPLATES.iterdir()]
    assert sum(path.read_bytes().count(b"\n") for path in paths) <= 2_500


def test_nothing_is_inline_or_foreign() -> None:
    """The content policy would refuse it; an SVG namespace is a name, not a request."""
    for path in (*TEMPLATES.iterdir(), *STATIC.iterdir()):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|\sstyle=|\son\w+=|<style|@import|eval\(", text), path.name
        for script in re.findall(r"<script([^>]*)>", text):
            assert "src=" in script or 'type="application/json"' in script


# --- words --------------------------------------------------------------------------------------


def test_every_word_of_the_screens_is_used() -> None:
    """A key stands in a source, or its section and its name do, or what it is built from."""
    folders = (
        "api/templates", "api/static", "api/pages",
        "edge", "edge/service", "edge/domain", "devices", "sync",
    )  # fmt: skip
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).iterdir())
        if path.suffix in (".html", ".js", ".py")
    )
    quoted = set(re.findall(r"""(?<=['"`])[\w.]+(?=['"`])""", sources))
    stems = set(re.findall(r"""['"`]([a-z_]+\.(?:[a-z]+_)?)(?:['"`] ~|\$\{|\{)""", sources))
    unused = []
    for key in catalogue("en"):
        section, _, name = key.partition(".")
        stem = next((stem for stem in stems if key.startswith(stem) and stem[-1] == "_"), None)
        built = f"{section}." in stems and (name in quoted or name.split("_")[0].upper() in quoted)
        if key not in quoted and not stem and not built and section not in TESTED_ELSEWHERE:
            unused.append(key)
    assert unused == []


def test_words_of_templates_and_scripts_exist() -> None:
    keys = catalogue("en")
    for path in TEMPLATES.iterdir():
        for key in re.findall(r"\bt\('([\w.]+)'[,)]", path.read_text(encoding="utf-8")):
            assert key in keys, f"{path.name}: {key}"
    for path in STATIC.glob("*.js"):
        for key in re.findall(r'\bt\("([\w.]+)"[,)]', path.read_text(encoding="utf-8")):
            assert key in keys, f"{path.name}: {key}"


def test_reasons_of_devices_have_words() -> None:
    source = (ROOT / "devices" / "health.py").read_text(encoding="utf-8")
    reasons = re.findall(r'^    "(\w+)": "(?:absent|faulted|degraded)"', source, flags=re.MULTILINE)
    assert reasons
    assert {f"device.{reason}" for reason in reasons} <= set(catalogue("en"))


# --- rendering ----------------------------------------------------------------------------------


def test_embedded_json_cannot_end_its_element() -> None:
    assert embedded(b'{"a":"</script><b>"}') == '{"a":"\\u003c/script>\\u003cb>"}'


def test_numbers_hashes_and_times_read_well() -> None:
    assert grouped(48213) == "48\u2009213"
    assert ends(bytes.fromhex("9e41c07a" + "00" * 22 + "ffff07c2")) == "9e41\u2009c07a … 07c2"
    zone = ZoneInfo("Asia/Shanghai")
    assert show_time(zone, "%Y-%m-%d %H:%M", 1_790_000_000_000_000) == "2026-09-21 22:13"
    assert show_time(zone, "%H", None) == "—"


def test_names_are_escaped_and_pages_not_stored(signed_in: TestClient) -> None:
    answer = signed_in.get("/orders")
    assert "Dock &lt;1&gt;" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Language"] == "en"


def test_search_text_comes_back_escaped(signed_in: TestClient) -> None:
    assert "<script>alert" not in signed_in.get('/orders?q="><script>alert(1)</script>').text


def test_chosen_language_goes_before_the_browser_s(client: TestClient) -> None:
    assert 'lang="en"' in client.get("/sign-in").text
    assert 'lang="zh-CN"' in client.get("/sign-in", headers={"Accept-Language": "zh"}).text
    answer = client.get("/language/zh-CN?next=/orders")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders")
    assert 'lang="zh-CN"' in client.get("/sign-in").text
    client.cookies.set("tallydock_language", "tlh")
    assert 'lang="en"' in client.get("/sign-in").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_way_leads_out(client: TestClient, target: str) -> None:
    assert client.get("/language/en", params={"next": target}).headers["Location"] == "/"
    assert 'name="next" value="/"' in client.get("/sign-in", params={"next": target}).text


# --- entrances and errors -----------------------------------------------------------------------


def test_home_leads_to_the_wall_and_strangers_to_sign_in(client: TestClient) -> None:
    assert client.get("/").headers["Location"] == "/wall"
    answer = client.get("/wall")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/wall")


@pytest.mark.parametrize("path", ["/stations/none", "/stations/none/codes", "/orders/none"])
def test_unknown_thing_is_a_page_in_the_reader_s_language(signed_in: TestClient, path: str) -> None:
    answer = signed_in.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Not found" in answer.text


def test_invented_error_of_the_sign_in_page_is_not_shown(client: TestClient) -> None:
    assert "refusal" not in client.get("/sign-in?error=pay_here").text
    assert "refusal" in client.get("/sign-in?error=bad_credentials").text


# --- forms --------------------------------------------------------------------------------------


def test_form_that_is_sent_twice_counts_once(signed_in: TestClient, world: World) -> None:
    world.queries.order_rows.append(order_row("SO-1"))
    page = signed_in.get("/orders/SO-1").text
    found = re.search(r'name="form_key" value="(\w+)"', page)
    assert found is not None
    form = {"form_key": found[1], "reason": " address "}
    for _ in range(2):
        answer = signed_in.post("/orders/SO-1/hold", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/orders/SO-1")
    assert world.commands.submitted == [
        (HoldOrder(number="SO-1", reason="address"), "user/u-supervisor")
    ]


def test_form_of_a_foreign_page_is_refused(signed_in: TestClient, world: World) -> None:
    form = {"form_key": "0" * 32}
    origin = {"Origin": "http://elsewhere.example"}
    assert signed_in.post("/orders/SO-1/hold", data=form, headers=origin).status_code == 403
    assert world.commands.submitted == []


def test_packer_may_not_stop_an_order(client: TestClient, world: World) -> None:
    sign_in(world, client, "packer")
    world.queries.order_rows.append(order_row("SO-1"))
    assert 'class="handle"' not in client.get("/orders/SO-1").text
    assert client.post("/orders/SO-1/hold", data={"form_key": "0" * 32}).status_code == 403


def test_unknown_action_is_no_page(signed_in: TestClient) -> None:
    answer = signed_in.post("/orders/SO-1/burn", data={"form_key": "0" * 32})
    assert answer.status_code == 422


def test_station_page_embeds_its_first_picture(signed_in: TestClient, board: Board) -> None:
    board.pictures["pack-1"] = b'{"boot":"b","word":"</script>"}'
    page = signed_in.get("/stations/pack-1").text
    assert '{"boot":"b","word":"\\u003c/script>"}' in page
