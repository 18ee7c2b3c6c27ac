"""A browser, the scripted site, and pages that must stay clean: no error, no foreign request."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from api.language import Language
from edge.domain.rows import Role
from tests.browser import scenes
from tests.browser.fake_site import FakeSite

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AUDIBLE = "--autoplay-policy=no-user-gesture-required"

# A limit, not a wait: how long a busy machine may take for what happens at once on a quiet one.
LIMIT_MS = 15_000
expect.set_options(timeout=LIMIT_MS)

KIOSKS = ((1024, 768), (1280, 720), (1280, 800), (1920, 1080))


@dataclass
class Opened:
    """A page with what it complained of and what it asked for."""

    page: Page
    site: FakeSite
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Begin to note both."""
        self.page.on("request", self._asks)
        self.page.on("pageerror", self._fails)
        self.page.on("console", self._says)

    def unwatch(self) -> None:
        """What the page does from now on is somebody else's."""
        self.page.remove_listener("request", self._asks)
        self.page.remove_listener("pageerror", self._fails)
        self.page.remove_listener("console", self._says)

    def _asks(self, request: Request) -> None:
        self.requests.append(request.url)

    def _fails(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _says(self, message: ConsoleMessage) -> None:
        expected = re.search(r"WebSocket connection|net::ERR_|status of (4\d\d|503)", message.text)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def show(self, view: scenes.View) -> None:
        """Show a station's picture and wait until it is drawn."""
        self.site.views.show(view)
        version = self.site.views.station["version"]
        self.page.wait_for_function("version => window.shownVersion >= version", arg=version)


OpenPage = Callable[..., Opened]

# Tells the tests which picture a page drew last, and which notes it played.
WATCH = """
window.notes = [];
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () {
  const tone = make.call(this), start = tone.start.bind(tone), stop = tone.stop.bind(tone);
  let from = 0;
  tone.start = (at) => { from = at; start(at); };
  tone.stop = (at) => {
    window.notes.push([tone.frequency.value, Math.round((at - from) * 1000)]);
    stop(at);
  };
  return tone;
};
window.silenced = 0;
const hush = AudioNode.prototype.disconnect;
AudioNode.prototype.disconnect = function () {
  window.silenced += 1;
  return hush.call(this);
};
window.shownVersion = 0;
const parse = JSON.parse;
JSON.parse = (text) => {
  const value = parse(text);
  if (value && value.boot) setTimeout(() => { window.shownVersion = value.version; });
  return value;
};
"""


def executable() -> str:
    """The system's Chromium."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found is not None, f"install one of {', '.join(NAMES)}"
    return found


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Its event loop runs in this thread, so it must end before tests with loops of their own."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, AUDIBLE])
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def whole_site() -> Iterator[FakeSite]:
    site = FakeSite()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(whole_site: FakeSite) -> FakeSite:
    """The site as it is before anything happened."""
    whole_site.reset()
    return whole_site


class Visitors:
    """Browsers' profiles, a language each, kept from test to test; two at once never share one."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[Language, list[Page]] = {}
        self._lent: list[tuple[Language, Page]] = []

    def borrow(self, language: Language) -> Page:
        """An empty page; its profile may know the site's files already."""
        free = self._free.setdefault(language, [])
        page = free.pop() if free else self.newcomer(language)
        self._lent.append((language, page))
        return page

    def newcomer(self, language: Language) -> Page:
        """An empty page of somebody who was never here."""
        context = self._browser.new_context(locale=language)
        context.add_init_script(WATCH)
        context.set_default_timeout(LIMIT_MS)
        return context.new_page()

    def take_back(self) -> None:
        """Leave the site with every page that was lent."""
        while self._lent:
            language, page = self._lent.pop()
            page.goto("about:blank")
            page.unroute_all()
            self._free[language].append(page)


@pytest.fixture(scope="package")
def visitors(browser: Browser) -> Visitors:
    return Visitors(browser)


@pytest.fixture
def open_page(visitors: Visitors, site: FakeSite) -> Iterator[OpenPage]:
    """Opens a page as a signed-in user; at the end it must have been clean."""
    opened: list[Opened] = []
    newcomers: list[Page] = []

    def open_(
        path: str,
        *,
        role: Role | None = "supervisor",
        language: Language = "zh-CN",
        dark: bool = False,
        size: tuple[int, int] = (1280, 800),
        central: bool = False,
        newcomer: bool = False,
    ) -> Opened:
        if newcomer:
            page = visitors.newcomer(language)
            newcomers.append(page)
        else:
            page = visitors.borrow(language)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(
            media="screen", color_scheme="dark" if dark else "light", forced_colors="none"
        )
        base = site.central_url if central else site.url
        cookies: dict[str, str] = {"tallydock_language": language}
        if role is not None:
            name, secret = site.session(role, central=central)
            cookies[name] = secret
        page.context.clear_cookies()
        for name, value in cookies.items():
            page.context.add_cookies([{"name": name, "value": value, "url": base}])
        found = watched(page, site)
        opened.append(found)
        page.goto(base + path)
        return found

    yield open_
    for found in opened:
        found.unwatch()
    for page in newcomers:
        page.context.close()
    visitors.take_back()
    for found in opened:
        assert found.complaints == []
        foreign = [
            url for url in found.requests if not url.startswith((site.url, site.central_url))
        ]
        assert foreign == []


def watched(page: Page, site: FakeSite) -> Opened:
    """Note what the page complains of and asks for; a cut line is no fault of the page."""
    found = Opened(page, site)
    found.watch()
    return found
