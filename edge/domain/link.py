"""Batches, and the events of the link to central and of the house itself."""

from __future__ import annotations

from edge.domain.commands import Batch
from edge.domain.events import (
    CommandAccepted,
    CommandRefused,
    Event,
    InputQuarantined,
    OutageRecorded,
)
from edge.domain.kernel import Decision, Meta, decide, decides, evolve, evolves
from edge.domain.settings import Moment
from edge.domain.state import NotPrefetched, State
from edge.errors import InvalidInput, SeveralInvalid


@decides(Batch)
def decide_batch(state: State, command: Batch, moment: Moment) -> Decision:
    """All or nothing: each part is decided upon a scratch state in which the earlier ones hold.

    Raises SeveralInvalid with every fault, each named by its place: ``rows[7].sku``.
    """
    scratch = state.child()
    events: list[Event] = []
    missing = NotPrefetched([])
    faults: list[InvalidInput] = []
    repeated = 0
    for index, part in enumerate(command.commands):
        try:
            decision = decide(scratch, part, moment)
            for event in decision.events:
                evolve(scratch, event, Meta(0, moment.at_us, None, None, ""))
        except NotPrefetched as more:
            missing = missing.joined(more)
            continue
        except InvalidInput as error:
            error.field = f"rows[{index}].{error.field}"
            faults.append(error)
            continue
        repeated += "repeated" in decision.result
        events += decision.events
    if missing:
        raise missing
    if faults:
        raise SeveralInvalid(faults)
    result = {"count": str(len(command.commands)), "repeated": str(repeated)}
    return Decision(tuple(events), result)


@evolves(CommandAccepted, lambda event: f"command/{event.command}")
def command_accepted(state: State, event: CommandAccepted, meta: Meta) -> None:
    """The position of commands is kept with the epochs, outside the projections."""


@evolves(CommandRefused, lambda event: f"command/{event.command}")
def command_refused(state: State, event: CommandRefused, meta: Meta) -> None:
    """A refusal changes nothing but the position."""


@evolves(InputQuarantined, lambda event: f"quarantine/{event.digest[:16]}")
def input_quarantined(state: State, event: InputQuarantined, meta: Meta) -> None:
    """What was set aside lies in the dead letters."""


@evolves(OutageRecorded, lambda event: "site/outage")
def outage_recorded(state: State, event: OutageRecorded, meta: Meta) -> None:
    """A record for people."""
