"""From a scan to its one verdict: resolve the code, look up the cell, apply the rule.

    readings (all that the grammar allows) -> choose (what this site knows) -> kind
    -> TABLE[state, kind] -> rule -> ScanJudged, followed by what the scan did

A scan that came before (same device, connection and sequence) is dropped without a verdict:
it is not a scan but a copy of one that was judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from msgspec.structs import replace

from edge.codes import identify
from edge.codes.readings import Reading, Refusal
from edge.domain.commands import ScanAtStation
from edge.domain.events import ScanJudged
from edge.domain.kernel import Decision, decides
from edge.domain.rows import Carton, DevicePosition, Fulfilment, Packaging, Session
from edge.domain.scanning import Judgement, Scan, choice_name
from edge.domain.sessions import blank
from edge.domain.settings import Moment
from edge.domain.state import State
from edge.domain.station_table import RULES, TABLE, kind_of

READINGS_KEPT = 512
UNREADABLE = frozenset({"check_digit", "length", "charset", "date", "content", "empty"})


@dataclass(frozen=True, slots=True)
class SiteKnowledge:
    """What this site knows about codes, for the resolution of readings."""

    state: State

    def knows_gtin(self, gtin: str) -> bool:
        return self.state.get(Packaging, gtin) is not None

    def knows_sscc(self, sscc: str) -> bool:
        return self.state.get(Carton, sscc) is not None

    def knows_text(self, text: str) -> bool:
        return False

    def expects(self, text: str) -> bool:
        return False


@decides(ScanAtStation)
def judge(state: State, command: ScanAtStation, moment: Moment) -> Decision:
    """Exactly one ScanJudged a scan, first in the decision."""
    position = state.get(DevicePosition, command.device) if command.sequence > 0 else None
    if (
        position is not None
        and position.connection == command.connection
        and command.sequence <= position.sequence
    ):
        return Decision((), {"dropped": "duplicate"})
    session = state.get(Session, command.station) or blank(command.station)
    fulfilment = (
        state.need(Fulfilment, session.fulfilment) if session.fulfilment is not None else None
    )
    scan = _classify(Scan(state, command, moment, session, fulfilment, "unknown", None), position)
    rule, _ = RULES[TABLE[session.state, scan.kind]]
    judgement = rule(scan)
    return Decision((_verdict(scan, judgement), *judgement.effects))


def _classify(scan: Scan, position: DevicePosition | None) -> Scan:
    command = scan.command
    if _is_repeat(scan, position):
        return _as(scan, "repeat")
    if command.fault is not None:
        return _as(scan, "unreadable", reason=command.fault)
    found = _readings(command.data, command.symbology, scan.moment.today)
    if isinstance(found, Refusal):
        return _refused(scan, found)
    chosen = identify.choose(found, SiteKnowledge(scan.state))
    if isinstance(chosen, Refusal):
        return _refused(scan, chosen)
    if isinstance(chosen, Reading):
        choices = _waiting_choices(scan) if kind_of(chosen) == "choose" else ()
        return _as(scan, kind_of(chosen), reading=chosen, choices=choices)
    return _as(scan, "ambiguous", choices=chosen.choices)


@lru_cache(READINGS_KEPT)
def _readings(data: str, symbology: str | None, today: date) -> tuple[Reading, ...] | Refusal:
    """Readings of a scan that is judged anew once its rows are there; and of the usual codes."""
    return identify.readings(data, symbology, today)


def _is_repeat(scan: Scan, position: DevicePosition | None) -> bool:
    """Proven by the device's flag, or assumed within the site's guard time (default: never)."""
    if position is None or position.data != scan.command.data:
        return False
    guard_us = scan.moment.settings.guard_ms * 1000
    return scan.command.retransmit or 0 <= scan.moment.at_us - position.at < guard_us


def _waiting_choices(scan: Scan) -> tuple[Reading, ...]:
    """The readings of the code that waits for a choice, in the order that was shown."""
    waiting = scan.session.pending
    if scan.session.state != "choosing" or waiting is None:
        return ()
    found = identify.readings(waiting, None, scan.moment.today)
    if isinstance(found, Refusal):
        return ()
    by_name = {choice_name(reading): reading for reading in found}
    return tuple(by_name[name] for name in scan.session.choices if name in by_name)


def _as(
    scan: Scan,
    kind: str,
    *,
    reading: Reading | None = None,
    reason: str | None = None,
    choices: tuple[Reading, ...] = (),
) -> Scan:
    return replace(scan, kind=kind, reading=reading, reason=reason, choices=choices)


def _refused(scan: Scan, refusal: Refusal) -> Scan:
    kind = "unreadable" if refusal.reason in UNREADABLE else "unknown"
    return replace(scan, kind=kind, reason=refusal.reason, details=refusal.params)


def _verdict(scan: Scan, judgement: Judgement) -> ScanJudged:
    command, fulfilment = scan.command, scan.fulfilment
    number = judgement.fulfilment or (fulfilment.number if fulfilment is not None else None)
    count = judgement.count
    if count is None and fulfilment is not None:
        count = (fulfilment.packed, fulfilment.wanted)
    return ScanJudged(
        device=command.device,
        connection=command.connection,
        sequence=command.sequence,
        data=command.data,
        symbology=command.symbology,
        kind=scan.kind,
        step=scan.reading.step if scan.reading is not None else None,
        verdict=judgement.verdict,
        reason=judgement.reason,
        why=judgement.why(),
        next=judgement.next(),
        sku=judgement.sku,
        fulfilment=number,
        count=count,
        after=judgement.after,
    )
