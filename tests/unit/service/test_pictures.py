"""Pictures of a station and of the floor: whole, in both languages, of one moment."""

from __future__ import annotations

import json
from collections import deque

import pytest

from edge.clock import ManualClock
from edge.domain.commands import HoldOrder
from edge.domain.person import PersonDetails
from edge.errors import NotFound
from edge.journal import persons
from edge.service.board import Board
from edge.service.inputs import SavePerson
from edge.service.station_view import latency_of
from edge.service.wall_view import LinkView
from tests.unit.floor import CUP, MILK, TEA, Floor, badge, code

QUIET = LinkView(state="offline", backlog=0, last_ack_at=None, dead_letters=0)


class Pictures:
    """A board over a site; every step of the loop is told to it, as the thread does."""

    def __init__(self, floor: Floor) -> None:
        self.floor, self.clock = floor, ManualClock(floor.now_us)
        self.board = Board(floor.loop.heart, self.clock, "b00t", "1.0", "Hangzhou")
        self.published: list[tuple[str, dict[str, object]]] = []

    def scan(self, station: str, *data: str) -> None:
        """Scan and tell."""
        for text in data:
            self.board.committed(self.floor.step(self.floor.scanning(station, text)))

    def station(self, name: str = "pack-1") -> dict[str, object]:
        """The picture, as its page gets it."""
        picture = json.loads(self.board.station(name))
        assert isinstance(picture, dict)
        return picture

    def wall(self) -> dict[str, object]:
        """The picture of the floor."""
        picture = json.loads(self.board.wall(QUIET, [], {"packing": 1, "packed": 2, "held": 3}))
        assert isinstance(picture, dict)
        return picture


@pytest.fixture
def pictures(floor: Floor) -> Pictures:
    """Pictures of a furnished site."""
    return Pictures(floor)


def test_an_unused_station_is_signed_out_and_blank(pictures: Pictures) -> None:
    picture = pictures.station()
    assert (picture["state"], picture["user"], picture["order"]) == ("signed_out", None, None)
    assert (picture["verdict"], picture["lines"], picture["scans"]) == (None, [], 0)
    assert picture["boot"] == "b00t"


def test_a_station_that_is_none_has_no_picture(pictures: Pictures) -> None:
    with pytest.raises(NotFound):
        pictures.board.station("pack-9")


def test_the_picture_shows_order_lines_carton_and_verdict(pictures: Pictures) -> None:
    number = pictures.floor.place(("TEA", 2), ("CUP", 1))
    pictures.scan("pack-1", badge(1), code("ORDER", number), TEA)
    picture = pictures.station()
    order, verdict = picture["order"], picture["verdict"]
    assert isinstance(order, dict)
    assert isinstance(verdict, dict)
    assert (order["number"], order["packed"], order["wanted"]) == (number, "1", "3")
    lines = picture["lines"]
    assert isinstance(lines, list)
    assert [(row["sku"], row["packed"], row["current"]) for row in lines] == [
        ("TEA", "1", True),
        ("CUP", "0", False),
    ]
    assert picture["carton"] == {"number": 1, "sscc": "395212340000000014", "units": "1"}
    assert (verdict["token"], verdict["dress"], verdict["sku"]) == ("accepted", "ok", "TEA")
    assert verdict["item"] == {"zh": "TEA 号", "en": "Item TEA"}
    assert verdict["why"]["en"] == "1 pc to go on this line"
    head = pictures.floor.head()
    assert verdict["recorded"]["seq"] < head.seq
    history = picture["history"]
    assert isinstance(history, list)
    assert [row["token"] for row in history] == ["accepted", "order_opened", "signed_in"]


