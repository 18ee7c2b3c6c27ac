"""The table (station state x kind of scan) -> rule. Every cell is filled; nothing is undefined.

States (rows.StationState):
    signed_out    nobody answers for the station
    idle          somebody does; no order is open
    packing       an order is open and wants goods
    complete      every line is packed or short; the order can be closed
    needs         an item waits for its lot, serial or expiry
    choosing      a code with several readings waits for the packer's choice
    reason        a shortage waits for its reason
    intercepted   the open order was put on hold or cancelled

Kinds of scan: the command codes by verb; ``item`` a GTIN, with or without attributes;
``attributes`` lot, serial or expiry alone; ``logistic_unit`` an SSCC; ``ambiguous`` several
readings; ``unknown`` none; ``unreadable`` broken; ``repeat`` a proven retransmission.

``RULES`` lists with each rule the verdicts that it may give; the test walks every cell and holds
the rule to its list.
"""

from __future__ import annotations

import msgspec

from edge.codes.readings import Reading
from edge.domain import bench, packing
from edge.domain.rows import StationState
from edge.domain.scanning import Judgement, Rule, Scan, not_now
from edge.domain.sessions import working_state
from edge.domain.verdicts import Verdict

STATES: tuple[StationState, ...] = (
    "signed_out", "idle", "packing", "complete", "needs", "choosing", "reason", "intercepted",
)  # fmt: skip

KIND_OF_VERB: dict[str, str] = {
    "BADGE": "badge",
    "ORDER": "order",
    "UNDO": "undo",
    "SHORT": "short",
    "REASON": "reason",
    "CLOSE": "close",
    "NEXT": "next",
    "CANCEL": "cancel",
    "TAKEOVER": "take_over",
    "SIGNOFF": "sign_off",
    "HELP": "help",
    "CHOOSE": "choose",
    "REPRINT": "unavailable",
    "CONFIRM": "unavailable",
}


def kind_of(reading: Reading) -> str:
    """Row of the table for a resolved reading."""
    if reading.kind == "command":
        return KIND_OF_VERB.get(reading.verb or "", "unknown")
    return "unknown" if reading.kind == "text" else reading.kind


PACKING: tuple[Verdict, ...] = (
    "accepted", "line_complete", "order_complete", "mismatch_class", "mismatch_quantity",
    "mismatch_instance", "unknown_code", "needs_serial", "needs_lot", "needs_expiry",
    "expired", "shelf_life_short",
)  # fmt: skip


def pack_or_refuse(scan: Scan) -> Judgement:
    """The next scan decides an open choice: with an order open it is packed."""
    return packing.pack_item(scan) if scan.fulfilment is not None else bench.no_order(scan)


def apply_choice(scan: Scan) -> Judgement:
    """CHOOSE-n: judge the n-th reading as if it alone had been read."""
    index = int(scan.argument) - 1 if scan.argument.isdecimal() else -1
    if not 0 <= index < len(scan.choices):
        return not_now(scan, "no_such_choice", code=scan.argument)
    reading = scan.choices[index]
    resting = working_state(scan.fulfilment)
    session = msgspec.structs.replace(scan.session, state=resting, pending=None, choices=())
    kind = kind_of(reading)
    chosen = msgspec.structs.replace(scan, session=session, kind=kind, reading=reading, choices=())
    return RULES[TABLE[resting, kind]][0](chosen)


