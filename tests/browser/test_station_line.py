"""The line to the server: cut, frozen and whole again; a stale screen never looks live."""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ARGUMENTS, OpenPage, executable, watched
from tests.browser.fake_site import FakeSite
from tests.browser.scenes import SCENES

STATION = "/stations/pack-1"


def expect_stale(page: Page) -> None:
    """All that is shown looks old."""
    expect(page.locator("#bench")).to_have_attribute("data-live", "cut")
    expect(page.locator("#cut")).to_be_visible()
    expect(page.locator("#head")).to_be_hidden()
    expect(page.locator("#verdict")).to_have_attribute("data-dress", "stale")
    expect(page.locator("#acts button:enabled")).to_have_count(0)


def expect_live(page: Page) -> None:
    """Nothing does."""
    expect(page.locator("#bench")).to_have_attribute("data-live", "live")
    expect(page.locator("#cut")).to_be_hidden()
    expect(page.locator("#head")).to_be_visible()


def test_closed_line_is_told_aged_and_heard(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    page = opened.page
    opened.page.evaluate("window.notes.length = 0")
    site.call(site.wire.cut())
    expect_stale(page)
    expect(page.locator("#verdict h1")).to_have_text("正确")
    expect(page.locator("#verdict .step")).to_have_text("枪响才算数；不响就停手")
    expect(page.locator("#retry")).to_contain_text("正在重连")
    expect(page.locator("#age")).to_have_text(re.compile("0:0[2-9]"))
    assert page.evaluate("window.notes") == [[150, 600]]
    struck = page.evaluate(
        "getComputedStyle(document.querySelector('#verdict h1'), '::after').content"
    )
    assert struck != "none"


def test_frozen_line_is_told_though_nothing_closed(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["complete"]())
    site.call(site.wire.freeze())
    expect_stale(opened.page)
    site.call(site.wire.thaw())
    expect_live(opened.page)
    expect(opened.page.locator("#verdict")).to_have_attribute("data-dress", "complete")


def test_back_on_line_it_shows_the_present_and_says_what_it_missed(
    open_page: OpenPage, site: FakeSite
) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    opened.page.evaluate("window.samePage = true")
    site.call(site.wire.cut())
    expect_stale(opened.page)
    for code in ("9521234009991", "9521234009992", "9521234009993"):
        site.commands.views_after(code)
    site.call(site.wire.open())
    expect_live(opened.page)
    expect(opened.page.locator("#notice")).to_have_text("断线期间有 3 次扫描")
    expect(opened.page.locator("#verdict .name")).to_have_text("9521234009993")
    assert opened.page.evaluate("window.samePage"), "the page was not loaded anew"
    site.commands.views_after("9521234009994")
    expect(opened.page.locator("#notice")).to_have_text("")


def test_scan_of_a_cut_off_page_is_refused_aloud(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    site.call(site.wire.cut())
    expect_stale(opened.page)
    opened.page.evaluate("window.notes.length = 0")
    opened.page.keyboard.type("9521234000242\n", delay=2)
    expect(opened.page.locator("#told")).to_contain_text("1 次扫描没有送出")
    assert opened.page.evaluate("window.notes") == [[150, 600]]
    site.call(site.wire.open())
    expect_live(opened.page)
    expect(opened.page.locator("#notice")).to_contain_text("1 次扫描没有送出")
    assert site.commands.taken == [], "and it is not sent later"


@pytest.mark.parametrize("turns", [3, pytest.param(100, marks=pytest.mark.soak)])
def test_random_trouble_never_leaves_a_wrong_screen(
    open_page: OpenPage, site: FakeSite, turns: int
) -> None:
    opened, dice = open_page(STATION), random.Random(turns)
    for turn in range(turns):
        scene = dice.choice(["ok", "wrong", "over", "need", "hold", "complete", "unknown"])
        if dice.random() < 0.5:
            site.call(site.wire.freeze())
            expect_stale(opened.page)
            site.views.show(SCENES[scene]())
            site.call(site.wire.thaw())
        else:
            site.call(site.wire.cut())
            site.views.show(SCENES[scene]())
            if dice.random() < 0.7:
                expect_stale(opened.page)
            site.call(site.wire.open())
        expect(opened.page.locator("#verdict"), f"turn {turn}").to_have_attribute(
            "data-dress", scene
        )
        expect_live(opened.page)


def test_older_picture_of_the_same_process_is_no_news(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["ok"]())
    version = site.views.station["version"]
    assert isinstance(version, int)
    site.views.show(SCENES["wrong"]() | {"version": version - 3})
    site.views.station = SCENES["ok"]() | {"version": version}
    opened.show(SCENES["ok"]() | {"scans": 212})
    assert opened.page.evaluate("window.notes") == [[1760, 70]], "the wrong one was not shown"


def test_upgrade_loads_the_page_anew_exactly_once(open_page: OpenPage, site: FakeSite) -> None:
    page = open_page(STATION, newcomer=True).page
    root = page.locator("html")
    for loads_anew in (True, False):
        page.evaluate("() => { document.documentElement.dataset.digest = 'older'; }")
        site.call(site.wire.cut())
        expect(page.locator("#bench")).to_have_attribute("data-live", "cut")
        site.call(site.wire.open())
        if loads_anew:
            expect(root).not_to_have_attribute("data-digest", "older")
        expect_live(page)
        page.wait_for_load_state("networkidle")
    expect(root).to_have_attribute("data-digest", "older")


def test_station_that_is_gone_is_said_and_not_tried_again(
    open_page: OpenPage, site: FakeSite
) -> None:
    opened = open_page(STATION, language="en")
    opened.show(SCENES["ok"]() | {"language": "en"})
    site.views.gone = True
    site.call(site.wire.cut())
    expect_stale(opened.page)
    site.call(site.wire.open())
    told = "Not served here any more: ask the supervisor"
    expect(opened.page.locator("#retry")).to_have_text(told)
    expect(opened.page.locator("#told")).to_have_text(told)
    tries: list[str] = []
    opened.page.on("websocket", lambda socket: tries.append(socket.url))
    opened.page.evaluate("for (let n = 0; n < 3; n += 1) dispatchEvent(new Event('online'))")
    age = opened.page.locator("#age")
    expect(age).not_to_have_text(age.inner_text())
    assert tries == []


def test_cut_off_verdict_without_a_why_says_that_it_may_differ(
    open_page: OpenPage, site: FakeSite
) -> None:
    opened = open_page(STATION)
    opened.show(SCENES["signed_in"]())
    site.call(site.wire.cut())
    expect_stale(opened.page)
    expect(opened.page.locator("#verdict .why")).to_have_text(
        "这是断线前的最后结果，现在可能已不同"
    )


def test_ended_session_leads_to_the_sign_in_page(open_page: OpenPage, site: FakeSite) -> None:
    page = open_page(STATION).page
    site.call(site.wire.cut())
    site.world.accounts.by_session.clear()
    site.call(site.wire.open())
    page.wait_for_url("**/sign-in?next=%2Fstations%2Fpack-1")


def test_silent_browser_says_so_and_is_woken_by_a_touch(browser: Browser, site: FakeSite) -> None:
    """Without the kiosk's autoplay flag no page may sound before it is touched."""
    plain = browser.browser_type.launch(executable_path=executable(), args=ARGUMENTS)
    context = plain.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    name, secret = site.session("packer")
    context.add_cookies([{"name": name, "value": secret, "url": site.url}])
    page = watched(context.new_page(), site).page
    page.goto(site.url + STATION)
    notice = page.locator("#sound")
    expect(notice).to_have_text("声音已关，触摸打开")
    box = notice.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 60
    notice.click()
    expect(notice).to_be_hidden()
    expect(page.locator("#audible")).to_be_visible()
    plain.close()
