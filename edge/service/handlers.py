"""What each kind of input does within its unit of work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from edge.domain import rules
from edge.domain.commands import Command, ErasePerson, SignOutIdle
from edge.domain.events import OutageRecorded
from edge.domain.kernel import Decision
from edge.domain.sessions import IDLE_TIMER, session_of
from edge.errors import InvalidInput
from edge.journal import access, beside, persons
from edge.service import link, people
from edge.service.answers import answer_of, kept_outcome
from edge.service.heart import Entry, Heart
from edge.service.inputs import (
    Ask,
    EnterUser,
    FromLink,
    Origin,
    OutageEnded,
    SavePerson,
    SavePersons,
    Scan,
    TimerDue,
    WriteAccess,
)
from edge.service.outcome import Outcome


def handle(heart: Heart, entry: Entry) -> Outcome:
    """Process one input; raises TallydockError when it is refused."""
    match entry.input:
        case Scan() as scan:
            return _once(heart, entry, scan.origin, partial(_scan, heart, entry, scan))
        case Ask() as ask:
            return _once(heart, entry, ask.origin, partial(_ask, heart, entry, ask))
        case TimerDue() as due:
            return _timer(heart, entry, due)
        case SavePerson() | SavePersons() as save:
            return people.save(heart, entry, save)
        case EnterUser() as newcomer:
            enter = partial(people.enter, heart, entry, newcomer)
            return _once(heart, entry, newcomer.origin, enter)
        case WriteAccess() as write:
            access.write_all(heart.store.executor, write.changes)
            return Outcome(write)
        case OutageEnded() as outage:
            return _outage(heart, entry, outage)
        case FromLink() as wanted:
            return link.handle(heart, entry, wanted)


def _once(heart: Heart, entry: Entry, origin: Origin, work: Callable[[], Outcome]) -> Outcome:
    """The same key gives the same answer; the same key with another body is refused."""
    if origin.key is None:
        return work()
    kept = beside.kept_answer(heart.store.executor, origin.key)
    if kept is not None:
        if kept[0] != origin.digest:
            raise InvalidInput(
                "Idempotency-Key", origin.key, "use a new key for another request", "key_reused"
            )
        return kept_outcome(entry.input, kept[1])
    outcome = work()
    answer = answer_of(heart, outcome, origin.language)
    beside.keep_answer(heart.store.executor, origin.key, origin.digest, answer, entry.input.at_us)
    return Outcome(outcome.input, outcome.events, outcome.result, answer=answer)


def _scan(heart: Heart, entry: Entry, scan: Scan) -> Outcome:
    """A scan is judged, never refused: what the rules cannot judge is a fault of ours."""
    command, state = scan.command, heart.store.state
    try:
        decision = _decide(heart, command, scan.at_us)
    except InvalidInput as error:
        raise LookupError(f"no verdict: {error}") from error
    session = heart.settled(partial(session_of, state, command.station))
    heart.record(
        entry, decision.events, at_us=scan.at_us, actor=session.user or scan.origin.actor,
        station=command.station,
    )  # fmt: skip
    return Outcome(scan, tuple(entry.written), decision.result)


def _ask(heart: Heart, entry: Entry, ask: Ask) -> Outcome:
    if isinstance(ask.command, ErasePerson):
        persons.erase(heart.store.executor, ask.command.person, ask.at_us)
    decision = _decide(heart, ask.command, ask.at_us)
    heart.record(
        entry, decision.events, at_us=ask.at_us, actor=ask.origin.actor,
        station=ask.origin.station,
    )  # fmt: skip
    return Outcome(ask, tuple(entry.written), decision.result)


def _decide(heart: Heart, command: Command, at_us: int) -> Decision:
    moment = heart.moment(at_us)
    return heart.settled(partial(rules.decide, heart.store.state, command, moment))


def _timer(heart: Heart, entry: Entry, due: TimerDue) -> Outcome:
    """A timer that comes early or twice finds its row gone or moved, and does nothing."""
    if due.kind != IDLE_TIMER:
        raise InvalidInput("kind", due.kind, f"the only kind of timer is {IDLE_TIMER}")
    decision = _decide(heart, SignOutIdle(station=due.subject), due.at_us)
    heart.record(entry, decision.events, at_us=due.at_us, station=due.subject)
    return Outcome(due, tuple(entry.written), decision.result)


def _outage(heart: Heart, entry: Entry, outage: OutageEnded) -> Outcome:
    event = OutageRecorded(
        began_at=outage.began_at_us, ended_at=outage.at_us, refused=outage.refused
    )
    heart.record(entry, [event], at_us=outage.at_us)
    return Outcome(outage, tuple(entry.written))
