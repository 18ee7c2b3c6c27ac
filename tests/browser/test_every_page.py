"""Every page in both languages and both themes: accessible, small, clean, and contained."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from api.language import Language
from tests.browser.conftest import OpenPage
from tests.browser.fake_site import FakeSite
from tests.browser.scenes import SCENES

LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
PAGES = [
    "/sign-in?error=bad_credentials", "/stations/pack-1", "/stations/pack-1/codes", "/wall",
    "/devices", "/orders?q=104", "/orders?q=none-such", "/orders/SO-2026-001045",
    "/orders/SO-2026-001000", "/stock?sku=SKU-10003&location=shelf/A-01-3", "/no-such-page",
]  # fmt: skip
CENTRAL = [
    "/sites", "/sites/wh1", "/sites/hz1", "/orders?q=104", "/orders/SO-2026-001045?site=hz1",
    "/stock?sku=SKU-10003&location=shelf/A-01-3",
]  # fmt: skip
EVERY = [(path, False) for path in PAGES] + [(path, True) for path in CENTRAL]

BYTES_MAX, REQUESTS_MAX = 60_000, 8

ALL = {"resultTypes": ["violations"]}
COLOURS = ALL | {"runOnly": ["color-contrast"]}


def violations(page: Page) -> list[str]:
    """What axe finds, of any level; in the dark theme only colours can be other ones."""
    found = []
    for scheme, options in (("light", ALL), ("dark", COLOURS)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        for one in page.evaluate("options => axe.run(options)", options)["violations"]:
            found += [f"{scheme} {one['id']}: {node['html'][:160]}" for node in one["nodes"]]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("path", "central"), EVERY)
def test_page_is_accessible_small_and_contained(
    open_page: OpenPage, path: str, central: bool, language: Language
) -> None:
    opened = open_page(path, central=central, language=language, size=(1024, 768), newcomer=True)
    page = opened.page
    sizes = page.evaluate(
        "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
        ".map((entry) => entry.transferSize)"
    )
    assert sum(sizes) <= BYTES_MAX
    assert len(opened.requests) <= REQUESTS_MAX
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if path != "/stations/pack-1":
        assert page.locator("html").get_attribute("lang") == language
    for node in page.locator("details summary").all()[:2]:
        node.click()
    assert violations(page) == []


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_station_is_accessible_in_every_state(open_page: OpenPage, scene: str) -> None:
    opened = open_page("/stations/pack-1")
    opened.show(SCENES[scene]())
    assert violations(opened.page) == []


@pytest.mark.parametrize("path", ["/stations/pack-1", "/wall", "/devices"])
def test_stale_page_is_accessible(open_page: OpenPage, site: FakeSite, path: str) -> None:
    page = open_page(path).page
    site.call(site.wire.cut())
    page.wait_for_selector("[data-live=cut]")
    assert violations(page) == []
