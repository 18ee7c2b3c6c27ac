"""Pages in a strange light: twice the size, longer words, colours taken away, many units."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fake_site import FakeSite
from tests.browser.scenes import SCENES, View, wall
from tests.browser.test_every_page import EVERY
from tests.browser.test_station_shows import CONTAINED, STATION, overflow

HALF = (640, 400)
"""What is left of 1280 x 800 when a reader enlarges twice."""

# Text that a box with a hidden overflow cuts off at its side.
CUT = """() => [...document.querySelectorAll("main *")].filter((node) =>
  node.childElementCount === 0 && node.textContent.trim() !== "" && !node.closest("[hidden], .unseen, svg")
  && getComputedStyle(node).overflowX === "hidden" && node.scrollWidth > node.clientWidth + 1
  && getComputedStyle(node).textOverflow !== "ellipsis").map((node) => node.textContent)"""


@pytest.mark.parametrize(("path", "central"), EVERY)
def test_page_at_twice_the_size_scrolls_one_way_only(
    open_page: OpenPage, path: str, central: bool
) -> None:
    page = open_page(path, central=central, language="en", size=HALF).page
    assert page.evaluate("document.documentElement.scrollWidth") <= HALF[0]
    assert page.evaluate(CUT) == []


def test_station_at_twice_the_size_can_be_read_to_its_end(open_page: OpenPage) -> None:
    opened = open_page(STATION, language="en", size=HALF)
    for name in ("wrong", "hold", "disk", "idle"):
        opened.show(SCENES[name]() | {"language": "en"})
        assert opened.page.evaluate(CUT) == [], name
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= HALF[0], name
        opened.page.locator("#acts button").last.scroll_into_view_if_needed()
        expect(opened.page.locator("#acts button").last).to_be_in_viewport(ratio=1)


# Does to the page's own words what ``longer`` does to those of a picture.
LENGTHEN = """
const short = JSON.parse;
JSON.parse = (text) => {
  const value = short(text);
  for (const [key, words] of Object.entries(value.en && value["zh-CN"] ? value.en : {})) {
    if (key.startsWith("bench.word_") || key.startsWith("verdict.")) continue;
    value.en[key] = `${words} ${words.slice(0, Math.ceil(words.length * 0.4) - 1)}`;
  }
  return value;
};
"""


def longer(words: str) -> str:
    """Forty of a hundred letters more."""
    return words + " " + words[: math.ceil(len(words) * 0.4) - 1]


def test_station_holds_words_that_are_longer_by_two_fifths(open_page: OpenPage) -> None:
    opened = open_page(STATION, language="en", newcomer=True)
    opened.page.add_init_script(LENGTHEN)
    opened.page.reload()
    for name in SCENES:
        opened.show(_lengthened(SCENES[name]()))
        assert opened.page.evaluate(CONTAINED), name
        assert overflow(opened.page) == [], name


def _lengthened(view: View) -> View:
    """The same picture in English with longer sentences; the word stays, it is chosen to fit."""
    said = view["verdict"]
    if isinstance(said, dict):
        said = said | {key: {"zh": "", "en": longer(said[key]["en"])} for key in ("why", "next")}
    return view | {"language": "en", "verdict": said}


@pytest.mark.parametrize("scene", ["ok", "wrong", "hold"])
def test_state_is_seen_when_colours_are_taken_away(open_page: OpenPage, scene: str) -> None:
    opened = open_page(STATION)
    opened.page.emulate_media(forced_colors="active")
    opened.show(SCENES[scene]())
    filled, empty, ground = opened.page.evaluate(
        """() => {
          const colour = (name) => getComputedStyle(document.querySelector(name)).backgroundColor;
          return [colour(".tally .full"), colour(".tally i:not([class])"), colour("body")];
        }"""
    )
    assert filled not in (empty, ground)
    frame = "getComputedStyle(document.querySelector('#verdict')).borderTopWidth"
    assert float(opened.page.evaluate(frame).removesuffix("px")) >= 3


@pytest.mark.parametrize(
    ("packed", "wanted", "squares", "bars"), [(3, 5, 5, 0), (14, 22, 22, 0), (90, 240, 0, 1)]
)
def test_tally_counts_each_unit_while_that_helps(
    open_page: OpenPage, packed: int, wanted: int, squares: int, bars: int
) -> None:
    opened = open_page(STATION, size=(1024, 768))
    view = SCENES["ok"]()
    order = view["order"]
    assert isinstance(order, dict)
    opened.show(view | {"order": order | {"packed": str(packed), "wanted": str(wanted)}})
    tally = opened.page.locator("#band .tally")
    expect(tally.locator("i")).to_have_count(squares)
    expect(tally.locator("progress")).to_have_count(bars)
    expect(tally.locator(".full, .new")).to_have_count(packed if squares else 0)
    assert overflow(opened.page) == []


def test_one_line_is_not_lines(open_page: OpenPage) -> None:
    opened = open_page(STATION, language="en")
    view = SCENES["ok"]()
    lines = view["lines"]
    assert isinstance(lines, list)
    opened.show(view | {"language": "en", "lines": lines[:1]})
    expect(opened.page.locator("#lines h2")).to_have_text(re.compile("1 line$"))


@pytest.mark.parametrize("stations", [1, 2, 5, 8, 12])
@pytest.mark.parametrize("size", [(1280, 800), (1024, 768), (1920, 1080)])
def test_wall_cuts_no_station_off(
    open_page: OpenPage, site: FakeSite, stations: int, size: tuple[int, int]
) -> None:
    site.views.wall = lambda at_us: wall(at_us, stations=stations)
    page = open_page("/wall", language="en", size=size).page
    expect(page.locator("#tiles .tile")).to_have_count(stations)
    assert _cut_tiles(page) == []
    tallest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.tile')].map((tile) => tile.clientHeight))"
    )
    assert tallest <= size[1] / 4, "few stations leave the room to the chart"


def _cut_tiles(page: Page) -> list[str]:
    """Texts of tiles that do not show whole."""
    cut: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".tile, .tile *:not(.user):not(.cells):not(i), .figures .small")].filter((node) =>
          node.clientWidth > 0 && (node.scrollWidth > node.clientWidth + 1
            || (node.matches(".tile") && node.scrollHeight > node.clientHeight + 1))).map((node) => node.textContent)"""
    )
    return cut