def test_lines_that_were_taken_out_are_not_shown_and_names_come_from_the_person_store(
    pictures: Pictures,
) -> None:
    floor = pictures.floor
    pictures.scan("pack-1", badge(1))
    assert pictures.station()["user"] == {"id": "w-1", "name": "w-1"}
    floor.one(SavePerson(at_us=1, person="w-1", data=PersonDetails(name="李雷")))
    assert pictures.station()["user"] == {"id": "w-1", "name": "李雷"}
    persons.erase(floor.store.executor, "w-1", 5)
    assert pictures.station()["user"] == {"id": "w-1", "name": "w-1"}


def test_a_wait_and_a_stop_are_seen(pictures: Pictures) -> None:
    number = pictures.floor.place(("MILK", 1))
    pictures.scan("pack-1", badge(1), code("ORDER", number), MILK)
    assert pictures.station()["state"] == "needs"
    hold = pictures.floor.asking(HoldOrder(number=number, reason="payment"))
    before = pictures.station()["version"]
    pictures.board.committed(pictures.floor.step(hold))
    picture = pictures.station()
    assert picture["state"] == "intercepted"
    assert isinstance(before, int)
    assert picture["version"] == before + 1, "the bench that has it open gets a new picture"


def test_subscribers_get_each_new_picture_until_they_end(pictures: Pictures) -> None:
    got: list[str] = []
    end = pictures.board.subscribe(lambda station, picture: got.append(station))
    pictures.scan("pack-1", badge(1))
    pictures.scan("pack-2", "hello")
    end()
    pictures.scan("pack-1", badge(1))
    assert got == ["pack-1", "pack-2"]


def test_a_failing_disk_is_shown_at_every_station(pictures: Pictures) -> None:
    got: list[str] = []
    pictures.board.subscribe(lambda station, picture: got.append(station))
    pictures.board.disk(False)
    assert got == ["pack-1", "pack-2", "pack-3"]
    assert pictures.station()["disk"] == "failing"
    pictures.board.disk(True)
    assert pictures.station()["disk"] == "ok"


def test_the_time_from_scan_to_verdict_is_kept(pictures: Pictures) -> None:
    scan = pictures.floor.scanning("pack-1", badge(1))
    outcomes = pictures.floor.step(scan)
    pictures.clock.advance_us(250)
    pictures.board.committed(outcomes)
    assert pictures.station()["latency"] == {"p50_us": 250, "p99_us": 250, "count": 1}
    assert pictures.board.scans() == 1


def test_percentiles_are_of_the_nearest_rank() -> None:
    latency = latency_of(deque(range(1, 201)))
    assert (latency.p50_us, latency.p99_us, latency.count) == (100, 198, 200)
    assert latency_of(deque()).p50_us is None


def test_the_wall_shows_stations_rates_and_what_needs_a_look(pictures: Pictures) -> None:
    number = pictures.floor.place(("TEA", 2), ("CUP", 1))
    pictures.scan("pack-1", badge(1), code("ORDER", number), TEA, "hello", code("HELP"))
    pictures.scan("pack-1", code("SHORT"), code("REASON", "MISSING"), CUP)
    wall = pictures.wall()
    stations = wall["stations"]
    assert isinstance(stations, list)
    tile = next(row for row in stations if row["id"] == "pack-1")
    assert (tile["user"], tile["order"], tile["packed"]) == ("w-1", number, "2")
    exceptions = wall["exceptions"]
    assert isinstance(exceptions, list)
    assert [row["kind"] for row in exceptions] == ["short", "help", "unknown_code"]
    rates = wall["rates"]
    assert isinstance(rates, dict)
    assert sum(rates["scans_per_minute"]) == 8
    assert sum(rates["refused_per_minute"]) == 2


def test_a_new_process_looks_back_at_what_happened_before(pictures: Pictures) -> None:
    pictures.scan("pack-1", badge(1), code("HELP"))
    again = Pictures(pictures.floor)
    exceptions = again.wall()["exceptions"]
    assert isinstance(exceptions, list)
    assert [row["kind"] for row in exceptions] == ["help"]
    verdict = again.station()["verdict"]
    assert isinstance(verdict, dict)
    assert (verdict["token"], verdict["elapsed_us"]) == ("help_called", None)
