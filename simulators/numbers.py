"""Check digits and code texts as they are printed on goods, orders and command sheets.

Written apart from the product's own encoders and with another method (weights from a table, a
recursion over the alphabet), so that a mistake there meets a different opinion here.
"""

from __future__ import annotations

ALPHABET_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHECK_37_36 = ALPHABET_36 + "*"
GTIN_LENGTHS = (8, 12, 13, 14)
GS = "\x1d"


def gs1_check_digit(digits: str) -> str:
    """Modulo-10 check digit for ``digits`` (GS1 General Specifications, section 7.9.1)."""
    weights = (3, 1) * (len(digits) // 2 + 1)
    total = sum(int(d) * w for d, w in zip(reversed(digits), weights, strict=False))
    return str((10 - total % 10) % 10)


def is_gtin(text: str) -> bool:
    """Whether ``text`` is 8, 12, 13 or 14 digits whose last one checks the others."""
    return (
        text.isascii()
        and text.isdigit()
        and len(text) in GTIN_LENGTHS
        and gs1_check_digit(text[:-1]) == text[-1]
    )


def mod_37_36(text: str) -> str:
    """Check character over letters and digits (ISO 7064, hybrid system MOD 37,36)."""
    product = 36
    for character in text:
        total = (product + ALPHABET_36.index(character)) % 36
        product = (total or 36) * 2 % 37
    return CHECK_37_36[(37 - product) % 36]


def command(*parts: str) -> str:
    """A command code as on the station's sheet: ``command("UNDO")`` is ``TD-UNDO-D``."""
    body = "-".join(("TD", *parts))
    return f"{body}-{mod_37_36(body.replace('-', ''))}"


def element_string(gtin: str, *, expiry: str = "", lot: str = "", serial: str = "") -> str:
    """What a GS1 symbol on the goods carries: 01, 17, then 10 or 21 last (no separator needed).

    ``expiry`` is YYMMDD; empty values are left out.
    """
    text = "01" + gtin.rjust(14, "0")
    if expiry:
        text += "17" + expiry
    if lot:
        text += "10" + lot
    if lot and serial:
        text += GS
    if serial:
        text += "21" + serial
    return text
