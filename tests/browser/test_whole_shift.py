"""A whole shift at the real service: a packer with a keyboard scanner, and never a mouse.

Nothing is scripted behind the page: the edge runs as its own process, with its store. Keys are
real ones; only the time between them is that of a scanner, however busy this machine is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from api.language import Language
from api.pages.render import ends
from edge.codes.commands import build
from edge.text.catalogue import text
from tests.browser.conftest import Visitors, watched
from tests.browser.fake_site import FakeSite
from tests.browser.test_wedge import STEADY
from tests.loopback.test_cli_service import PASSWORD, Service, tallydock
from tests.loopback.test_full_disk import Floor

CUP, PEN, SOAP, NOBODY_S = "9521234543213", "9521234543251", "9521234543220", "9521234009993"
ITEMS = f"""sku,gtin,name_zh,name_en,location
CUP,{CUP},杯,Cup,A-01
PEN,{PEN},笔,Pen,A-02
SOAP,{SOAP},皂,Soap,A-03
"""
STOCK = "sku,quantity,location\nCUP,100,A-01\nPEN,50,A-02\nSOAP,9,A-03\n"
ORDERS = (
    {"external_id": "1", "lines": [{"sku": "CUP", "quantity": "2"}, {"sku": "PEN", "quantity": "2"}]},
    {"external_id": "2", "lines": [{"sku": "PEN", "quantity": "1"}]},
)  # fmt: skip

# Whatever is scanned from badge to badge, and the verdict that it has to lead to.
FIRST = [
    (CUP, "accepted"), (SOAP, "mismatch_class"), (CUP, "line_complete"),
    (CUP, "mismatch_quantity"), (NOBODY_S, "unknown_code"), (PEN, "accepted"),
    (build("UNDO"), "voided"), (PEN, "accepted"), (build("SHORT"), "choose_reason"),
    (build("REASON", "MISSING"), "short_recorded"), (build("CLOSE"), "carton_closed"),
    (build("NEXT"), "order_closed"),
]  # fmt: skip
SECOND = [(PEN, "order_complete"), (build("NEXT"), "order_closed")]
DEEDS = [
    "SignedIn", "FulfilmentOpened", "ItemPacked CUP", "ItemPacked CUP", "ItemPacked PEN",
    "ItemVoided PEN", "ItemPacked PEN", "ShortRecorded PEN", "CartonClosed", "FulfilmentClosed",
    "FulfilmentOpened", "ItemPacked PEN", "CartonClosed", "FulfilmentClosed", "SignedOut",
]  # fmt: skip

# Counts what a hand would do: any pointer that touches the page.
UNTOUCHED = """() => {
  window.touches = 0;
  for (const name of ["pointerdown", "mousedown", "touchstart"]) addEventListener(name, () => { window.touches += 1; }, true);
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running edge with goods on its shelves, two orders and one packer for each language."""
    folder = tmp_path_factory.mktemp("shift")
    running = Service(folder)
    for kind, content in (("items", ITEMS), ("stock", STOCK)):
        file = folder / f"{kind}.csv"
        file.write_text(content, encoding="utf-8")
        done = tallydock("import", kind, file, *running.place)
        assert done.returncode == 0, done.stderr
    yield running
    running.stop()


def prepare(floor: Floor, language: Language) -> list[str]:
    """A packer who reads this language, and the numbers of two orders for him."""
    user = {
        "login": f"packer-{language.lower()}", "name": "Chen Jing", "role": "packer",
        "badge": badge(language), "password": PASSWORD, "language": language,
    }  # fmt: skip
    assert floor.call("POST", "/api/v1/users", user).status in (200, 201)
    numbers = []
    for order in ORDERS:
        made = floor.call("POST", "/api/v1/orders", order | {"channel": f"shop-{language.lower()}"})
        number = made.body["number"]
        assert isinstance(number, str)
        numbers.append(number)
    return numbers


def badge(language: Language) -> str:
    return {"zh-CN": "7001", "en": "7002"}[language]


def sign_in(page: Page, service: Service, language: Language) -> None:
    """By the keyboard alone: the first field has the focus already."""
    page.goto(f"http://127.0.0.1:{service.port}/stations/pack-1")
    expect(page.locator("[name=login]")).to_be_focused()
    for word, key in ((f"packer-{language.lower()}", "Tab"), (PASSWORD, "Enter")):
        page.keyboard.type(word)
        page.keyboard.press(key)
    page.wait_for_url("**/stations/pack-1")
    expect(page.locator("#verdict h1")).not_to_be_empty()
    page.evaluate(STEADY)
    page.evaluate(UNTOUCHED)


def scan(page: Page, code: str, verdict: str, language: Language) -> tuple[int, str]:
    """Scan and read what the page says: the place in the journal, and the ends of its hash."""
    number = page.locator("#verdict .record span").nth(1)
    before = number.inner_text() if number.count() else ""
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(number).not_to_have_text(before)
    expect(page.locator("#verdict h1")).to_have_text(text(f"verdict.{verdict}", language))
    seq, _, digest = number.inner_text().partition(" · ")
    return int(seq.removeprefix("#").replace("\u2009", "")), digest


def journal(floor: Floor, after: int) -> list[tuple[dict[str, object], str]]:
    """Events behind ``after`` with their hashes."""
    found = floor.call("GET", f"/api/v1/journal?after={after}").body["events"]
    assert isinstance(found, list)
    return [(entry["event"], entry["hash"]) for entry in found]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_whole_shift_is_worked_by_scans_alone(
    visitors: Visitors, site: FakeSite, service: Service, language: Language
) -> None:
    floor = Floor(service)
    first, second = prepare(floor, language)
    head = floor.head()
    page = visitors.newcomer(language)
    found = watched(page, site)
    sign_in(page, service, language)
    shift = [
        (build("BADGE", badge(language)), "signed_in"),
        (build("ORDER", first), "order_opened"), *FIRST,
        (build("ORDER", second), "order_opened"), *SECOND,
        (build("SIGNOFF"), "signed_out"),
    ]  # fmt: skip
    shown = [scan(page, code, verdict, language) for code, verdict in shift]
    assert page.evaluate("window.touches") == 0
    expect(page.locator("#verdict")).to_have_attribute("data-dress", "idle")
    assert found.complaints == []
    page.context.close()

    events = journal(floor, head)
    digests = {event["seq"]: digest for event, digest in events}
    assert [(seq, ends(str(digests[seq]))) for seq, _ in shown] == shown
    judged = [event["data"] for event, _ in events if event["type"] == "ScanJudged"]
    assert all(isinstance(data, dict) for data in judged)
    told = json.loads(json.dumps(judged))
    assert [(data["data"], data["verdict"]) for data in told] == shift
    deeds = [_deed(event) for event, _ in events]
    assert [deed for deed in deeds if deed in DEEDS] == DEEDS


def _deed(event: dict[str, object]) -> str:
    """Type of an event, with its item where it has one."""
    data = event["data"]
    assert isinstance(data, dict)
    kind = str(event["type"])
    return f"{kind} {data['sku']}" if data.get("sku") and kind != "ScanJudged" else kind
