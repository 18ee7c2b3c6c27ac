"""How a verdict is dressed: one of nine looks, each with its own frame, shape and sound.

A dress answers what a packer must know from three metres off: go on, wrong, one too many,
something is asked, stop, not recorded. Many verdicts share one; their words differ.
"""

from __future__ import annotations

from typing import Literal, get_args

from edge.domain.verdicts import Verdict

Dress = Literal["ok", "complete", "wrong", "over", "need", "hold", "disk", "unknown", "idle"]
DRESSES: tuple[Dress, ...] = get_args(Dress)

DRESS_OF_VERDICT: dict[Verdict, Dress] = {
    "accepted": "ok",
    "line_complete": "complete",
    "order_complete": "complete",
    "mismatch_class": "wrong",
    "mismatch_quantity": "over",
    "mismatch_instance": "wrong",
    "unknown_code": "unknown",
    "ambiguous_code": "need",
    "needs_serial": "need",
    "needs_lot": "need",
    "needs_expiry": "need",
    "expired": "wrong",
    "shelf_life_short": "wrong",
    "order_on_hold": "hold",
    "order_cancelled": "hold",
    "no_open_order": "need",
    "order_already_open": "need",
    "repeat_read": "idle",
    "unreadable": "unknown",
    "signed_in": "ok",
    "signed_out": "idle",
    "not_signed_in": "need",
    "order_opened": "ok",
    "order_suspended": "ok",
    "order_closed": "complete",
    "taken_over": "ok",
    "voided": "ok",
    "dropped": "idle",
    "choose_reason": "need",
    "short_recorded": "ok",
    "carton_closed": "ok",
    "help_called": "ok",
    "not_now": "unknown",
}

_BY_TOKEN: dict[str, Dress] = {str(verdict): dress for verdict, dress in DRESS_OF_VERDICT.items()}


def dress_of(token: str) -> Dress:
    """The dress of a verdict token; one that is not ours (a newer journal's) looks unknown."""
    return _BY_TOKEN.get(token, "unknown")
