"""Commands, persons and dead letters at the site (SYNC.md sections 6, 7 and 12)."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from edge.domain.sync_inputs import (
    ApplyCommand,
    Epoch,
    PersonRow,
    RecordDeadLetter,
    StorePersons,
)
from sync.envelope import (
    Commands,
    Events,
    Need,
    Persons,
    WireCommand,
    WirePerson,
)
from sync.ports import MINUTE, MS, SECOND
from sync.topics import topic
from tests.protocol.sync.site import SITE, Site, flowing


def commands(site: Site, **changes: object) -> list[ApplyCommand]:
    message = Commands(
        site=SITE,
        session="c",
        epoch=Epoch(1, "c" * 16),
        sent_at=1,
        first_number=1,
        prev_hash="00" * 32,
        commands=[
            WireCommand(id=f"c{n}", type="Do", data=Raw(b'{"b":1,"a":%d}' % n)) for n in range(3)
        ],
    )
    site.hears("commands", msgspec.structs.replace(message, **changes))
    return [intent for intent in site.out.intents if isinstance(intent, ApplyCommand)]


def test_commands_become_intents_that_chain() -> None:
    site = flowing()
    first, second, third = commands(site)
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert (second.prev_hash, third.prev_hash) == (first.hash, second.hash)
    assert first.data == b'{"a":0,"b":1}'


def test_applied_commands_are_not_handed_on_again() -> None:
    site = flowing()
    for intent in commands(site)[:2]:
        site.heart.perform(intent)
    assert [intent.number for intent in commands(site)] == [3]


def test_commands_of_an_older_epoch_are_ignored() -> None:
    site = flowing()
    for intent in commands(site, epoch=Epoch(5, "e" * 16)):
        site.heart.perform(intent)
    assert commands(site) == []


def test_a_command_without_an_object_is_a_dead_letter() -> None:
    site = flowing()
    assert commands(site, commands=[WireCommand(id="c", type="Do", data=Raw(b"1.5"))]) == []
    assert site.pump.dead_letters.counts["impossible"] == 1


def test_a_position_that_moved_without_an_event_is_reported() -> None:
    site = flowing()
    site.heart.disk.answered.update({"c0", "c1", "c2"})
    for intent in commands(site):
        site.heart.perform(intent)
    (report,) = site.after(200 * MS)
    assert isinstance(report, Events)
    assert report.events == []
    assert report.position.through == 3
    assert site.after(200 * MS) == []


def test_a_report_that_was_lost_is_sent_again_when_commands_come_again() -> None:
    site = flowing()
    site.heart.disk.answered.update({"c0", "c1", "c2"})
    for intent in commands(site):
        site.heart.perform(intent)
    site.after(200 * MS)
    commands(site)
    assert len(site.after(200 * MS)) == 1


def test_missing_persons_are_asked_for_until_they_come() -> None:
    site = flowing()
    site.heart.refer("p1")
    site.grows(0)
    asked: list[Need] = []
    for _ in range(60):
        asked += [m for m in site.after(SECOND) if isinstance(m, Need)]
    assert all(need.ids == ["p1"] for need in asked)
    assert 3 <= len(asked) <= 8
    row = PersonRow(id="p1", version=1, salt="00", data=b"{}", erased_at=None)
    wire = [
        WirePerson(id="p1", version=1, salt="00", data=Raw(b"{}")),
        WirePerson(id="x", version=1),
    ]
    site.hears(
        "commands",
        Persons(site=SITE, session="c", epoch=Epoch(1, "c" * 16), sent_at=1, rows=wire),
    )
    assert site.out.intents == (StorePersons(rows=(row,)),)
    site.heart.perform(site.out.intents[0])
    for _ in range(60):
        assert not [m for m in site.after(SECOND) if isinstance(m, Need)]


def test_central_gets_the_rows_that_it_asks_for_and_that_are_here() -> None:
    site = flowing()
    site.heart.disk.persons["p1"] = PersonRow(
        id="p1", version=2, salt="00ff", data=b'{"name":"x"}', erased_at=None
    )
    need = Need(site=SITE, session="c", epoch=Epoch(1, "c" * 16), sent_at=1, ids=["p1", "p2"])
    (answer,) = site.hears("commands", need)
    assert isinstance(answer, Persons)
    assert [(row.id, row.version) for row in answer.rows] == [("p1", 2)]


@pytest.mark.parametrize(
    ("reason", "name", "payload"),
    [
        ("malformed", topic(SITE, "ack"), b"{"),
        ("oversized", topic(SITE, "ack"), bytes(1024 * 1024 + 1)),
        ("foreign_site", topic("hz2", "ack"), b"{}"),
        ("foreign_site", topic(SITE, "events"), b"{}"),
        ("foreign_site", "elsewhere", b"{}"),
        ("unknown_kind", topic(SITE, "ack"), b'{"v":1,"kind":"bonjour","site":"hz1"}'),
        ("unknown_version", topic(SITE, "ack"), b'{"v":9,"kind":"ack","site":"hz1"}'),
    ],
)
def test_what_cannot_be_used_is_counted_and_kept(reason: str, name: str, payload: bytes) -> None:
    site = flowing()
    site.did(site.pump.receive(name, payload, site.now()))
    (letter,) = site.out.intents
    assert isinstance(letter, RecordDeadLetter)
    assert (letter.direction, letter.reason, letter.topic) == ("down", reason, name)
    assert site.pump.link.dead_letters == 1


def test_a_repeated_acknowledgement_without_effect_is_kept_as_replayed() -> None:
    site = flowing(10)
    site.ack(10, sent_at=77)
    assert site.pump.dead_letters.counts["replayed"] == 0
    site.ack(10, sent_at=77)
    assert site.pump.dead_letters.counts["replayed"] == 1
    assert site.pump.link.state == "online"


def test_a_flood_is_counted_whole_and_kept_in_part() -> None:
    site = flowing()
    kept = 0
    for _ in range(1000):
        site.did(site.pump.receive(topic(SITE, "ack"), b"{", site.now()))
        kept += len(site.out.intents)
    assert site.pump.link.dead_letters == 1000
    assert kept == 50
    site.steady_us += MINUTE
    site.did(site.pump.receive(topic(SITE, "ack"), b"{", site.now()))
    assert len(site.out.intents) == 1


def test_a_dead_letter_holds_no_persons_data() -> None:
    site = flowing()
    secret = b'{"v":1,"kind":"persons","site":"hz2","rows":[{"data":{"name":"Ada"}}]}'
    site.did(site.pump.receive(topic(SITE, "commands"), secret, site.now()))
    (letter,) = site.out.intents
    assert isinstance(letter, RecordDeadLetter)
    assert b"Ada" not in letter.payload
    assert letter.payload.startswith(b"%d bytes" % len(secret))
