"""What the values of element strings say beyond their text: dates, counts, exact decimals."""

from __future__ import annotations

from datetime import date

from edge.codes import dates
from edge.codes.ai_table import RULES
from edge.codes.element_strings import Elements

Fact = dict[str, str | int]


def facts(elements: Elements, today: date) -> dict[str, Fact]:
    """AI -> what it says, for those AIs that say something.

    ``{"date": ISO date}`` (two-digit years as seen from ``today``), ``{"count": n}`` or
    ``{"decimal": text}``, with ``unit`` where the table gives one.
    """
    told = {ai: _fact(ai, value, today) for ai, value in elements}
    return {ai: fact for ai, fact in told.items() if fact}


def _fact(ai: str, value: str, today: date) -> Fact:
    rule = RULES[ai]
    if rule.fact == "date":
        day = dates.resolve(value, today)
        return {"date": day.isoformat()} if day is not None else {}
    if rule.fact == "count":
        return {"count": int(value)}
    if rule.fact == "decimal":
        unit: Fact = {"unit": rule.unit} if rule.unit is not None else {}
        return {"decimal": decimal(value, int(ai[-1])), **unit}
    return {}


def decimal(digits: str, places: int) -> str:
    """``digits`` with a point ``places`` from the right: exact, never a float.

    ``places`` may exceed the number of digits: ``decimal("123", 9)`` is ``0.000000123``.
    """
    padded = digits.zfill(places + 1)
    whole = padded[: len(padded) - places].lstrip("0") or "0"
    return f"{whole}.{padded[len(padded) - places :]}" if places else whole
