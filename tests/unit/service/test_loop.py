"""The loop: one commit a batch, poisoned inputs set aside by name, requests that are repeated."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import msgspec
import pytest

from edge.domain import packing
from edge.domain.commands import ErasePerson, LineWanted, PlaceOrder
from edge.domain.entry import LINES_PER_EVENT
from edge.domain.events import InputQuarantined, OrderPlaced, OutageRecorded
from edge.domain.person import PersonDetails
from edge.domain.rows import Order, OrderLine, Stock
from edge.domain.scanning import Judgement, Scan
from edge.domain.station_table import RULES
from edge.domain.sync_inputs import OpenEpoch
from edge.errors import InvalidInput, StoreUnavailable
from edge.journal import beside, persons
from edge.service.inputs import (
    Ask,
    FromLink,
    Origin,
    OutageEnded,
    SavePerson,
    TimerDue,
    WriteAccess,
)
from edge.service.loop import LETTER_BYTES_MAX, Quarantined
from edge.service.outcome import Outcome
from tests.unit.floor import CUP, TEA, Floor, code, order


@contextmanager
def fault_in_packing(monkeypatch: pytest.MonkeyPatch, sku: str) -> Iterator[None]:
    """Packing ``sku`` fails for a reason that nobody foresaw."""

    def faulty(scan: Scan) -> Judgement:
        judgement = packing.pack_item(scan)
        if judgement.sku == sku:
            raise ZeroDivisionError("a fault of ours")
        return judgement

    with monkeypatch.context() as patch:
        patch.setitem(RULES, "pack", (faulty, RULES["pack"][1]))
        yield


def verdicts(outcomes: list[Outcome]) -> list[str | None]:
    """The verdict of each, None where there is none."""
    return [outcome.judged[1].verdict if outcome.judged else None for outcome in outcomes]


# --- poison -------------------------------------------------------------------------------


def test_a_poisoned_input_is_set_aside_by_name_and_the_rest_stands(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = floor.place(("TEA", 2), ("CUP", 1))
    floor.opened("pack-1", number)
    scans = [floor.scanning("pack-1", data) for data in (TEA, CUP, TEA)]
    with fault_in_packing(monkeypatch, "CUP"):
        outcomes = floor.step(*scans)
    assert verdicts(outcomes) == ["accepted", None, "line_complete"]
    assert isinstance(outcomes[1].error, Quarantined)
    assert "ZeroDivisionError" in str(outcomes[1].error)
    (written,) = outcomes[1].events
    assert isinstance(written.event, InputQuarantined)
    assert (written.event.input_type, written.event.error) == ("Scan", "ZeroDivisionError")
    letter = floor.store.connection.execute("SELECT direction, reason, payload FROM dead_letter")
    direction, reason, payload = letter.fetchone()
    assert (direction, reason) == ("quarantine", "ZeroDivisionError")
    assert CUP.encode() in payload
    assert hashlib.sha256(payload).hexdigest() == written.event.digest
    assert floor.need(OrderLine, number, 1).packed == 2
    assert floor.need(OrderLine, number, 2).packed == 0


def test_several_poisoned_inputs_of_one_batch_are_each_set_aside(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2), ("CUP", 9)))
    scans = [floor.scanning("pack-1", data) for data in (CUP, TEA, CUP, CUP, TEA)]
    with fault_in_packing(monkeypatch, "CUP"):
        outcomes = floor.step(*scans)
    assert verdicts(outcomes) == [None, "accepted", None, None, "line_complete"]


def test_a_fault_after_half_the_events_leaves_none_of_them(floor: Floor) -> None:
    """An event above 256 KiB is refused when others of its input are written already."""
    small = LineWanted(quantity=Decimal(1), sku="TEA")
    large = msgspec.structs.replace(small, price_minor=1, currency="X" * 600)
    lines = (small,) * LINES_PER_EVENT + (large,) * LINES_PER_EVENT
    asks = [
        floor.asking(order("before", ("TEA", 1))),
        floor.asking(PlaceOrder(channel="shop", external_id="x", customer=None, lines=lines)),
        floor.asking(order("behind", ("TEA", 1))),
    ]
    before, wrong, behind = floor.step(*asks)
    assert isinstance(wrong.error, InvalidInput)
    assert [type(written.event) for written in wrong.events] == [InputQuarantined]
    assert (before.result["number"], behind.result["number"]) == ("SO-10001", "SO-10002")
    assert len(floor.rows(Order)) == 2


def test_what_is_set_aside_is_kept_in_part_when_it_is_huge(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.opened("pack-1", floor.place(("CUP", 1)))
    with fault_in_packing(monkeypatch, "CUP"):
        scan = floor.scanning("pack-1", CUP, connection="c" * 2 * LETTER_BYTES_MAX)
        floor.step(scan)
    (size,) = floor.store.connection.execute("SELECT length(payload) FROM dead_letter").fetchone()
    assert size == LETTER_BYTES_MAX


def test_a_refused_input_changes_nothing_and_its_neighbours_stand(floor: Floor) -> None:
    outcomes = floor.step(
        floor.asking(order("a", ("TEA", 1))),
        floor.asking(order("b", ("NONE", 1))),
        floor.asking(order("c", ("TEA", 1))),
    )
    assert [type(outcome.error) for outcome in outcomes] == [
        type(None), type(outcomes[1].error), type(None),
    ]  # fmt: skip
    assert isinstance(outcomes[1].error, InvalidInput)
    assert outcomes[1].events == ()
    assert [row.number for row in floor.rows(Order)] == ["SO-10001", "SO-10002"]


def test_an_unknown_timer_is_refused(floor: Floor) -> None:
    with pytest.raises(InvalidInput, match="only kind of timer"):
        floor.one(TimerDue(at_us=floor.tick(), kind="egg", subject="pack-1"))


# --- a disk that does not write -----------------------------------------------------------


def full(floor: Floor) -> None:
    """No page can be added to the store."""
    (pages,) = floor.store.connection.execute("PRAGMA page_count").fetchone()
    floor.store.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def room(floor: Floor) -> None:
    """There is room again."""
    floor.store.connection.execute("PRAGMA max_page_count = 1000000").fetchall()


def big_order(floor: Floor, name: str) -> Ask:
    """An order that needs new pages."""
    return floor.asking(order(name, *((("TEA", 1),) * 400)))


def test_a_full_disk_gives_no_outcome_to_anyone_and_records_nothing(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    head = floor.head()
    full(floor)
    outcomes = floor.step(
        floor.scanning("pack-1", TEA), big_order(floor, "big"), floor.scanning("pack-1", TEA)
    )
    assert [type(outcome.error) for outcome in outcomes] == [StoreUnavailable] * 3
    assert all(outcome.events == () for outcome in outcomes)
    assert (floor.head(), floor.verify()) == (head, head)
    assert floor.need(Stock, "shelf/A-01-1", "TEA", "", "").quantity == 100


def test_once_there_is_room_it_goes_on_where_it_was(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    scan = floor.scanning("pack-1", TEA)
    full(floor)
    while not isinstance(floor.step(big_order(floor, "big"))[0].error, StoreUnavailable):
        pass
    floor.step(big_order(floor, "big"), scan)
    room(floor)
    ended = OutageEnded(at_us=floor.tick(), began_at_us=floor.now_us - 5, refused=3)
    (written,) = floor.one(ended).events
    assert written.event == OutageRecorded(
        began_at=floor.now_us - 5, ended_at=floor.now_us, refused=3
    )
    assert floor.judged(scan).verdict == "accepted", "the same scan again is no copy"


def test_a_damaged_file_is_not_written_to_any_further(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault of the input, which would be set aside in that same file."""
    head = floor.head()

    def damaged(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(floor.store, "prefetch", damaged)
    (outcome,) = floor.step(floor.scanning("pack-1", CUP))
    monkeypatch.undo()
    assert isinstance(outcome.error, StoreUnavailable)
    assert "malformed" in str(outcome.error)
    assert floor.head() == head


def test_a_fault_that_cannot_be_set_aside_for_want_of_room_is_unavailable(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.opened("pack-1", floor.place(("CUP", 1)))

    def no_room(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with fault_in_packing(monkeypatch, "CUP"):
        monkeypatch.setattr(beside, "keep_dead_letter", no_room)
        (outcome,) = floor.step(floor.scanning("pack-1", CUP))
    assert isinstance(outcome.error, StoreUnavailable)


# --- requests that are repeated -----------------------------------------------------------


def keyed(floor: Floor, external_id: str, key: str = "k1", digest: bytes = b"d1") -> Ask:
    """An order under an idempotency key."""
    origin = Origin(actor="w-3", key=key, digest=digest)
    return floor.asking(order(external_id, ("TEA", 1)), origin)


def test_the_same_key_gives_the_same_answer_and_nothing_happens_twice(floor: Floor) -> None:
    first = floor.one(keyed(floor, "a"))
    assert (first.replayed, first.answer is not None) == (False, True)
    head = floor.head()
    again = floor.one(keyed(floor, "a"))
    assert (again.replayed, again.answer, again.result) == (True, first.answer, first.result)
    assert again.events == ()
    floor.restart()
    assert floor.one(keyed(floor, "a")).answer == first.answer
    assert floor.head() == head


def test_the_same_key_for_another_request_is_refused(floor: Floor) -> None:
    floor.one(keyed(floor, "a"))
    with pytest.raises(InvalidInput) as refused:
        floor.one(keyed(floor, "b", digest=b"d2"))
    assert refused.value.code == "key_reused"
    assert len(floor.rows(Order)) == 1


def test_a_repeated_request_in_the_same_batch_is_one(floor: Floor) -> None:
    first, again = floor.step(keyed(floor, "a"), keyed(floor, "a"))
    assert again.replayed
    assert again.answer == first.answer


def test_a_scan_under_a_key_is_one_scan_with_one_answer_in_words(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    scan = floor.scanning("pack-1", TEA, sequence=0, connection="", device="page/pack-1")
    asked = Origin(actor="w-1", station="pack-1", key="s1", digest=b"x", language="en")
    again = msgspec.structs.replace(scan.command)
    first = floor.one(type(scan)(at_us=1, monotonic_ns=0, command=scan.command, origin=asked))
    second = floor.one(type(scan)(at_us=2, monotonic_ns=0, command=again, origin=asked))
    assert first.answer is not None
    assert second.answer == first.answer
    kept = msgspec.json.decode(first.answer)
    assert kept["verdict"]["verdict"] == "accepted"
    assert kept["verdict"]["message"] == "1 pc to go on this line"
    assert kept["recorded"][0] == [first.events[0].meta.seq, first.events[0].hash.hex()]


def test_an_answer_is_kept_only_with_its_effect(floor: Floor) -> None:
    full(floor)
    origin = Origin(actor="w-3", key="k9", digest=b"d")
    asked = floor.asking(order("big", *((("TEA", 1),) * 400)), origin)
    while not isinstance(floor.step(asked)[0].error, StoreUnavailable):
        floor.step(big_order(floor, "fill"))
    room(floor)
    assert beside.kept_answer(floor.store.executor, "k9") is None
    assert not floor.one(asked).replayed


def test_answers_of_a_week_ago_are_forgotten(floor: Floor) -> None:
    floor.one(keyed(floor, "a"))
    floor.now_us += beside.ANSWERS_KEPT_US + 10_000_000
    floor.one(keyed(floor, "b", key="k2"))
    assert beside.kept_answer(floor.store.executor, "k1") is None
    assert floor.one(keyed(floor, "a")).result["repeated"] == "true"


# --- what stands beside -------------------------------------------------------------------


def test_logins_are_written_all_or_none(floor: Floor) -> None:
    credential = ("store_credential", ("li", "w-1", "hash", "packer", 0))
    with pytest.raises(InvalidInput, match="one of"):
        floor.one(WriteAccess(at_us=floor.tick(), changes=(credential, ("drop_table", ()))))
    count = "SELECT count(*) FROM credential"
    assert floor.store.connection.execute(count).fetchone() == (0,)
    floor.one(WriteAccess(at_us=floor.tick(), changes=(credential,)))
    assert floor.store.connection.execute(count).fetchone() == (1,)


LI = PersonDetails(name="李雷", phone="13800000000")


def test_a_person_gets_a_version_for_each_change_and_a_salt_of_their_own(floor: Floor) -> None:
    def save(person: str, details: PersonDetails) -> dict[str, str]:
        return floor.one(SavePerson(at_us=floor.tick(), person=person, data=details)).result

    first, same = save("c-1", LI), save("c-1", LI)
    assert same == first
    assert save("c-2", LI)["digest"] != first["digest"], "the same data of another person"
    assert save("c-1", PersonDetails(name="李雷"))["version"] == "2"
    floor.ask(ErasePerson(person="c-1"))
    with pytest.raises(InvalidInput, match="erased"):
        save("c-1", LI)


def test_erasing_leaves_a_tombstone_also_of_somebody_never_heard_of(floor: Floor) -> None:
    floor.one(SavePerson(at_us=floor.tick(), person="c-1", data=LI))
    for person, version in (("c-1", 1), ("c-9", 0)):
        floor.ask(ErasePerson(person=person))
        row = persons.get(floor.store.executor, person)
        assert row is not None
        assert (row.version, row.salt, row.data) == (version, None, None)
        assert row.erased_at == floor.now_us


def test_dead_letters_are_bounded_and_the_oldest_goes(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "DEAD_LETTERS_MAX", 3)
    for index in range(5):
        beside.keep_dead_letter(floor.store.executor, index, "down", "t", "r", b"")
    rows = floor.store.connection.execute("SELECT at FROM dead_letter ORDER BY at").fetchall()
    assert rows == [(2,), (3,), (4,)]


# --- outcomes -----------------------------------------------------------------------------


def test_an_outcome_names_place_and_hash_of_each_event(floor: Floor) -> None:
    outcome = floor.one(floor.asking(order("a", ("TEA", 1))))
    stored = floor.stored(outcome.events[0].meta.seq - 1)
    assert [(w.meta.seq, w.hash) for w in outcome.events] == [(s.seq, s.hash) for s in stored]
    assert [w.event.number for w in outcome.events if isinstance(w.event, OrderPlaced)] == [
        outcome.result["number"]
    ]
    assert outcome.judged is None


def test_no_outcome_leaves_before_its_commit(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes exist only after the commit: a commit that fails takes all of them along."""
    floor.opened("pack-1", floor.place(("TEA", 2)))

    def torn() -> None:
        raise StoreUnavailable("pulled")

    with monkeypatch.context() as patch:
        patch.setattr(floor.store, "commit", torn)
        outcomes = floor.step(floor.scanning("pack-1", TEA), floor.scanning("pack-1", code("UNDO")))
    assert verdicts(outcomes) == [None, None]
    assert floor.scan("pack-1", TEA).verdict == "accepted"


def test_an_epoch_that_could_not_be_written_is_not_in_force(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = floor.loop.heart.epoch
    opened = OpenEpoch(counter=9, nonce="ab" * 8, base=floor.head().seq, lost=0)

    def torn() -> None:
        raise StoreUnavailable("pulled")

    with monkeypatch.context() as patch:
        patch.setattr(floor.store, "commit", torn)
        floor.step(FromLink(at_us=floor.tick(), intent=opened))
    assert floor.loop.heart.epoch == before
    floor.link(opened)
    assert floor.loop.heart.epoch.counter == 9
