"""The station's screen: dresses, words, counts, lines, actions, and sounds."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from api.language import Language
from tests.browser.conftest import KIOSKS, OpenPage
from tests.browser.fake_site import FakeSite
from tests.browser.scenes import DRESSES, SCENES, line, packing, verdict

STATION = "/stations/pack-1"
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
WORD_PX_MIN, CONTRAST_MIN, TARGET_PX_MIN, TARGETS_MAX = 96, 7.0, 64, 4

# What the look says: hertz and milliseconds of each outcome.
SOUNDS = {
    "ok": [[1760, 70]],
    "line": [[880, 90], [1109, 90]],
    "complete": [[880, 90], [1109, 90], [1319, 90]],
    "wrong": [[220, 140]] * 2,
    "over": [[660, 90]] * 3,
    "need": [[990, 80], [740, 120]],
    "unknown": [[440, 90], [330, 90]],
    "disk": [[180, 900]],
}

# Frame, shape and word of the panel, as they are without any colour.
FORM = """() => {
  const panel = document.querySelector("#verdict");
  const frame = (which) => {
    const style = getComputedStyle(panel, which);
    return which === null || style.content !== "none" ? `${style.borderTopStyle} ${style.borderTopWidth}` : "";
  };
  const fill = getComputedStyle(panel).backgroundImage.replace(/rgb\\([^)]*\\)/g, "");
  return [frame(null), frame("::before"), frame("::after"), fill,
    panel.querySelector("use").getAttribute("href"), panel.querySelector("h1").textContent];
}"""

# Text that leaves the screen, or is cut off by a box around it.
CLIPPED = """() => {
  const bad = [];
  const root = document.querySelector("main");
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || parent.closest("[hidden], .unseen, .sprite, script")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const slack = parseFloat(getComputedStyle(parent).fontSize) * 0.3;
    for (const box of range.getClientRects()) {
      const out = (wall) => box.left < wall.left - 1 || box.right > wall.right + 1
        || box.top < wall.top - slack || box.bottom > wall.bottom + slack;
      if (out({ left: 0, top: 0, right: innerWidth, bottom: innerHeight })) bad.push(node.textContent);
      for (let up = parent; up !== root; up = up.parentElement) {
        if (getComputedStyle(up).overflowX === "hidden" && out(up.getBoundingClientRect())) bad.push(node.textContent);
      }
    }
  }
  return bad;
}"""


# The parts of the panel end above one another and inside it, whatever they say.
CONTAINED = """() => {
  const find = (name) => document.querySelector(`#verdict${name}`);
  const box = (name) => (find(name) ?? find(" .say")).getBoundingClientRect();
  const [panel, next] = [box(""), box(" .next")];
  return [" .say", " .name", " .why"].every((name) => box(name).bottom <= next.top + 1)
    && [" .next", " .record", " .step"].every((name) => box(name).bottom <= panel.bottom)
    && box(" .step").right <= panel.right && document.documentElement.scrollHeight <= innerHeight;
}"""


def overflow(page: Page) -> list[str]:
    """What is clipped or makes the page scroll."""
    found: list[str] = page.evaluate(CLIPPED)
    scrolls = page.evaluate(
        "document.documentElement.scrollHeight > innerHeight"
        " || document.documentElement.scrollWidth > innerWidth"
    )
    return [*found, *(["the page scrolls"] if scrolls else [])]


def test_dresses_differ_without_colour_by_frame_shape_and_word(open_page: OpenPage) -> None:
    opened = open_page(STATION)
    forms = []
    for name in DRESSES:
        opened.show(SCENES[name]())
        expect(opened.page.locator("#verdict")).to_have_attribute("data-dress", name)
        forms.append(opened.page.evaluate(FORM))
    shapes, words = {form[4] for form in forms}, {form[5] for form in forms}
    assert len(shapes) == len(words) == len(DRESSES)
    frames = {tuple(form[:4]) for form in forms}
    assert len(frames) == len(DRESSES) - 1, "over and unknown are both dashed, one of them filled"


@pytest.mark.parametrize("dark", [False, True])
def test_word_is_large_and_stands_out(open_page: OpenPage, dark: bool) -> None:
    opened = open_page(STATION, dark=dark)
    for name in DRESSES:
        opened.show(SCENES[name]() | {"language": "en"})
        size, ink, ground = opened.page.evaluate(
            """() => {
              const word = document.querySelector("#verdict h1");
              let box = word;
              while (getComputedStyle(box).backgroundColor === "rgba(0, 0, 0, 0)") box = box.parentElement;
              const style = getComputedStyle(word);
              return [parseFloat(style.fontSize), style.color, getComputedStyle(box).backgroundColor];
            }"""
        )
        assert size >= WORD_PX_MIN
        assert contrast(ink, ground) >= CONTRAST_MIN, name


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two ``rgb(r, g, b)``."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("size", KIOSKS)
def test_nothing_scrolls_or_is_cut_off(
    open_page: OpenPage, site: FakeSite, size: tuple[int, int]
) -> None:
    opened = open_page(STATION, size=size)
    for (name, scene), language in itertools.product(SCENES.items(), LANGUAGES):
        opened.show(scene() | {"language": language})
        assert overflow(opened.page) == [], f"{name} {language}"
        targets = opened.page.locator("#acts button").all()
        assert len(targets) <= TARGETS_MAX
        for target in targets:
            box = target.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= TARGET_PX_MIN
    opened.show(SCENES["ok"]() | {"language": "en"})
    places = _places(opened.page)
    site.call(site.wire.cut())
    expect(opened.page.locator("#bench")).to_have_attribute("data-live", "cut")
    assert overflow(opened.page) == [], "stale"
    assert _places(opened.page) == places, "nothing shifts when the line is cut"


def _places(page: Page) -> list[object]:
    boxes: list[object] = page.evaluate(
        "['#band', '#verdict', '#lines', '#acts'].map((id) => {"
        "  const box = document.querySelector(id).getBoundingClientRect();"
        "  return [box.x, box.y, box.width, box.height]; })"
    )
    return boxes


def test_long_texts_stay_in_their_place(open_page: OpenPage) -> None:
    long = {
        "zh": "加厚不锈钢真空保温杯 大容量户外运动便携 1000 ml 深空灰 礼盒装 限量版",
        "en": "Thick stainless vacuum flask, large outdoor sports edition, 1000 ml, graphite",
    }
    said = verdict("mismatch_class", item=long, code="0109521234000310172809301" * 4, variant="")
    said["why"] = said["next"] = long
    view = packing(said, lines=[line(n, long, 0, 240, current=n == 9) for n in range(1, 30)])
    opened = open_page(STATION)
    page = opened.page
    for (width, height), language in itertools.product(KIOSKS, LANGUAGES):
        page.set_viewport_size({"width": width, "height": height})
        opened.show(view | {"language": language})
        page.wait_for_function("width => innerWidth === width", arg=width)
        assert page.evaluate(CONTAINED), f"{width} {language}"
        expect(page.locator("#lines [aria-current=true]")).to_be_visible()


@pytest.mark.parametrize("scene", sorted(SOUNDS))
def test_each_outcome_has_its_own_sound(open_page: OpenPage, scene: str) -> None:
    opened = open_page(STATION)
    expect(opened.page.locator("#audible")).to_be_visible()
    opened.show(SCENES[scene]())
    opened.page.wait_for_function("() => window.notes.length > 0")
    assert opened.page.evaluate("window.notes") == SOUNDS[scene]


def test_hold_sounds_until_a_scan_acknowledges_it(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["hold"]())
    notes = opened.page.evaluate("window.notes")
    assert {tuple(note) for note in notes} == {(330, 500)}
    assert 10_000 / 650 <= len(notes) <= 10_000 / 650 + 1
    site.commands.views_after("9521234009993")
    opened.page.wait_for_function("count => window.notes.length === count", arg=len(notes) + 2)
    assert opened.page.evaluate("window.silenced") == 1


def test_picture_that_came_before_makes_no_sound(open_page: OpenPage, site: FakeSite) -> None:
    site.views.show(SCENES["wrong"]())
    opened = open_page(STATION)
    opened.show(SCENES["wrong"]())
    assert opened.page.evaluate("window.notes") == []


def test_equal_verdicts_are_seen_and_heard_as_two(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    for count in (1, 2, 3):
        site.commands.views_after("9521234009993")
        opened.page.wait_for_function("count => window.notes.length === 2 * count", arg=count)


def test_disk_that_refuses_is_said_aloud_and_heals(open_page: OpenPage) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    opened.show(SCENES["disk"]())
    panel = opened.page.locator("#verdict")
    expect(panel).to_have_attribute("data-dress", "disk")
    expect(panel.locator("h1")).to_have_text("没有记下")
    expect(panel).to_contain_text("停手，等主管")
    expect(opened.page.locator("#acts button:enabled")).to_have_count(1)
    notes = opened.page.evaluate("window.notes")
    opened.show(SCENES["ok"]())
    expect(panel).to_have_attribute("data-dress", "ok")
    assert opened.page.evaluate("window.notes") == notes, "an old verdict is not sounded again"


def test_page_speaks_the_language_of_who_is_signed_in(open_page: OpenPage) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    expect(opened.page.locator("#verdict h1")).to_have_text("正确")
    opened.show(SCENES["ok"]() | {"language": "en"})
    expect(opened.page.locator("#verdict h1")).to_have_text("Correct")
    expect(opened.page.locator("html")).to_have_attribute("lang", "en")
    expect(opened.page.locator("#lines h2")).to_contain_text("Order lines")
    expect(opened.page.locator("#acts")).to_have_attribute("aria-label", "Actions")


def test_panel_is_an_assertive_live_region_and_shows_its_record(open_page: OpenPage) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    panel = opened.page.locator("#verdict")
    expect(panel).to_have_attribute("aria-live", "assertive")
    expect(panel).to_have_attribute("aria-atomic", "true")
    expect(panel.locator(".record")).to_contain_text("#48\u2009213 · 9e41\u2009c07a … 07c2")
    expect(panel.locator(".record")).to_contain_text("12 ms")
    expect(panel.locator(".count")).to_have_text("3/5")


def test_many_lines_fold_around_the_one_in_hand(open_page: OpenPage) -> None:
    name = {"zh": "方格笔记本", "en": "Notebook"}
    lines = [line(n, name, 2 if n < 6 else 0, 2, current=n == 8) for n in range(1, 13)]
    opened = open_page(STATION)
    opened.show(packing(verdict("accepted"), lines=lines))
    rows = opened.page.locator("#lines li:visible")
    expect(rows.first).to_have_text("5 行已齐")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(rows.last).to_contain_text("还有")


def test_badge_codes_are_not_shown(open_page: OpenPage) -> None:
    opened = open_page(STATION)
    opened.show(packing(verdict("signed_in", code="TD-BADGE-0217-X", user="e-0217")))
    expect(opened.page.locator("#verdict .code")).to_have_text("TD-BADGE-…")
    assert "TD-BADGE-0217" not in opened.page.content()


def test_page_stays_the_same_size_over_many_scans(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    count = "document.querySelectorAll('*').length"
    before = opened.page.evaluate(count)
    for _ in range(100):
        site.commands.views_after("9521234009993")
        site.views.show(SCENES["wrong"]())
    opened.show(SCENES["ok"]())
    assert opened.page.evaluate(count) == before
