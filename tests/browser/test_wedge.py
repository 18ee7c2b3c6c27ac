"""Scan anywhere: keyboard scanners are heard wherever the focus is, and people are left alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Opened, OpenPage
from tests.browser.fake_site import FakeSite
from tests.browser.scenes import SCENES

STATION = "/stations/pack-1"
GS = "\x1d"
WAITING_MAX = 32

# Types codes as a scanner does, with 2 to 15 ms between keys, the focus on each element in turn;
# the times are those of the events, so that a busy machine does not slow the scanner down.
TYPE = """({ codes, gapMs }) => {
  let time = performance.now() + 1000, turn = 0;
  const press = (key, code, more = {}) => {
    time += gapMs ?? 2 + (turn * 7) % 14;
    turn += 1;
    const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true, ...more });
    Object.defineProperty(event, "timeStamp", { value: time });
    (document.activeElement ?? document.body).dispatchEvent(event);
  };
  for (const [place, code] of codes.entries()) {
    const all = [document.body, ...document.querySelectorAll("button, a, input")];
    all[place % all.length].focus();
    time += 200;
    for (const character of code) {
      if (character === "\\x1d") press("]", "BracketRight", { ctrlKey: true });
      else press(character, "");
    }
    press(place % 2 ? "Enter" : "Tab", "");
  }
}"""

# Answers what the page sends without a server, so that a thousand scans take no minute.
ANSWER = """(session) => {
  window.sent = [];
  window.fetch = async (_, { body, headers }) => {
    window.sent.push([JSON.parse(body).data, headers["Idempotency-Key"]]);
    return new Response(JSON.stringify({ session }));
  };
}"""


# Real keys come as slowly as the machine is busy; the page is told that 5 ms lie between any two.
STEADY = """() => {
  const times = new WeakMap();
  let time = performance.now();
  Object.defineProperty(Event.prototype, "timeStamp", { get() {
    if (!times.has(this)) times.set(this, time += 5);
    return times.get(this);
  } });
}"""


@pytest.fixture
def bench(open_page: OpenPage) -> Opened:
    """A station with an order in hand, four buttons on it."""
    opened = open_page(STATION, role="packer")
    opened.show(SCENES["ok"]())
    return opened


def type_codes(bench: Opened, codes: list[str], gap_ms: int | None = None) -> None:
    bench.page.evaluate(TYPE, {"codes": codes, "gapMs": gap_ms})


def expect_taken(bench: Opened, codes: list[str]) -> None:
    """Wait until as many scans came, and hold them against what was typed."""
    for _ in range(100):
        if len(bench.site.commands.taken) >= len(codes):
            break
        bench.page.wait_for_timeout(50)
    assert bench.site.commands.taken == codes


def test_thousand_scans_count_once_each_wherever_the_focus_is(bench: Opened) -> None:
    codes = [f"95212340{number:05d}" for number in range(1000)]
    bench.page.evaluate(ANSWER, bench.site.views.station)
    for start in range(0, 1000, WAITING_MAX):
        type_codes(bench, codes[start : start + WAITING_MAX])
        bench.page.wait_for_function(
            "count => window.sent.length === count", arg=min(start + WAITING_MAX, 1000)
        )
    sent = bench.page.evaluate("() => window.sent")
    assert [text for text, _ in sent] == codes
    assert len({key for _, key in sent}) == 1000


def test_scan_leaves_a_text_field_as_it_was(bench: Opened) -> None:
    bench.page.evaluate(
        """() => {
          document.querySelector("#head").insertAdjacentHTML("beforeend", "<input id='field' value='as it was'>");
        }"""
    )
    field = bench.page.locator("#field")
    bench.page.evaluate(STEADY)
    field.focus()
    bench.page.keyboard.press("Home")
    bench.page.keyboard.type("9521234000242")
    bench.page.keyboard.press("Enter")
    expect_taken(bench, ["9521234000242"])
    expect(field).to_have_value("as it was")
    assert bench.page.evaluate("document.activeElement.selectionStart") == 0


def test_scans_reach_the_server_in_the_order_of_typing(bench: Opened, site: FakeSite) -> None:
    codes = [f"95212340{number:05d}" for number in range(WAITING_MAX)]
    site.commands.judge = lambda _: SCENES["ok"]()
    type_codes(bench, codes)
    expect_taken(bench, codes)


def test_more_scans_than_can_wait_are_refused_aloud(bench: Opened, site: FakeSite) -> None:
    site.commands.judge = lambda _: SCENES["ok"]()
    type_codes(bench, [f"95212340{number:05d}" for number in range(WAITING_MAX + 1)])
    bench.page.wait_for_function("() => window.notes.some(([hertz]) => hertz === 150)")


def test_real_keys_press_no_button_and_keep_the_separator(bench: Opened) -> None:
    """Trusted key events, which work buttons by Enter and space if nobody stops them."""
    code = f"]C1010952123400031017280930 10LB2609{GS}21 X"
    bench.page.evaluate(STEADY)
    for button in bench.page.locator("#acts button").all():
        button.focus()
        for character in code:
            bench.page.keyboard.press("Control+]" if character == GS else character)
        bench.page.keyboard.press("Enter")
    expect(bench.page.locator("#verdict")).to_have_attribute("data-dress", "unknown")
    expect_taken(bench, [code] * 4)


def test_hand_at_the_keys_is_never_a_scanner(bench: Opened, site: FakeSite) -> None:
    type_codes(bench, ["9521234000242"] * 3, gap_ms=60)
    assert site.commands.taken == []


@pytest.mark.parametrize("key", ["Enter", " "])
def test_buttons_still_obey_the_keyboard(bench: Opened, key: str) -> None:
    bench.page.locator("#acts button").first.focus()
    bench.page.keyboard.press(key)
    expect_taken(bench, ["TD-UNDO-D"])


def test_touch_sends_the_code_that_is_printed_on_the_button(bench: Opened, site: FakeSite) -> None:
    for button in bench.page.locator("#acts button").all():
        code = button.locator("small").inner_text()
        bench.show(SCENES["ok"]())
        bench.page.locator("#acts button", has_text=code).click()
        expect(bench.page.locator("#verdict")).not_to_have_attribute("data-dress", "ok")
        assert site.commands.taken[-1] == code


def test_fragment_of_a_scan_presses_nothing(bench: Opened, site: FakeSite) -> None:
    bench.page.locator("#acts button").first.focus()
    type_codes(bench, ["12"])
    assert site.commands.taken == []


def test_input_method_does_not_swallow_a_scan(bench: Opened) -> None:
    """The key reads "Process"; the physical key counts."""
    bench.page.evaluate(
        """() => {
          let time = performance.now();
          const press = (code, shiftKey = false) => {
            const event = new KeyboardEvent("keydown", { key: "Process", code, shiftKey, bubbles: true });
            Object.defineProperty(event, "timeStamp", { value: time += 5 });
            document.body.dispatchEvent(event);
          };
          for (const code of ["KeyT", "KeyD"]) press(code, true);
          for (const code of ["Minus", "Digit4", "Numpad2", "Period"]) press(code);
          press("Slash", true);
          press("Enter");
        }"""
    )
    expect_taken(bench, ["TD-42.?"])


def test_scan_without_an_answer_is_sent_again_under_its_key(bench: Opened) -> None:
    broken: list[str] = []

    def breaks_once(route: Route) -> None:
        key = route.request.headers["idempotency-key"]
        if not broken:
            broken.append(key)
            route.abort()
            return
        assert key == broken[0]
        route.continue_()

    bench.page.route("**/scans", breaks_once)
    type_codes(bench, ["9521234000242"])
    expect_taken(bench, ["9521234000242"])
    assert len(broken) == 1


def test_disk_that_refuses_a_page_scan_is_said_for_each(bench: Opened, site: FakeSite) -> None:
    site.commands.disk_fails = True
    bench.page.evaluate("window.notes.length = 0")
    for count in (1, 2):
        type_codes(bench, ["9521234000242"])
        bench.page.wait_for_function(
            "count => window.notes.filter(([hertz]) => hertz === 180).length >= count", arg=count
        )


def test_who_may_not_scan_is_told(open_page: OpenPage, site: FakeSite) -> None:
    opened = open_page(STATION, role="auditor")
    opened.show(SCENES["ok"]())
    type_codes(opened, ["9521234000242"])
    expect(opened.page.locator("#notice")).to_have_text("这个账号不能扫描")
    assert site.commands.taken == []
