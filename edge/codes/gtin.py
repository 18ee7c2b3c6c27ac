"""GTIN-8, -12, -13 and -14: one number space, stored and compared as 14 digits.

The first of the 14 digits is the indicator: 0 for the shorter kinds, 1-8 for another packing
level (another trade item with another check digit), 9 for variable measure. So a case is never
the item with a digit in front.
"""

from __future__ import annotations

from typing import Literal

from edge.codes.check_digits import is_digits, mod10, wrong_check_digit
from edge.codes.readings import Refusal, refuse

LENGTHS = (8, 12, 13, 14)

GtinClass = Literal[
    "global",
    "restricted_region",
    "restricted_company",
    "issn",
    "isbn",
    "refund_receipt",
    "coupon",
    "example",
]

INTERNAL: frozenset[GtinClass] = frozenset({"restricted_region", "restricted_company"})
NO_GOODS: frozenset[GtinClass] = frozenset({"coupon", "refund_receipt"})

# GS1 General Specifications 1.4: (first and last of a range of three-digit prefixes, class).
# 05 is reserved; old coupons of the United States bear it.
_CLASSES: tuple[tuple[int, int, GtinClass], ...] = (
    (20, 29, "restricted_region"),
    (40, 49, "restricted_company"),
    (50, 59, "coupon"),
    (200, 299, "restricted_region"),
    (952, 952, "example"),
    (977, 977, "issn"),
    (978, 979, "isbn"),
    (980, 980, "refund_receipt"),
    (981, 984, "coupon"),
    (990, 999, "coupon"),
)
_CLASS_OF: dict[str, GtinClass] = {
    f"{prefix:03d}": name for first, last, name in _CLASSES for prefix in range(first, last + 1)
}


def normalise(text: str) -> str | Refusal:
    """14 digits of a GTIN with 8, 12, 13 or 14; refused: length, charset, check_digit."""
    if len(text) not in LENGTHS:
        return refuse("length", field="gtin", n=str(len(text)), allowed="8, 12, 13, 14")
    if not is_digits(text):
        return refuse("charset", field="gtin")
    return wrong_check_digit(text, "gtin") or text.zfill(14)


def same_item(left: str, right: str) -> bool:
    """Both are valid and the same trade item, however many digits were written."""
    normal = normalise(left)
    return not isinstance(normal, Refusal) and normal == normalise(right)


def classify(gtin14: str) -> GtinClass:
    """What the GS1 prefix says of a GTIN of 14 digits, its indicator digit aside."""
    if gtin14.startswith("000000"):  # GTIN-8: prefixes 0 and 2 circulate within one company
        return "restricted_company" if gtin14[6] in "02" else "global"
    return _CLASS_OF.get(gtin14[1:4], "global")


def expand_upc_e(text: str) -> str | Refusal:
    """UPC-A (12 digits) of a UPC-E: 6 digits (number system 0), 7 with number system, 8 with check.

    The last digit of the body tells which zeros were left out (GS1 General Specifications
    5.2.2.4.2). Refused: length, charset, number_system, check_digit.
    """
    if len(text) not in (6, 7, 8):
        return refuse("length", field="upc_e", n=str(len(text)), allowed="6, 7, 8")
    if not is_digits(text):
        return refuse("charset", field="upc_e")
    system, body = ("0", text) if len(text) == 6 else (text[0], text[1:7])
    if system not in "01":
        return refuse("number_system", field="upc_e")
    whole = system + _fill(body)
    upc_a = whole + mod10(whole)
    if len(text) == 8 and text[-1] != upc_a[-1]:
        return refuse("check_digit", field="upc_e", got=text[-1], want=upc_a[-1])
    return upc_a


def _fill(body: str) -> str:
    """Ten digits of the six that were printed."""
    last = body[5]
    if last in "012":
        return f"{body[:2]}{last}0000{body[2:5]}"
    if last == "3":
        return f"{body[:3]}00000{body[3:5]}"
    if last == "4":
        return f"{body[:4]}00000{body[4]}"
    return f"{body[:5]}0000{last}"
