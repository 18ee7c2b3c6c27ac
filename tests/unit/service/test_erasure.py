"""Erasing a person (H11): after the compaction no file of the store has a trace of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from edge.domain.commands import ErasePerson
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.sync_inputs import StorePersons
from edge.errors import StoreLocked
from edge.journal import persons
from edge.journal.chain import canonical
from edge.service import people
from edge.service.audit import verify_store
from edge.service.heart import Heart
from edge.service.inputs import FromLink, Origin, SavePerson
from tallydock.compaction import compact
from tests.unit.floor import SITE, Floor, order

LI = PersonDetails(name="李雷雷雷", phone="13812345678", mail="li@example.com", address="7 Lane")


def traces(folder: Path, secrets: list[bytes]) -> list[tuple[str, bytes]]:
    """Where any of ``secrets`` stands in any file."""
    return [
        (path.name, secret)
        for path in sorted(folder.iterdir())
        for secret in secrets
        if secret in path.read_bytes()
    ]


def secrets_of(salt: str, details: PersonDetails) -> list[bytes]:
    """What must not be found, in the spellings that files use."""
    return [
        details.name.encode(), ascii(details.name)[1:-1].encode(), details.phone.encode(),
        details.mail.encode(), details.address.encode(), salt.encode(), bytes.fromhex(salt),
    ]  # fmt: skip


def saved(floor: Floor) -> PersonRef:
    """Li, known here in two versions, with an order."""
    for details in (msgspec.structs.replace(LI, phone="13800000000"), LI):
        floor.one(SavePerson(at_us=floor.tick(), person="c-1", data=details))
    row = persons.get(floor.store.executor, "c-1")
    assert row is not None
    reference = persons.ref(row)
    assert reference is not None
    placed = msgspec.structs.replace(order("p", ("TEA", 1)), customer=reference)
    asked = Origin(actor="w-3", key="k", digest=hashlib.sha256(b"body").digest())
    floor.one(floor.asking(placed, asked))
    return reference


def test_nothing_readable_is_left_and_verify_says_ok(tmp_path: Path) -> None:
    with Floor(tmp_path) as floor:
        reference = saved(floor.furnish())
        row = persons.get(floor.store.executor, "c-1")
        assert row is not None
        assert row.salt is not None
        secrets = secrets_of(row.salt, LI)
        assert traces(tmp_path, secrets), "it is there to be erased"
        floor.ask(ErasePerson(person="c-1"))
        head = floor.head()
        with pytest.raises(StoreLocked):
            compact(floor.path, SITE)
    compact(floor.path, SITE)
    assert traces(tmp_path, secrets) == []
    assert verify_store(floor.path, SITE) == head
    with Floor(tmp_path) as floor:
        assert reference.digest.encode() in floor.path.read_bytes(), "the reference stays"


def test_what_is_set_aside_names_no_person_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(heart: Heart, *_: object) -> None:
        raise ZeroDivisionError

    with Floor(tmp_path) as floor:
        floor.furnish()
        row = persons.make("c-2", 1, LI, floor.loop.heart.chance)
        assert row.salt is not None
        monkeypatch.setattr(people, "save", broken)
        monkeypatch.setattr(persons, "store", broken)
        outcomes = floor.step(
            SavePerson(at_us=floor.tick(), person="c-1", data=LI),
            FromLink(at_us=floor.tick(), intent=StorePersons(rows=(row,))),
        )
        kept = floor.store.connection.execute("SELECT payload FROM dead_letter").fetchall()
    assert [type(outcome.error).__name__ for outcome in outcomes] == ["Quarantined"] * 2
    assert kept == [(b"SavePerson(person='c-1')",), (b"StorePersons(c-2)",)]
    assert traces(tmp_path, [*secrets_of(row.salt, LI), canonical(LI)]) == []
