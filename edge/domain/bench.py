"""The rules of a packing bench other than packing an item: people, orders, cartons, commands."""

from __future__ import annotations

from edge.codes.readings import Reading
from edge.domain.events import (
    CartonClosed,
    CartonVoided,
    Event,
    FulfilmentClosed,
    FulfilmentOpened,
    FulfilmentSuspended,
    FulfilmentTakenOver,
    HelpCalled,
    ItemVoided,
    SessionAfter,
    ShortRecorded,
    SignedIn,
    SignedOut,
)
from edge.domain.rows import Badge, Carton, Fulfilment, FulfilmentLine, Order, Packaging, User
from edge.domain.scanning import Judgement, Scan, choice_name, not_now
from edge.domain.sessions import idle_timer, working_state
from edge.quantity import normal

EXPLAINED = frozenset(
    {"check_digit", "length", "charset", "date", "unknown_ai", "restricted", "unsupported"}
)
"""Reasons of a refusal that have sentences of their own; the others share one."""

SHORT_REASONS = ("MISSING", "DAMAGED", "EXPIRED", "OTHER")


# --- people -------------------------------------------------------------------------------


def sign_in(scan: Scan) -> Judgement:
    """A badge signs in at any time; another one takes over what is open here."""
    badge = scan.state.get(Badge, scan.argument)
    user = scan.state.get(User, badge.user) if badge is not None else None
    if user is None or not user.active or user.role == "auditor":
        return Judgement("unknown_code", scan.keep(), "badge", reason="badge")
    station, before, fulfilment = scan.session.station, scan.session.user, scan.fulfilment
    resting = scan.rest(fulfilment, scan.session.line)
    if before == user.id:
        return Judgement("signed_in", resting, "again", params=(("user", user.id),))
    effects: list[Event] = []
    if before is not None:
        effects.append(SignedOut(user=before, station=station, reason="other_user"))
    effects.append(SignedIn(user=user.id, station=station, language=user.language))
    effects.append(idle_timer(station, scan.moment.at_us, scan.moment))
    if fulfilment is None:
        return Judgement("signed_in", resting, params=(("user", user.id),), effects=tuple(effects))
    effects.append(
        FulfilmentTakenOver(
            number=fulfilment.number, from_station=station, station=station, user=user.id
        )
    )
    return Judgement(
        "taken_over", resting, "here", params=(("order", fulfilment.order),), effects=tuple(effects)
    )


def not_signed_in(scan: Scan) -> Judgement:
    """Nothing goes without a person who answers for it."""
    return Judgement("not_signed_in", scan.keep())


def sign_off(scan: Scan) -> Judgement:
    """Signing out puts the order in hand aside."""
    station = scan.session.station
    effects: list[Event] = [SignedOut(user=scan.user, station=station, reason="scan")]
    if scan.fulfilment is not None:
        effects.append(FulfilmentSuspended(number=scan.fulfilment.number, station=station))
    return Judgement("signed_out", SessionAfter(state="signed_out"), effects=tuple(effects))


def call_help(scan: Scan) -> Judgement:
    """A person is called; the station stays as it is."""
    called = HelpCalled(station=scan.session.station, user=scan.session.user)
    return Judgement("help_called", scan.keep(), effects=(called,))


# --- orders -------------------------------------------------------------------------------


def open_order(scan: Scan) -> Judgement:
    """Open the fulfilment, or the order's open one, that the code names."""
    fulfilment = _named(scan)
    if fulfilment is None:
        return _no_such_order(scan)
    params = (("order", fulfilment.order),)
    if fulfilment.status == "held":
        return Judgement("order_on_hold", scan.keep(), params=params)
    if fulfilment.status == "cancelled":
        return Judgement("order_cancelled", scan.keep(), params=params)
    if fulfilment.status == "packed":
        return not_now(scan, "packed", order=fulfilment.order)
    station = scan.session.station
    if fulfilment.station is not None and fulfilment.station != station:
        after = SessionAfter(state="idle", offered=fulfilment.number)
        return Judgement(
            "order_already_open", after, params=(*params, ("station", fulfilment.station))
        )
    opened = FulfilmentOpened(number=fulfilment.number, station=station, user=scan.user)
    return _opened(scan, fulfilment, "order_opened", opened)


def _opened(
    scan: Scan, fulfilment: Fulfilment, verdict: str, event: FulfilmentOpened | FulfilmentTakenOver
) -> Judgement:
    keys = [(fulfilment.number, line) for line in range(1, fulfilment.lines + 1)]
    first = next((row for row in scan.state.many(FulfilmentLine, keys) if not row.done), None)
    params = (("order", fulfilment.order), *((("next_sku", first.sku),) if first else ()))
    return Judgement(
        "order_opened" if verdict == "order_opened" else "taken_over",
        SessionAfter(state=working_state(fulfilment), line=first.line if first is not None else 0),
        params=params,
        effects=(event,),
        fulfilment=fulfilment.number,
        count=(fulfilment.packed, fulfilment.wanted),
    )


