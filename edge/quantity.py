"""Quantities: exact decimals that have one spelling each.

A quantity is a ``decimal.Decimal`` in normal form: no exponent, no trailing zeros, no minus
zero; its text is what stands in events, in the REST API and in the store (never a float).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from edge.errors import InvalidInput

ZERO = Decimal(0)
ONE = Decimal(1)

_TEXT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
_INTEGER = Decimal(1)


def normal(value: Decimal) -> Decimal:
    """The one spelling of ``value``: ``1.50`` -> ``1.5``, ``1E+2`` -> ``100``, ``-0`` -> ``0``."""
    if value.same_quantum(_INTEGER):  # written without a point: nearly all are
        return value or ZERO
    if value == value.to_integral_value():
        return value.quantize(_INTEGER) + 0
    return value.normalize()


def parse_quantity(text: str, field: str = "quantity", *, positive: bool = True) -> Decimal:
    """Quantity from decimal text; raises InvalidInput naming ``field``.

    At most 12 digits before and 6 after the point; ``positive`` also refuses zero and less.
    """
    if not _TEXT.fullmatch(text):
        raise InvalidInput(field, text, "send a decimal number as text, such as 3 or 2.5")
    value = normal(Decimal(text))
    if positive and value <= 0:
        raise InvalidInput(field, text, "send a quantity above zero")
    return value


def total(values: Iterable[Decimal]) -> Decimal:
    """Exact sum in normal form."""
    return normal(sum(values, ZERO))
