"""A browser, the scripted site, and pages that must stay clean: no error, no foreign request."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

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

KIOSKS = ((1024, 768), (1280, 720), (1280, 800), (1920, 1080))


@dataclass
class Opened:
    """A page with what it complained of and what it asked for."""

    page: Page
    site: FakeSite
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

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


@pytest.fixture
def open_page(browser: Browser, site: FakeSite) -> Iterator[OpenPage]:
    """Opens a page as a signed-in user; at the end it must have been clean."""
    opened: list[Opened] = []
    contexts: list[BrowserContext] = []

    def open_(
        path: str,
        *,
        role: Role | None = "supervisor",
        language: Language = "zh-CN",
        dark: bool = False,
        size: tuple[int, int] = (1280, 800),
        central: bool = False,
    ) -> Opened:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale=language,
        )
        contexts.append(context)
        base = site.central_url if central else site.url
        cookies: dict[str, str] = {"tallydock_language": language}
        if role is not None:
            name, secret = site.session(role, central=central)
            cookies[name] = secret
        for name, value in cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": base}])
        context.add_init_script(WATCH)
        found = watched(context.new_page(), site)
        opened.append(found)
        found.page.goto(base + path)
        return found

    yield open_
    for found in opened:
        assert found.complaints == []
        foreign = [
            url for url in found.requests if not url.startswith((site.url, site.central_url))
        ]
        assert foreign == []
    for context in contexts:
        context.close()


def watched(page: Page, site: FakeSite) -> Opened:
    """Note what the page complains of and asks for; a cut line is no fault of the page."""
    found = Opened(page, site)
    page.set_default_timeout(5_000)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))

    def heard(kind: str, text: str) -> None:
        expected = re.search(r"WebSocket connection|net::ERR_|status of (4\d\d|503)", text)
        if kind in ("error", "warning") and not expected:
            found.complaints.append(text)

    page.on("console", lambda message: heard(message.type, message.text))
    return found
