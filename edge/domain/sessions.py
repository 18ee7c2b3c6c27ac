"""What a station is in the middle of: signing in and out, and the session's row."""

from __future__ import annotations

from typing import cast

import msgspec

from edge.domain.commands import AddUser, ErasePerson, SignOutIdle
from edge.domain.events import (
    Event,
    FulfilmentSuspended,
    HelpCalled,
    PersonErased,
    ScanJudged,
    SignedIn,
    SignedOut,
    TimerSet,
    UserAdded,
)
from edge.domain.kernel import Decision, Meta, decides, evolves
from edge.domain.rows import Badge, DevicePosition, Fulfilment, Session, StationState, Timer, User
from edge.domain.settings import Moment
from edge.domain.state import State
from edge.errors import Conflict

IDLE_TIMER = "idle_station"


def blank(station: str) -> Session:
    """A station at which nothing has happened yet."""
    return Session(
        station=station,
        state="signed_out",
        user=None,
        language="zh-CN",
        fulfilment=None,
        line=0,
        undo=0,
        judged=0,
        pending=None,
        choices=(),
        offered=None,
        since=0,
    )


def session_of(state: State, station: str) -> Session:
    """The station's session; a blank one if it was never used."""
    return state.get(Session, station) or blank(station)


def working_state(fulfilment: Fulfilment | None) -> StationState:
    """What a signed-in station does with this fulfilment when nothing is pending."""
    if fulfilment is None:
        return "idle"
    if fulfilment.status in ("held", "cancelled"):
        return "intercepted"
    done = fulfilment.packed + fulfilment.short >= fulfilment.wanted
    return "complete" if done else "packing"


def refresh(state: State, fulfilment: Fulfilment, at_us: int) -> None:
    """Bring the session that has ``fulfilment`` open in line with its new condition."""
    if fulfilment.station is None:
        return
    session = state.need(Session, fulfilment.station)
    now = working_state(fulfilment)
    resting = session.state in ("packing", "complete", "intercepted")
    if now != session.state and (resting or now == "intercepted"):
        state.put(
            msgspec.structs.replace(session, state=now, pending=None, choices=(), since=at_us)
        )


def _scan_subject(event: ScanJudged) -> str:
    if event.fulfilment is not None:
        return f"fulfilment/{event.fulfilment}"
    return f"device/{event.device}"


@evolves(ScanJudged, _scan_subject)
def scan_judged(state: State, event: ScanJudged, meta: Meta) -> None:
    """The verdict moves the session; what the scan did besides follows in events of its own."""
    station = meta.station or ""
    session = session_of(state, station)
    after = event.after
    state.put(
        msgspec.structs.replace(
            session,
            state=cast("StationState", after.state),
            line=after.line,
            judged=meta.seq,
            pending=after.pending,
            choices=after.choices,
            offered=after.offered,
            since=meta.at_us,
        )
    )
    if event.sequence > 0:
        state.put(
            DevicePosition(
                device=event.device,
                connection=event.connection,
                sequence=event.sequence,
                data=event.data,
                at=meta.at_us,
            )
        )


@evolves(UserAdded, lambda event: f"user/{event.user}")
def user_added(state: State, event: UserAdded, meta: Meta) -> None:
    """A new badge takes the place of the old one."""
    before = state.get(User, event.user)
    if before is not None and before.badge != event.badge:
        state.remove(Badge, before.badge)
    state.put(
        User(
            id=event.user,
            badge=event.badge,
            role=event.role,
            language=event.language,
            active=event.active,
            person=event.person.person,
            person_version=event.person.version,
            person_digest=event.person.digest,
        )
    )
    state.put(Badge(badge=event.badge, user=event.user))


@decides(AddUser)
def add_user(state: State, command: AddUser, moment: Moment) -> Decision:
    """A badge belongs to one user."""
    badge = state.get(Badge, command.badge)
    if badge is not None and badge.user != command.user:
        raise Conflict("badge", command.badge, f"it belongs to {badge.user}: give another")
    added = UserAdded(
        user=command.user,
        badge=command.badge,
        role=command.role,
        language=command.language,
        active=command.active,
        person=command.person,
    )
    return Decision((added,), {"user": command.user})


@decides(ErasePerson)
def erase_person(state: State, command: ErasePerson, moment: Moment) -> Decision:
    """The event says that it was done; the data go with the tombstone in the person store."""
    return Decision((PersonErased(person=command.person),), {"person": command.person})


@evolves(PersonErased, lambda event: f"person/{event.person}")
def person_erased(state: State, event: PersonErased, meta: Meta) -> None:
    """No row of the state holds personal data, so nothing changes here."""


@evolves(SignedIn, lambda event: f"user/{event.user}")
def signed_in(state: State, event: SignedIn, meta: Meta) -> None:
    session = session_of(state, event.station)
    state.put(msgspec.structs.replace(session, user=event.user, language=event.language))


@evolves(SignedOut, lambda event: f"user/{event.user}")
def signed_out(state: State, event: SignedOut, meta: Meta) -> None:
    session = session_of(state, event.station)
    changed = msgspec.structs.replace(session, user=None)
    if event.reason == "idle":
        changed = msgspec.structs.replace(
            changed, state="signed_out", pending=None, choices=(), offered=None, since=meta.at_us
        )
    state.put(changed)


@evolves(HelpCalled, lambda event: f"station/{event.station}")
def help_called(state: State, event: HelpCalled, meta: Meta) -> None:
    """Help is a message to people; no row changes."""


@evolves(TimerSet, lambda event: f"timer/{event.kind}/{event.subject}")
def timer_set(state: State, event: TimerSet, meta: Meta) -> None:
    if event.due_at is None:
        state.remove(Timer, event.kind, event.subject)
    else:
        state.put(Timer(kind=event.kind, subject=event.subject, due_at=event.due_at))


def idle_timer(station: str, since_us: int, moment: Moment) -> TimerSet:
    """Look after the station when nobody scanned there for the configured time."""
    limit_us = moment.settings.idle_minutes_max * 60_000_000
    return TimerSet(kind=IDLE_TIMER, subject=station, due_at=since_us + limit_us)


@decides(SignOutIdle)
def sign_out_idle(state: State, command: SignOutIdle, moment: Moment) -> Decision:
    """Nobody scanned for long: the order in hand is put aside, the packer signed out."""
    timer = state.get(Timer, IDLE_TIMER, command.station)
    if timer is None or timer.due_at > moment.at_us:
        return Decision()
    session = session_of(state, command.station)
    limit_us = moment.settings.idle_minutes_max * 60_000_000
    off = TimerSet(kind=IDLE_TIMER, subject=command.station, due_at=None)
    if session.user is None:
        return Decision((off,))
    if moment.at_us - session.since < limit_us:
        return Decision((idle_timer(command.station, session.since, moment),))
    events: list[Event] = [SignedOut(user=session.user, station=command.station, reason="idle")]
    if session.fulfilment is not None:
        events.append(FulfilmentSuspended(number=session.fulfilment, station=command.station))
    return Decision((*events, off), {"station": command.station})