def _named(scan: Scan) -> Fulfilment | None:
    fulfilment = scan.state.get(Fulfilment, scan.argument)
    if fulfilment is not None:
        return fulfilment
    order = scan.state.get(Order, scan.argument)
    if order is None or order.fulfilments == 0:
        return None
    keys = [(f"{order.number}-{index}",) for index in range(1, order.fulfilments + 1)]
    rows = scan.state.many(Fulfilment, keys)
    return next((row for row in rows if row.status != "packed"), rows[-1])


def _no_such_order(scan: Scan) -> Judgement:
    order = scan.state.get(Order, scan.argument)
    if order is None:
        return Judgement(
            "unknown_code", scan.keep(), "order", "unknown", (("code", scan.argument),)
        )
    verdict = "order_cancelled" if order.status == "cancelled" else "order_on_hold"
    variant = "draft" if order.status == "draft" else ""
    if verdict == "order_cancelled":
        return Judgement("order_cancelled", scan.keep(), params=(("order", order.number),))
    return Judgement("order_on_hold", scan.keep(), variant, params=(("order", order.number),))


def open_or_another(scan: Scan) -> Judgement:
    """The next scan decides an open choice, whether an order is open or not."""
    return open_order(scan) if scan.fulfilment is None else another_order(scan)


def another_order(scan: Scan) -> Judgement:
    """One order at a time: the same code again only says where things stand."""
    named, opened = _named(scan), scan.opened
    if named is not None and named.number == opened.number:
        return not_now(scan, "same_order", order=opened.order)
    return not_now(scan, "order_open", order=opened.order)


def take_over(scan: Scan) -> Judgement:
    """Take what the last scan found open elsewhere; if it was let go since, just open it."""
    offered = scan.session.offered
    fulfilment = scan.state.get(Fulfilment, offered) if offered is not None else None
    if fulfilment is None or fulfilment.status not in ("released", "packing"):
        return not_now(scan, "nothing_offered")
    station = scan.session.station
    if fulfilment.station is None:
        opened = FulfilmentOpened(number=fulfilment.number, station=station, user=scan.user)
        return _opened(scan, fulfilment, "order_opened", opened)
    taken = FulfilmentTakenOver(
        number=fulfilment.number,
        from_station=fulfilment.station,
        station=station,
        user=scan.user,
    )
    return _opened(scan, fulfilment, "taken_over", taken)


def suspend(scan: Scan) -> Judgement:
    """Put the order aside; it can be opened again anywhere."""
    opened = scan.opened
    suspended = FulfilmentSuspended(number=opened.number, station=scan.session.station)
    return Judgement(
        "order_suspended",
        SessionAfter(state="idle"),
        params=(("order", opened.order),),
        effects=(suspended,),
    )


def intercepted(scan: Scan) -> Judgement:
    """The order in hand was stopped: nothing goes but putting it aside."""
    cancelled = scan.opened.status == "cancelled"
    return Judgement(
        "order_cancelled" if cancelled else "order_on_hold",
        scan.keep(),
        params=(("order", scan.opened.order),),
    )


def close_order(scan: Scan) -> Judgement:
    """Every line is packed or reported short; an open carton is closed, an empty one given up."""
    opened = scan.opened
    carton = scan.state.need(Carton, opened.carton) if opened.carton is not None else None
    effects: list[Event] = []
    cartons = opened.cartons
    if carton is not None and carton.units > 0:
        effects.append(CartonClosed(sscc=carton.sscc, fulfilment=opened.number, units=carton.units))
    elif carton is not None:
        effects.append(CartonVoided(sscc=carton.sscc, fulfilment=opened.number))
        cartons -= 1
    effects.append(
        FulfilmentClosed(
            number=opened.number,
            order=opened.order,
            station=scan.session.station,
            cartons=cartons,
        )
    )
    return Judgement(
        "order_closed",
        SessionAfter(state="idle"),
        params=(("order", opened.order), ("cartons", str(cartons))),
        effects=tuple(effects),
        count=(opened.packed, opened.wanted),
    )


def lines_open(scan: Scan) -> Judgement:
    """The order cannot be closed yet."""
    opened = scan.opened
    left = normal(opened.wanted - opened.packed - opened.short)
    return not_now(scan, "lines_open", left=str(left))


# --- cartons and lines --------------------------------------------------------------------


def close_carton(scan: Scan) -> Judgement:
    """Close the open carton; the next item opens another."""
    opened = scan.opened
    carton = scan.state.need(Carton, opened.carton) if opened.carton is not None else None
    if carton is None or carton.units <= 0:
        return not_now(scan, "carton_empty")
    closed = CartonClosed(sscc=carton.sscc, fulfilment=opened.number, units=carton.units)
    variant = "more" if working_state(opened) == "packing" else ""
    return Judgement(
        "carton_closed",
        scan.rest(opened, scan.session.line),
        variant,
        params=(("sscc", carton.sscc), ("units", str(carton.units))),
        effects=(closed,),
        count=(opened.packed, opened.wanted),
    )


