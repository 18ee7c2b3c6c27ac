"""The pages that people come to: signing in, finding an order, stopping it, looking at the floor."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from edge.domain.commands import CancelOrder, HoldOrder
from tests.browser import scenes
from tests.browser.conftest import OpenPage
from tests.browser.fake_site import FakeSite
from tests.browser.test_station_shows import overflow
from tests.unit.api.conftest import PASSWORD, add_user

ORDER = "/orders/SO-2026-001045"


def test_sign_in_refuses_a_wrong_password_and_then_leads_on(
    open_page: OpenPage, site: FakeSite
) -> None:
    add_user(site.world, "supervisor")
    page = open_page("/orders?q=1040", role=None).page
    page.wait_for_url("**/sign-in?next=**")
    page.get_by_label("用户名").fill("supervisor")
    page.get_by_label("密码").fill("wrong password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不对")
    page.get_by_label("用户名").fill("supervisor")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/orders?q=1040")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")


def test_language_is_a_choice_that_stays(open_page: OpenPage) -> None:
    page = open_page("/orders?q=1040").page
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/orders?q=1040")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Stock").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")


def test_search_filter_and_page_of_orders_stay_in_the_address(open_page: OpenPage) -> None:
    page = open_page("/orders").page
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="下一页").click()
    page.wait_for_url("**cursor=**")
    expect(page.locator("tbody tr")).to_have_count(10)
    page.go_back()
    page.get_by_label("单号的一部分").fill("00104")
    page.get_by_label("状态").select_option("packed")
    page.get_by_role("button", name="查找").click()
    page.wait_for_url("**q=00104&status=packed")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(50)


def test_each_event_opens_and_shows_its_place_in_the_chain(
    open_page: OpenPage, site: FakeSite
) -> None:
    page = open_page(ORDER).page
    events = page.locator(".events details")
    expect(events).to_have_count(len(site.world.queries.journal))
    packed = page.locator("#event-8")
    packed.locator("summary").click()
    for text in ("#8", "pack-1", "user/e-0217", '"sku": "SKU-10001"'):
        expect(packed.locator("dl")).to_contain_text(text)
    hashes = [row.hash.hex() for row in site.world.queries.journal]
    expect(packed.locator("dd.hash").nth(0)).to_have_text(hashes[6])
    expect(packed.locator("dd.hash").nth(1)).to_have_text(hashes[7])
    expect(page.locator(".events .more")).to_contain_text("链完整 · 已核对 11 条")


def test_altered_event_is_seen(open_page: OpenPage, site: FakeSite) -> None:
    journal = site.world.queries.journal
    whole = list(journal)
    try:
        journal[4] = type(whole[4])(5, whole[4].hash, whole[4].body.replace(b"pack-1", b"pack-9"))
        expect(open_page(ORDER).page.locator(".events .more")).to_contain_text("链对不上")
    finally:
        journal[:] = whole


def test_erased_customer_shows_as_erased(open_page: OpenPage, site: FakeSite) -> None:
    expect(open_page(ORDER).page.get_by_text("已删除")).to_be_visible()
    site.world.queries.person_ids.add("c-20418")
    try:
        page = open_page(ORDER, language="en").page
        expect(page.get_by_text("c-20418")).to_be_visible()
        expect(page.get_by_text("erased")).to_have_count(0)
    finally:
        site.world.queries.person_ids.clear()


def test_supervisor_stops_an_order_with_a_reason(open_page: OpenPage, site: FakeSite) -> None:
    page = open_page(ORDER).page
    page.get_by_label("原因").fill("address")
    page.get_by_role("button", name="拦截").click()
    page.wait_for_url(f"**{ORDER}")
    page.get_by_role("button", name="取消订单").click()
    page.wait_for_url(f"**{ORDER}")
    assert site.commands.submitted == [
        (HoldOrder(number="SO-2026-001045", reason="address"), "user/u-supervisor"),
        (CancelOrder(number="SO-2026-001045", reason="page"), "user/u-supervisor"),
    ]


def test_central_sends_the_request_to_the_order_s_site(open_page: OpenPage, site: FakeSite) -> None:
    page = open_page(f"{ORDER}?site=hz1", central=True).page
    page.get_by_role("button", name="拦截").click()
    page.wait_for_url(f"**{ORDER}?site=hz1")
    expect(page.locator(".events .more")).to_contain_text("链完整 · 已核对 11 条")


def test_packer_is_offered_no_such_thing(open_page: OpenPage, site: FakeSite) -> None:
    page = open_page(ORDER, role="packer").page
    expect(page.locator("form.handle")).to_have_count(0)


def test_problem_page_says_what_and_leads_home(open_page: OpenPage) -> None:
    page = open_page("/orders/SO-none").page
    expect(page.get_by_role("heading", level=1)).to_have_text("未找到")
    page.get_by_role("link", name="首页").click()
    page.wait_for_url("**/wall")


@pytest.mark.parametrize("size", [(1280, 720), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("stations", [3, 8, 20])
def test_wall_fits_its_screen(
    open_page: OpenPage, site: FakeSite, size: tuple[int, int], stations: int
) -> None:
    site.views.wall = lambda at_us: scenes.wall(at_us, stations=stations)
    page = open_page("/wall", size=size).page
    expect(page.locator("#tiles .tile")).to_have_count(stations)
    assert overflow(page) == []


def test_wall_shows_balance_link_chart_and_leads_to_a_station(
    open_page: OpenPage, site: FakeSite
) -> None:
    page = open_page("/wall").page
    figures = page.locator("#figures section")
    expect(figures.nth(0)).to_contain_text("403")
    expect(figures.nth(0)).to_contain_text("平")
    expect(figures.nth(1)).to_contain_text("p99 21")
    expect(figures.nth(3)).to_contain_text("在线")
    expect(page.locator("minute-chart .bar, minute-chart .part")).to_have_count(60)
    expect(page.locator("minute-chart svg")).to_have_attribute("aria-label", re.compile("最高 52"))
    expect(page.locator("#exceptions li")).to_have_count(6)
    wrong = page.locator("#tiles .tile[data-dress=wrong]")
    expect(wrong).to_contain_text("不是本单")
    page.locator("#tiles .tile").first.click()
    page.wait_for_url("**/stations/pack-1")


def test_wall_follows_the_floor_and_tells_an_uneven_balance(
    open_page: OpenPage, site: FakeSite
) -> None:
    page = open_page("/wall").page
    site.views.wall = lambda at_us: (
        scenes.wall(at_us)
        | {
            "orders": {"opened": 403, "closed": 374, "held": 13, "cancelled": 8, "open": 7},
            "link": {"state": "offline", "backlog": 1204, "last_ack_at": None, "dead_letters": 2},
        }
    )
    expect(page.locator("#figures")).to_contain_text("不平")
    expect(page.locator("#figures")).to_contain_text("1\u2009204")
    expect(page.locator("#figures")).to_contain_text("从未")


def test_silent_device_is_never_green(open_page: OpenPage, site: FakeSite) -> None:
    page = open_page("/devices").page
    expect(page.locator("[data-health=fine]")).to_have_count(2)
    expect(page.locator("[data-health=bad]")).to_contain_text("被拔掉，插回即可")
    site.call(site.wire.cut())
    expect(page.locator("[data-health=fine]")).to_have_count(0)
    expect(page.locator("[data-health=unknown]")).to_have_count(4)


def test_fleet_shows_the_worst_first(open_page: OpenPage) -> None:
    page = open_page("/sites", central=True, language="en").page
    rows = page.locator("#rows tr")
    expect(rows.nth(0)).to_contain_text("Two writers")
    expect(rows.nth(1)).to_contain_text("Unheard")
    expect(rows.nth(2)).to_contain_text("1\u2009204")
    expect(rows.nth(3)).to_contain_text("In step")
    expect(page.locator("#letters")).to_contain_text("foreign_site")
    page.get_by_role("link", name="wh1").click()
    expect(page.locator(".events").first).to_contain_text("CartonOpened")


def test_sheet_of_codes_prints_every_step(open_page: OpenPage) -> None:
    page = open_page("/stations/pack-1/codes").page
    page.emulate_media(media="print")
    expect(page.locator(".sheet svg")).to_have_count(14)
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator(".sheet li").first).to_contain_text("TD-NEXT-P")
