"""What writes names: persons beside the journal, and users, who stand in both."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from edge.domain import rules
from edge.domain.commands import AddUser
from edge.domain.events import PersonRef
from edge.domain.sync_inputs import PersonRow
from edge.errors import Conflict, InvalidInput, SeveralInvalid
from edge.journal import access, persons
from edge.service.heart import NONCE_BITS, Drawn, Entry, Heart
from edge.service.inputs import EnterUser, SavePerson, SavePersons
from edge.service.outcome import Outcome


def save(heart: Heart, entry: Entry, wanted: SavePerson | SavePersons) -> Outcome:
    """The next version of one person, or of several."""
    match wanted:
        case SavePerson():
            return _one(heart, entry, wanted)
        case SavePersons():
            return _several(heart, entry, wanted)


def _one(heart: Heart, entry: Entry, save: SavePerson) -> Outcome:
    """The next version of a person; unchanged data keep the version that is there."""
    executor = heart.store.executor
    row = persons.next_version(executor, save.person, save.data, Drawn(entry.nonce))
    persons.store(executor, row)
    result = {"person": row.id, "version": str(row.version), "digest": row.digest() or ""}
    return Outcome(save, (), result)


def _several(heart: Heart, entry: Entry, save: SavePersons) -> Outcome:
    """Every row is made before the first is written; SeveralInvalid names ``rows[i].customer``.

    Each salt is a digest of its own of the nonce: whoever knows one learns nothing of another,
    so that erasing one person leaves no way to their data.
    """
    executor = heart.store.executor
    rows, faults = list[PersonRow](), list[InvalidInput]()
    for index, (person, data) in enumerate(save.persons):
        try:
            drawn = Drawn(_spread(entry.nonce, index))
            rows.append(persons.next_version(executor, person, data, drawn))
        except InvalidInput as error:
            faults.append(InvalidInput(f"rows[{index}].customer", error.value, error.remedy))
    if faults:
        raise SeveralInvalid(faults)
    for row in rows:
        persons.store(executor, row)
    return Outcome(save)


def _spread(nonce: int, index: int) -> int:
    seed = nonce.to_bytes(NONCE_BITS // 8, "big") + index.to_bytes(8, "big")
    return int.from_bytes(sha256(seed).digest(), "big")


def enter(heart: Heart, entry: Entry, newcomer: EnterUser) -> Outcome:
    """Everything that can refuse comes before the first write."""
    executor = heart.store.executor
    if access.has_login(executor, newcomer.login):
        raise Conflict("login", newcomer.login, "this login is taken: choose another")
    row = persons.next_version(
        executor, newcomer.user, newcomer.data, Drawn(_spread(entry.nonce, 0))
    )
    command = AddUser(
        user=newcomer.user,
        badge=newcomer.badge,
        role=newcomer.role,
        language=newcomer.language,
        person=PersonRef(person=row.id, version=row.version, digest=row.digest() or ""),
    )
    moment = heart.moment(newcomer.at_us)
    decision = heart.settled(partial(rules.decide, heart.store.state, command, moment))
    heart.record(entry, decision.events, at_us=newcomer.at_us, actor=newcomer.origin.actor)
    persons.store(executor, row)
    access.write_all(executor, newcomer.changes)
    return Outcome(newcomer, tuple(entry.written), decision.result)
