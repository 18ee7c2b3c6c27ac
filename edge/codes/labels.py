"""From element strings, or a GTIN alone, to the reading that they make."""

from __future__ import annotations

import re
from datetime import date

import msgspec

from edge.codes import associations, dates, gtin
from edge.codes.element_strings import GS, Elements, Parsed, parse, repair
from edge.codes.readings import Kind, Reading, Refusal, Step

# What a lot looks like that has swallowed other elements behind a lost separator.
_AND_EXPIRY = re.compile(r".+17([0-9]{6})")
_AND_SERIAL_OR_LOT = re.compile(r".+?(?:10|21).+")


def read(text: str, step: Step, today: date, *, separators: bool) -> tuple[Reading, ...] | Refusal:
    """The one reading of element strings, repaired if that helps, or why there is none.

    ``separators``: whether the device is seen to send GS. ``step`` other than ``aim`` marks the
    reading ``no_aim``.
    """
    flags = [] if step == "aim" else ["no_aim"]
    parsed = parse(text, today)
    if isinstance(parsed, Refusal):
        mended = _mend(text, today)
        if mended is None:
            return parsed
        parsed = mended
        flags.append("repaired")
        separators = True
    if parsed.needless_separator:
        flags.append("needless_separator")
    if associations.broken(parsed.elements):
        flags.append("association")
    values = dict(reversed(parsed.elements))  # of a repeated AI the first counts
    if not separators and "10" in values and _may_have_swallowed(values["10"], today):
        flags.append("ambiguous_lot")
    return item(_reading(text, step, parsed.elements, values, tuple(flags), today))


def item(reading: Reading) -> tuple[Reading, ...] | Refusal:
    """The reading, marked if its GTIN is of internal use, refused if it names no goods."""
    if reading.gtin is None:
        return (reading,)
    named = gtin.classify(reading.gtin)
    if named in gtin.NO_GOODS:
        return Refusal("restricted", (("class", named),))
    if named in gtin.INTERNAL:
        return (msgspec.structs.replace(reading, flags=(*reading.flags, "restricted")),)
    return (reading,)


def _mend(text: str, today: date) -> Parsed | None:
    """GS in front is a scanner's way to send the first FNC1; else a character stands for GS."""
    mended = text[1:] if text.startswith(GS) else repair(text)
    parsed = parse(mended, today) if mended is not None else None
    return parsed if isinstance(parsed, Parsed) else None


def _may_have_swallowed(lot: str, today: date) -> bool:
    if _AND_SERIAL_OR_LOT.fullmatch(lot) is not None:
        return True
    match = _AND_EXPIRY.fullmatch(lot)
    return match is not None and dates.resolve(match[1], today) is not None


def _kind(values: dict[str, str]) -> Kind:
    """01 and 03 name the thing in hand, also on a logistic unit; 02 what such a unit holds."""
    if "01" in values or "03" in values:
        return "item"
    return "logistic_unit" if "00" in values or "02" in values else "attributes"


def _reading(
    text: str,
    step: Step,
    elements: Elements,
    values: dict[str, str],
    flags: tuple[str, ...],
    today: date,
) -> Reading:
    expiry = dates.resolve(values["17"], today) if "17" in values else None
    return Reading(
        kind=_kind(values),
        step=step,
        text=text,
        gtin=values.get("01") or values.get("03"),
        sscc=values.get("00"),
        lot=values.get("10"),
        serial=values.get("21"),
        expiry=expiry.isoformat() if expiry is not None else None,
        count=values.get("37"),
        elements=elements,
        flags=flags,
    )
