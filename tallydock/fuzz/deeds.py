"""What each verdict must be followed by in its transaction, and what may accompany it."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.domain import events as e

DEEDS: dict[str, tuple[type[e.Event], ...]] = {
    "accepted": (e.ItemPacked,),
    "line_complete": (e.ItemPacked,),
    "order_complete": (e.ItemPacked,),
    "voided": (e.ItemVoided,),
    "short_recorded": (e.ShortRecorded,),
    "carton_closed": (e.CartonClosed,),
    "order_closed": (e.FulfilmentClosed,),
    "order_opened": (e.FulfilmentOpened,),
    "order_suspended": (e.FulfilmentSuspended,),
    "taken_over": (e.FulfilmentTakenOver,),
    "signed_out": (e.SignedOut,),
    "help_called": (e.HelpCalled,),
}
"""What exactly one of must follow each verdict; ``signed_in`` may be news or not."""

QUIET = (e.NumberBlockOpened, e.CartonOpened, e.TimerSet)
"""What may accompany a deed."""

SCANNED = (
    e.ItemPacked, e.ItemVoided, e.ShortRecorded, e.SignedIn, e.FulfilmentOpened,
    e.FulfilmentTakenOver, e.FulfilmentClosed, e.CartonOpened, e.CartonClosed, e.HelpCalled,
)  # fmt: skip
"""What happens by a scan only."""

ALONG: dict[str, tuple[type[e.Event], ...]] = {
    "order_closed": (e.CartonClosed, e.CartonVoided),
    "signed_out": (e.FulfilmentSuspended,),
    "signed_in": (e.SignedIn, e.SignedOut),
    "taken_over": (e.SignedIn, e.SignedOut),
}


@dataclass(slots=True)
class Verdict:
    """A verdict whose deeds are being counted."""

    id: str
    event: e.ScanJudged
    station: str
    held: str | None
    deeds: list[type[e.Event]] = field(default_factory=list)
