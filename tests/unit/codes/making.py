"""Strategies and small makers that the tests of codes share."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

TODAY = date(2026, 11, 25)
GS = "\x1d"

GTIN = "09521234543213"
SSCC = "395212340000000014"

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    """ASCII digits, ``least`` to ``most`` of them."""
    return st.text("0123456789", min_size=least, max_size=least if most is None else most)


def closed(body: str) -> str:
    """``body`` with its GS1 check digit, by another way of counting than the product's."""
    total = sum(int(digit) * (1 + 2 * (place % 2 == 0)) for place, digit in enumerate(body[::-1]))
    return f"{body}{(10 - total % 10) % 10}"


def gtins() -> st.SearchStrategy[str]:
    """Valid GTINs of 14 digits that are ordinary goods (prefix 690-699)."""
    return st.builds(lambda i, body: closed(f"{i}69{body}"), st.sampled_from("0123"), digits(10))


def days() -> st.SearchStrategy[str]:
    """YYMMDD of real days from 2000 to 2070."""
    return st.dates(date(2000, 1, 1), date(2070, 12, 31)).map(lambda day: f"{day:%y%m%d}")


def texts(most: int) -> st.SearchStrategy[str]:
    """Values of character set 82."""
    return st.text(SET_82, min_size=1, max_size=most)


# AI -> strategy of its values; all of the first part, and one of each other shape.
VALUES: dict[str, st.SearchStrategy[str]] = {
    "00": digits(17).map(closed),
    "01": gtins(),
    "02": gtins(),
    "10": texts(20),
    "11": days(),
    "15": days(),
    "17": days(),
    "20": digits(2),
    "21": texts(20),
    "30": digits(1, 8),
    "37": digits(1, 8),
    "240": texts(30),
    "242": digits(1, 6),
    "253": st.builds(lambda body, tail: closed(body) + tail, digits(12), texts(17)),
    "3103": digits(6),
    "400": texts(30),
    "402": digits(16).map(closed),
    "410": digits(12).map(closed),
    "710": texts(20),
    "90": texts(30),
    "99": texts(90),
}
NEEDS_NO_SEPARATOR = frozenset({"00", "01", "02", "11", "15", "17", "20", "3103", "410"})


def elements() -> st.SearchStrategy[list[tuple[str, str]]]:
    """One to six elements with different AIs."""
    one = st.sampled_from(sorted(VALUES)).flatmap(lambda ai: st.tuples(st.just(ai), VALUES[ai]))
    return st.lists(one, min_size=1, max_size=6, unique_by=lambda element: element[0])


def joined(pairs: list[tuple[str, str]]) -> str:
    """Element strings as a label bears them: separators where they are needed."""
    parts = []
    for place, (ai, value) in enumerate(pairs):
        last = place == len(pairs) - 1
        parts.append(ai + value + ("" if last or ai in NEEDS_NO_SEPARATOR else GS))
    return "".join(parts)