RULES: dict[str, tuple[Rule, tuple[Verdict, ...]]] = {
    "sign_in": (bench.sign_in, ("signed_in", "taken_over", "unknown_code")),
    "out": (bench.not_signed_in, ("not_signed_in",)),
    "sign_off": (bench.sign_off, ("signed_out",)),
    "help": (bench.call_help, ("help_called",)),
    "open": (
        bench.open_order,
        ("order_opened", "order_on_hold", "order_cancelled", "order_already_open",
         "unknown_code", "not_now"),
    ),
    "open_any": (
        bench.open_or_another,
        ("order_opened", "order_on_hold", "order_cancelled", "order_already_open",
         "unknown_code", "not_now"),
    ),
    "other": (bench.another_order, ("not_now",)),
    "take_over": (bench.take_over, ("taken_over", "order_opened", "not_now")),
    "suspend": (bench.suspend, ("order_suspended",)),
    "stopped": (bench.intercepted, ("order_on_hold", "order_cancelled")),
    "close": (bench.close_order, ("order_closed",)),
    "not_yet": (bench.lines_open, ("not_now",)),
    "carton": (bench.close_carton, ("carton_closed", "not_now")),
    "undo": (bench.void_last, ("voided", "not_now")),
    "drop": (bench.drop_pending, ("dropped",)),
    "ask": (bench.ask_reason, ("choose_reason", "not_now")),
    "short": (bench.record_short, ("short_recorded", "choose_reason", "not_now")),
    "no_order": (bench.no_order, ("no_open_order",)),
    "pack": (packing.pack_item, PACKING),
    "pack_any": (pack_or_refuse, (*PACKING, "no_open_order")),
    "supply": (packing.supply_attributes, PACKING),
    "unknown": (bench.unknown, ("unknown_code",)),
    "broken": (bench.unreadable, ("unreadable",)),
    "repeat": (bench.repeated, ("repeat_read",)),
    "choices": (bench.ambiguous, ("ambiguous_code",)),
    "ignored": (bench.ignored, ("not_now",)),
    "chosen": (apply_choice, (*PACKING, "no_open_order", "not_now")),
}  # fmt: skip

_ROWS = """
kind          signed_out idle      packing   complete  needs     choosing  reason    intercepted
badge         sign_in    sign_in   sign_in   sign_in   sign_in   sign_in   sign_in   sign_in
order         out        open      other     other     other     open_any  other     stopped
item          out        no_order  pack      pack      supply    pack_any  pack      stopped
attributes    out        no_order  ignored   ignored   supply    ignored   ignored   stopped
logistic_unit out        no_order  ignored   ignored   ignored   ignored   ignored   stopped
undo          out        ignored   undo      undo      drop      drop      drop      stopped
short         out        ignored   ask       ask       ask       ignored   ask       stopped
reason        out        ignored   ignored   ignored   ignored   ignored   short     stopped
close         out        ignored   carton    carton    ignored   ignored   ignored   stopped
next          out        ignored   not_yet   close     not_yet   ignored   not_yet   stopped
cancel        out        ignored   suspend   suspend   drop      drop      drop      suspend
take_over     out        take_over ignored   ignored   ignored   ignored   ignored   stopped
sign_off      out        sign_off  sign_off  sign_off  sign_off  sign_off  sign_off  sign_off
help          help       help      help      help      help      help      help      help
choose        out        ignored   ignored   ignored   ignored   chosen    ignored   stopped
unavailable   out        ignored   ignored   ignored   ignored   ignored   ignored   stopped
ambiguous     out        choices   choices   choices   choices   choices   choices   stopped
unknown       out        unknown   unknown   unknown   unknown   unknown   unknown   stopped
unreadable    broken     broken    broken    broken    broken    broken    broken    broken
repeat        repeat     repeat    repeat    repeat    repeat    repeat    repeat    repeat
"""


def _parse(text: str) -> dict[tuple[StationState, str], str]:
    header, *rows = (line.split() for line in text.strip().splitlines())
    if tuple(header[1:]) != STATES:
        raise AssertionError("the columns of the table are the station states")
    return {
        (state, row[0]): name for row in rows for state, name in zip(STATES, row[1:], strict=True)
    }


TABLE: dict[tuple[StationState, str], str] = _parse(_ROWS)
KINDS: tuple[str, ...] = tuple(dict.fromkeys(kind for _, kind in TABLE))
