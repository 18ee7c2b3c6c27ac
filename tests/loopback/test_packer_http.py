"""The packer's eyes and hands over the network: shapes, refusals, trouble, and one whole day."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from edge.clock import SystemClock
from edge.errors import DeviceError, InvalidInput, Refused
from edge.ids import seeded
from simulators.bench_view import (
    Carton,
    Goods,
    Line,
    OrderHead,
    Recorded,
    Screen,
    Task,
    TaskLine,
    Verdict,
)
from simulators.numbers import command
from simulators.packer import Person
from simulators.packer_actions import Habits
from simulators.packer_http import HttpView
from simulators.packer_program import PackerProgram
from tests.contract.bench import LIMIT_S

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi" / "edge.json"
ORDER = command("ORDER", "F-1")


class Site(ThreadingHTTPServer):
    """A site of one order with one line, in forty lines; ``answer_with`` makes it fail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state, self.seq, self.verdict, self.packed = "signed_out", 0, "", 0
        self.answer_with: tuple[int, bytes] | None = None
        self.scans: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, token: str | None) -> tuple[int, bytes]:
        if self.answer_with is not None:
            return self.answer_with
        if token != "Bearer floor":
            return 401, b"{}"
        if path == "/api/v1/stations/pack-1":
            return 200, self._screen()
        if path.startswith("/api/v1/stations/pack-1/work?"):
            line = {"line": 1, "sku": "CUP", "gtin": "09521234543213", "tracking": "none"}
            slip = {"fulfilment": "F-1", "scan": ORDER, "status": "released", "station": None,
                    "order": "1", "lines": [line]}  # fmt: skip
            return 200, json.dumps({"items": [slip], "next_cursor": None}).encode()
        return 404, b"{}"

    def _screen(self) -> bytes:
        line = {"line": 1, "sku": "CUP", "wanted": "1", "packed": str(self.packed), "short": "0",
                "current": True, "name": {"zh": "", "en": ""}}  # fmt: skip
        return json.dumps(
            {
                "boot": "00",
                "state": self.state,
                "order": {"fulfilment": "F-1", "number": "1"} if self.state != "idle" else None,
                "lines": [line],
                "carton": {"number": 1, "sscc": "1", "units": "0"},
                "verdict": {"token": self.verdict, "code": "", "recorded": {"seq": self.seq}}
                if self.seq
                else None,
            }
        ).encode()

    def scan(self, text: str) -> str:
        """As the control socket of a scanner."""
        step = {
            command("BADGE", "7"): ("idle", "signed_in"),
            ORDER: ("packing", "order_opened"),
            "9521234543213": ("complete", "order_complete"),
            command("NEXT"): ("idle", "order_closed"),
            command("SIGNOFF"): ("signed_out", "signed_out"),
        }
        self.scans.append(text)
        self.state, self.verdict = step[text]
        self.packed = 1 if self.verdict == "order_complete" else self.packed
        self.seq += 1
        return "sent"

    def take_back(self) -> bool:
        """Nothing is ever lost between this scanner and this site."""
        return False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        status, body = self.server.answer(self.path, self.headers["Authorization"])
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = threading.Thread(target=site.serve_forever, args=(0.01,))
    server.start()
    yield site
    site.shutdown()
    server.join(LIMIT_S)
    site.server_close()


@pytest.fixture
def view(site: Site) -> Iterator[HttpView]:
    view = HttpView(site.address, "pack-1", "floor")
    yield view
    view.close()


def program(view: HttpView, site: Site, lines: list[str]) -> PackerProgram:
    person = Person(station="pack-1", badge="7", habits=Habits().times(0), orders_max=1)
    return PackerProgram(
        person, view, site, speed=1000, write=lines.append, json_lines=True,
        clock=SystemClock(), chance=seeded(1),
    )  # fmt: skip


def test_a_day_of_one_order(site: Site, view: HttpView) -> None:
    lines: list[str] = []
    assert program(view, site, lines).run(threading.Event()) == "finished"
    told = [json.loads(line) for line in lines]
    assert [step["verdict"] for step in told[:-1]] == [
        "signed_in", "order_opened", "order_complete", "order_closed", "signed_out",
    ]  # fmt: skip
    assert [step["seq"] for step in told[:-1]] == [1, 2, 3, 4, 5]
    assert told[-1] == {
        "done": "finished", "orders_closed": 1, "scans": 5, "again": 0, "mistakes": {},
        "verdicts": {"signed_in": 1, "order_opened": 1, "order_complete": 1, "order_closed": 1,
                     "signed_out": 1},
    }  # fmt: skip
    assert site.scans == [step["scan"] for step in told[:-1]]


def test_trouble_is_told_once_and_work_goes_on(site: Site, view: HttpView) -> None:
    site.answer_with = (503, b"")
    lines: list[str] = []
    packing = program(view, site, lines)
    done: list[str] = []
    worker = threading.Thread(target=lambda: done.append(packing.run(threading.Event())))
    worker.start()
    worker.join(1.2)
    assert worker.is_alive()
    assert [json.loads(line)["trouble"] for line in lines] == ["no_answer"]
    site.answer_with = None
    worker.join(LIMIT_S)
    assert done == ["finished"]


