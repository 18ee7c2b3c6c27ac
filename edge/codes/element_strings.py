"""Element strings: AI and value, one after the other (GS1 General Specifications 7.8).

    01 09521234543213 17 270630 10 AB12 GS 21 0001

Values of pre-defined length need no separator; every other value ends at GS (0x1D) or at the
end. One GS where none is needed is tolerated and noted; two in a row, or one in front of the
first AI, are not.

``parse`` is strict. ``repair`` is for the one damage that can be mended safely: a scanner that
sends another character for GS. A character outside set 82 that occurs in no value can only be
that; ``_ % & ! + *`` are in the set and cannot be told from data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from edge.codes.ai_table import DIGITS, RULES, Check, Rule
from edge.codes.check_digits import mod10
from edge.codes.readings import Refusal, refuse

GS = "\x1d"
Elements = tuple[tuple[str, str], ...]

_FOREIGN = re.compile(r"[ #$@\[\\\]^{|}~]")
_PRINTED = re.compile(r"\([0-9]{2,4}\)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """(AI, value) pairs in the order read; whether a needless separator stood among them."""

    elements: Elements
    needless_separator: bool = False


def parse(data: str, today: date) -> Parsed | Refusal:
    """Elements of ``data`` (no symbology identifier); the first fault from the left is refused.

    Refused: empty, unknown_ai, length, charset, check_digit, date, content.
    """
    if not data:
        return refuse("empty")
    elements: list[tuple[str, str]] = []
    position, end, needless = 0, len(data), False
    while position < end:
        digits = DIGITS.get(data[position : position + 2], 0)
        rule = RULES.get(data[position : position + digits])
        if rule is None:
            return _unknown(data[position:])
        start = position + digits
        position = data.find(GS, start)
        if position < 0:
            position = end
        if rule.predefined:
            position = min(position, start + rule.predefined)
        value = data[start:position]
        if rule.pattern.fullmatch(value) is None:
            return _misfit(rule, value)
        for check in rule.checks:
            if not check.passes(value[check.start : check.end], today):
                return _failed(rule, value, check)
        elements.append((rule.ai, value))
        if position < end and data[position] == GS:
            position += 1
            needless = needless or rule.predefined > 0
    return Parsed(tuple(elements), needless)


def repair(data: str) -> str | None:
    """``data`` with GS for the one foreign character in it; None if there is none or several."""
    foreign = set(_FOREIGN.findall(data))
    return data.replace(foreign.pop(), GS) if len(foreign) == 1 else None


def is_printed(data: str) -> bool:
    """The human-readable line, ``(01)...``: brackets are print and never data."""
    return _PRINTED.match(data) is not None


def _unknown(rest: str) -> Refusal:
    hint = {"hint": "human_readable"} if is_printed(rest) else {}
    return refuse("unknown_ai", ai=rest[:4], rest=rest[:20], **hint)


def _misfit(rule: Rule, value: str) -> Refusal:
    if len(value) in rule.lengths:
        return refuse("charset", ai=rule.ai, field=rule.ai)
    return refuse("length", ai=rule.ai, field=rule.ai, n=str(len(value)), allowed=rule.allowed)


def _failed(rule: Rule, value: str, check: Check) -> Refusal:
    part = value[check.start : check.end]
    if check.reason == "check_digit":
        want = mod10(part[:-1])
        return refuse("check_digit", ai=rule.ai, field=rule.ai, got=part[-1], want=want)
    if check.reason == "date":
        return refuse("date", ai=rule.ai, date=part)
    return refuse(check.reason, ai=rule.ai, field=rule.ai)
