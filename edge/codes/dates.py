"""Two-digit years and the dates of element strings (GS1 General Specifications 7.12)."""

from __future__ import annotations

import calendar
from datetime import date

_CENTURY = 100


def century(yy: int, today_year: int) -> int:
    """The year that ends in ``yy`` and lies 49 years back to 50 ahead of ``today_year``."""
    difference = yy - today_year % _CENTURY
    year = today_year - today_year % _CENTURY + yy
    if difference >= 51:
        return year - _CENTURY
    if difference <= -50:
        return year + _CENTURY
    return year


def resolve(yymmdd: str, today: date) -> date | None:
    """Date of six ASCII digits; day 00 is the last day of the month. None: no calendar date."""
    year = century(int(yymmdd[:2]), today.year)
    month, day = int(yymmdd[2:4]), int(yymmdd[4:])
    if not 1 <= month <= 12:
        return None
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        return None