def test_a_packer_who_is_stopped_says_what_was_done(site: Site, view: HttpView) -> None:
    lines: list[str] = []
    stopping = threading.Event()
    stopping.set()
    assert program(view, site, lines).run(stopping) == "stopped"
    assert [json.loads(line)["done"] for line in lines] == ["stopped"]
    assert site.scans == []


class NoScanner:
    """A scanner that is not there at first, cannot send the badge then, and is lost at last."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.calls = 0

    def take_back(self) -> bool:
        raise DeviceError("no_scanner", "start it")

    def scan(self, text: str) -> str:
        self.calls += 1
        if self.calls == 1:
            raise DeviceError("no_scanner", "start it")
        if self.calls == 2:
            return "refused: too long"
        answer = self.site.scan(text)
        if self.calls == 3:
            raise DeviceError("lost_scanner", "look at the station")
        return answer


def test_a_scanner_that_fails_costs_no_scan_and_doubles_none(site: Site, view: HttpView) -> None:
    person = Person(station="pack-1", badge="7", habits=Habits().times(0), orders_max=1)
    lines: list[str] = []
    packing = PackerProgram(
        person, view, NoScanner(site), speed=1000, write=lines.append, json_lines=True,
        clock=SystemClock(), chance=seeded(1),
    )  # fmt: skip
    assert packing.run(threading.Event()) == "finished"
    assert site.scans.count(command("BADGE", "7")) == 1
    assert [t["trouble"] for line in lines if "trouble" in (t := json.loads(line))] == [
        "no_scanner", "scanner", "lost_scanner",
    ]  # fmt: skip


class DyingScanner:
    """A scanner whose second code dies with it; it is back only when asked for the third time."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.tried: list[str] = []
        self.asked = 0

    def scan(self, text: str) -> str:
        self.tried.append(text)
        if len(self.tried) == 2:
            raise DeviceError("lost_scanner", "look at the station")
        return self.site.scan(text)

    def take_back(self) -> bool:
        self.asked += 1
        if self.asked < 3:
            raise DeviceError("no_scanner", "start it")
        return True


def test_a_scan_that_died_with_its_scanner_is_taken_back_and_made_again(
    site: Site, view: HttpView
) -> None:
    person = Person(station="pack-1", badge="7", habits=Habits().times(0), orders_max=1)
    lines: list[str] = []
    scanner = DyingScanner(site)
    packing = PackerProgram(
        person, view, scanner, speed=1000, write=lines.append, json_lines=True,
        clock=SystemClock(), chance=seeded(1),
    )  # fmt: skip
    assert packing.run(threading.Event()) == "finished"
    assert scanner.asked == 3
    assert scanner.tried[1] == scanner.tried[2] == ORDER
    assert site.scans.count(ORDER) == 1
    assert {"taken_back": True} in [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"{}", Refused),
        (403, b"{}", Refused),
        (404, b"{}", InvalidInput),
        (500, b"{}", DeviceError),
        (200, b"{", DeviceError),
        (200, b'{"state": 1}', DeviceError),
    ],
)
def test_whose_fault_an_answer_is(
    site: Site, view: HttpView, status: int, body: bytes, error: type[Exception]
) -> None:
    site.answer_with = (status, body)
    with pytest.raises(error):
        view.screen()
    site.answer_with = None
    assert view.screen().state == "signed_out", "the connection is of use again"


def test_a_site_that_is_not_there_is_waited_for() -> None:
    view = HttpView("http://127.0.0.1:1", "pack-1", "floor")
    with pytest.raises(DeviceError, match="no_answer"):
        view.screen()


@pytest.mark.parametrize("api", ["", "localhost", "ftp://localhost", "http://"])
def test_an_address_that_is_none_is_refused(api: str) -> None:
    with pytest.raises(InvalidInput, match="give an address"):
        HttpView(api, "pack-1", "floor")


@pytest.mark.parametrize(
    ("shape", "schema", "foreign"),
    [
        (Screen, "StationView", set()),
        (Task, "Work", set()),
        (TaskLine, "LineOfWork", set()),
        (Goods, "StockShown", {"expiry"}),
        (Line, "LineInHand", set()),
        (OrderHead, "OrderInHand", set()),
        (Verdict, "VerdictShown", set()),
        (Carton, "CartonInHand", set()),
        (Recorded, "Recorded", set()),
    ],
)
def test_what_the_packer_looks_at_is_in_the_published_interface(
    shape: type[msgspec.Struct], schema: str, foreign: set[str]
) -> None:
    schemas = json.loads(OPENAPI.read_text("utf-8"))["components"]["schemas"]
    assert {field.name for field in msgspec.structs.fields(shape)} - foreign <= set(
        schemas[schema]["properties"]
    )
