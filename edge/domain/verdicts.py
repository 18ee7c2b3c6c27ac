"""Verdicts: one token a scan. Tokens follow the GS1 Core Business Vocabulary where it has a word.

``CHANGES`` are the verdicts that moved goods, orders or people; all others changed nothing and
count as refused.
"""

from __future__ import annotations

from typing import Literal, get_args

Verdict = Literal[
    "accepted",
    "line_complete",
    "order_complete",
    "mismatch_class",
    "mismatch_quantity",
    "mismatch_instance",
    "unknown_code",
    "ambiguous_code",
    "needs_serial",
    "needs_lot",
    "needs_expiry",
    "expired",
    "shelf_life_short",
    "order_on_hold",
    "order_cancelled",
    "no_open_order",
    "order_already_open",
    "repeat_read",
    "unreadable",
    "signed_in",
    "signed_out",
    "not_signed_in",
    "order_opened",
    "order_suspended",
    "order_closed",
    "taken_over",
    "voided",
    "dropped",
    "choose_reason",
    "short_recorded",
    "carton_closed",
    "help_called",
    "not_now",
]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

CHANGES: frozenset[Verdict] = frozenset(
    {
        "accepted",
        "line_complete",
        "order_complete",
        "signed_in",
        "signed_out",
        "order_opened",
        "order_suspended",
        "order_closed",
        "taken_over",
        "voided",
        "short_recorded",
        "carton_closed",
        "help_called",
    }
)
