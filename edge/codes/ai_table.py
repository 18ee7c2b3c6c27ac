"""The rows of ``ai_rows`` made ready for reading: one ``Rule`` an AI.

More AIs are more rows; a row may name a check that ``CHECKS`` does not have only when that
check is added here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from edge.codes import dates
from edge.codes.ai_rows import ROWS
from edge.codes.check_digits import has_check_digit, is_digits
from edge.codes.readings import Reason

Test = Callable[[str, date], bool]
Fact = Literal["", "date", "count", "decimal"]
Partners = tuple[frozenset[str], ...]

# AIs of pre-defined length, by their first two digits: the length of the value; a separator is
# needed after every other AI, however fixed its length (GS1 General Specifications 7.8.5).
PREDEFINED: dict[str, int] = {
    "00": 18, "01": 14, "02": 14, "03": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6,
    "17": 6, "20": 2, "31": 6, "32": 6, "33": 6, "34": 6, "35": 6, "36": 6, "41": 13,
}  # fmt: skip

_CHARACTERS = {"N": "[0-9]", "X": '[!"%-?A-Z_a-z]', "Y": r"[#\-/0-9A-Z]"}

_COMPONENT = re.compile(r"(\[)?([NXY])(\.\.)?(\d+)(?::([a-z0-9:]+))?\]?")

_FACTS: dict[str, Fact] = {"": "", "date": "date", "count": "count", "decimal": "decimal"}

COMPANY_PREFIX_DIGITS_MIN = 4


def _is_date(value: str, today: date) -> bool:
    return dates.resolve(value, today) is not None


def _has_check_digit(value: str, _: date) -> bool:
    return has_check_digit(value)


def _begins_with_prefix(value: str, _: date) -> bool:
    """A key begins with a GS1 company prefix; which ones are in use changes too often to check."""
    head = value[:COMPANY_PREFIX_DIGITS_MIN]
    return len(head) == COMPANY_PREFIX_DIGITS_MIN and is_digits(head)


CHECKS: dict[str, tuple[Reason, Test]] = {
    "mod10": ("check_digit", _has_check_digit),
    "date": ("date", _is_date),
    "prefix": ("content", _begins_with_prefix),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One test of the characters ``start``..``end`` of a value (``end`` None: to its end)."""

    start: int
    end: int | None
    reason: Reason
    passes: Test


@dataclass(frozen=True, slots=True)
class Rule:
    """What the standard says of one AI.

    ``predefined``: length of a value that needs no separator, else 0. ``lengths``: allowed
    lengths. ``pattern``: full match. ``partner``: AIs of which any one suffices; ``partners``:
    groups that suffice as a whole, each a tuple of sets of which one AI each must be present.
    Neither: the AI may stand alone. ``excluded``: AIs that must not be present.
    """

    ai: str
    predefined: int
    lengths: frozenset[int]
    pattern: re.Pattern[str]
    checks: tuple[Check, ...]
    partner: frozenset[str]
    partners: tuple[Partners, ...]
    excluded: frozenset[str]
    fact: Fact
    unit: str | None

    @property
    def allowed(self) -> str:
        """Allowed lengths for people: ``14``, ``1-20``, ``13-30``."""
        first, last = min(self.lengths), max(self.lengths)
        return str(first) if first == last else f"{first}-{last}"


def _rules() -> dict[str, Rule]:
    rows = [re.split(r" {2,}", line) for line in ROWS.strip().splitlines()]
    names = [ai for row in rows for ai in _range(row[0])]
    return {ai: _rule(ai, row, names) for row in rows for ai in _range(row[0])}


def _range(text: str) -> Iterator[str]:
    first, _, last = text.partition("-")
    for number in range(int(first), int(last or first) + 1):
        yield f"{number:0{len(first)}d}"


def _rule(ai: str, row: list[str], names: list[str]) -> Rule:
    _, value, partners, excluded, fact = row
    pattern, lengths, checks = _value(value)
    groups = [group.split("+") for group in partners.split(",") if group != "-"]
    single = [_matching(group[0], names) for group in groups if len(group) == 1]
    several = [tuple(_matching(part, names) for part in g) for g in groups if len(g) > 1]
    alien = [_matching(part, names) for part in excluded.split(",") if part != "-"]
    kind, _, unit = fact.removeprefix("-").partition(" ")
    return Rule(
        ai=ai,
        predefined=PREDEFINED.get(ai[:2], 0),
        lengths=lengths,
        pattern=re.compile(pattern),
        checks=checks,
        partner=frozenset().union(*single),
        partners=tuple(several),
        excluded=frozenset().union(*alien) - {ai},
        fact=_FACTS[kind],
        unit=unit or None,
    )


def _matching(pattern: str, names: list[str]) -> frozenset[str]:
    """The AI itself, or all known AIs that fit ``31nn``."""
    if "n" not in pattern:
        return frozenset({pattern})
    head = pattern.rstrip("n")
    return frozenset(name for name in names if name.startswith(head) and len(name) == len(pattern))


def _value(text: str) -> tuple[str, frozenset[int], tuple[Check, ...]]:
    """Pattern, lengths and checks of the components ``N13:mod10+[X..17]``."""
    pattern, closing, start = "", "", 0
    lengths: set[int] = {0}
    checks: list[Check] = []
    for part in text.split("+"):
        match = _COMPONENT.fullmatch(part)
        if match is None:
            raise ValueError(f"{text}: {part} is no component")
        optional, kind, upto, digits, names = match.groups()
        size = int(digits)
        sizes = range(1 if upto else size, size + 1)
        longest = max(lengths)
        grown = {longest + more for more in sizes}
        lengths = lengths | grown if optional else grown
        if optional:
            pattern, closing = f"{pattern}(?:", f")?{closing}"
        pattern += f"{_CHARACTERS[kind]}{{{sizes[0]},{size}}}"
        for name in names.split(":") if names else ():
            reason, test = CHECKS[name]
            checks.append(Check(start, None if upto else start + size, reason, test))
        start += size
    return pattern + closing, frozenset(lengths), tuple(checks)


RULES: dict[str, Rule] = _rules()

# First two digits of an AI -> how many digits it has: AIs are prefix-free.
DIGITS: dict[str, int] = {ai[:2]: len(ai) for ai in RULES}