def void_last(scan: Scan) -> Judgement:
    """Take back the last item of the open carton."""
    if scan.session.undo == 0:
        return not_now(scan, "nothing_to_undo")
    packed = scan.state.packed_at(scan.session.undo)
    opened = scan.opened
    voided = ItemVoided(
        packed_seq=scan.session.undo,
        fulfilment=packed.fulfilment,
        line=packed.line,
        order=packed.order,
        order_line=packed.order_line,
        sku=packed.sku,
        quantity=packed.quantity,
        lot=packed.lot,
        serial=packed.serial,
        sscc=packed.sscc,
        source=packed.source,
        undo=packed.undo,
    )
    return Judgement(
        "voided",
        SessionAfter(state="packing", line=packed.line),
        params=(
            ("sku", packed.sku),
            ("quantity", str(packed.quantity)),
            ("location", packed.source.removeprefix("shelf/")),
        ),
        sku=packed.sku,
        effects=(voided,),
        count=(normal(opened.packed - packed.quantity), opened.wanted),
    )


def drop_pending(scan: Scan) -> Judgement:
    """What was waiting for an answer is dropped; nothing had been packed of it."""
    return Judgement("dropped", scan.rest(scan.fulfilment, scan.session.line))


def line_in_hand(scan: Scan) -> FulfilmentLine | None:
    """The line last touched if it is open, else the first open one."""
    open_lines = [row for row in scan.lines() if not row.done]
    touched = (row for row in open_lines if row.line == scan.session.line)
    return next(touched, open_lines[0] if open_lines else None)


def ask_reason(scan: Scan) -> Judgement:
    """Which item is short is the line in hand; the reason is scanned next."""
    line = line_in_hand(scan)
    if line is None:
        return not_now(scan, "lines_done")
    left = normal(line.wanted - line.packed - line.short)
    return Judgement(
        "choose_reason",
        SessionAfter(state="reason", line=line.line),
        params=(("sku", line.sku), ("left", str(left)), ("unit", line.sku)),
        sku=line.sku,
    )


def record_short(scan: Scan) -> Judgement:
    """What is left of the line in hand is reported short."""
    line, opened = line_in_hand(scan), scan.opened
    if line is None:
        return not_now(scan, "lines_done")
    if scan.argument not in SHORT_REASONS:
        return Judgement(
            "choose_reason", scan.keep(), "unknown", "unknown", (("code", scan.argument),)
        )
    left = normal(line.wanted - line.packed - line.short)
    short = ShortRecorded(
        fulfilment=opened.number,
        line=line.line,
        order=line.order,
        order_line=line.order_line,
        sku=line.sku,
        quantity=left,
        reason=scan.argument,
    )
    complete = opened.packed + opened.short + left >= opened.wanted
    return Judgement(
        "short_recorded",
        SessionAfter(state="complete" if complete else "packing"),
        "complete" if complete else "",
        reason=scan.argument,
        params=(("sku", line.sku), ("left", str(left)), ("unit", line.sku)),
        sku=line.sku,
        effects=(short,),
        count=(opened.packed, opened.wanted),
    )


# --- codes that say nothing here ----------------------------------------------------------


def no_order(scan: Scan) -> Judgement:
    """Goods without an order."""
    sku = _item_of(scan, scan.reading)
    if sku is None:
        return Judgement("no_open_order", scan.keep())
    return Judgement("no_open_order", scan.keep(), "item", params=(("sku", sku),), sku=sku)


def _item_of(scan: Scan, reading: Reading | None) -> str | None:
    gtin = reading.gtin if reading is not None else None
    packaging = scan.state.get(Packaging, gtin) if gtin is not None else None
    return packaging.sku if packaging is not None else None


def unknown(scan: Scan) -> Judgement:
    """Nothing known carries this code; the reason says what was wrong with it, if anything."""
    variant = scan.reason if scan.reason in EXPLAINED else ""
    params = (("code", scan.command.data[:80]), *scan.details)
    return Judgement("unknown_code", scan.keep(), variant or "", scan.reason, params)


def unreadable(scan: Scan) -> Judgement:
    """The frame or the code in it is broken: scan again."""
    variant = scan.reason if scan.reason in EXPLAINED else ""
    return Judgement("unreadable", scan.keep(), variant or "", scan.reason, scan.details)


def repeated(scan: Scan) -> Judgement:
    """The device sent one read twice; it was judged the first time."""
    return Judgement("repeat_read", scan.keep())


def ambiguous(scan: Scan) -> Judgement:
    """Several readings: the packer chooses, or the next scan decides."""
    names = tuple(choice_name(reading) for reading in scan.choices)
    shown = (_item_of(scan, reading) or reading.text for reading in scan.choices)
    params = tuple((f"choice_{index}", name) for index, name in enumerate(shown, 1))
    after = SessionAfter(
        state="choosing", line=scan.session.line, pending=scan.command.data, choices=names
    )
    return Judgement("ambiguous_code", after, reason="ambiguous", params=params)


def ignored(scan: Scan) -> Judgement:
    """A command or code without meaning in this state."""
    return not_now(scan)
