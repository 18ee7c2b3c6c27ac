"""Symbology identifiers (ISO/IEC 15424): ``]``, code letter, modifier; then the payload.

The identifier tells the grammar:
    element_string  GS1 carriers: element strings and nothing else
    gtin            EAN, UPC, ITF with a verified check digit: a GTIN and nothing else
    plain           anything: a link, a waybill, a code of ours, a location
    unknown         the scanner sent no identifier
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from edge.codes import gtin
from edge.codes.readings import Refusal, refuse

Grammar = Literal["element_string", "gtin", "plain", "unknown"]

_IDENTIFIER = re.compile(r"\]([A-Za-z][0-9A-Z])")

# Identifiers whose meaning is not that of their letter.
_SPECIAL: dict[str, tuple[str, Grammar]] = {
    "C1": ("gs1_128", "element_string"),
    "E0": ("ean_13_upc", "gtin"),
    "E3": ("ean_13_upc_addon", "gtin"),
    "E4": ("ean_8", "gtin"),
    "I1": ("itf", "gtin"),
    "J1": ("gs1_dotcode", "element_string"),
    "Q3": ("gs1_qr", "element_string"),
    "d2": ("gs1_data_matrix", "element_string"),
    "d8": ("gs1_data_matrix", "element_string"),  # the same on a rectangular DMRE symbol
    "e0": ("gs1_databar", "element_string"),
}

_CARRIERS: dict[str, str] = {
    "A": "code_39",
    "C": "code_128",
    "E": "ean_13_upc_addon",
    "F": "codabar",
    "G": "code_93",
    "I": "itf",
    "J": "dotcode",
    "L": "pdf417",
    "Q": "qr",
    "U": "maxicode",
    "d": "data_matrix",
    "e": "gs1_databar",
    "z": "aztec",
}

# Where the grammar is ``gtin``: lengths of the payload, and how much of it is the GTIN.
_GTIN_LENGTHS: dict[str, tuple[tuple[int, ...], int]] = {
    "E0": ((13,), 13),
    "E3": ((15, 18), 13),  # an add-on of two or five digits follows
    "E4": ((8,), 8),
    "I1": ((14,), 14),
}


class Symbol(NamedTuple):
    """A scan taken apart: ``identifier`` is letter and modifier, None if none was sent."""

    identifier: str | None
    carrier: str | None
    grammar: Grammar
    payload: str


def split(data: str, symbology: str | None = None) -> Symbol | Refusal:
    """Take the identifier off ``data``, or take ``symbology`` (``]C1``) where it was sent apart.

    Data that repeat ``symbology`` at their front lose it. Refused: identifier (a ``]`` that
    begins none, or one that ``symbology`` is not).
    """
    if symbology:
        match = _IDENTIFIER.fullmatch(symbology)
        payload = data.removeprefix(symbology)
    elif data.startswith("]"):
        match = _IDENTIFIER.match(data)
        payload = data[3:]
    else:
        return Symbol(None, None, "unknown", data)
    if match is None:
        return refuse("identifier", data=(symbology or data)[:3])
    identifier = match[1]
    plain: tuple[str, Grammar] = (_CARRIERS.get(identifier[0], "other"), "plain")
    carrier, grammar = _SPECIAL.get(identifier, plain)
    return Symbol(identifier, carrier, grammar, payload)


def gtin_of(symbol: Symbol) -> tuple[str, bool] | Refusal:
    """GTIN of 14 digits under the grammar ``gtin``, and whether it was repaired.

    UPC-A sent as 12 digits under ]E0, against ISO/IEC 15424 but common, is repaired.
    Refused: length, charset, check_digit.
    """
    lengths, digits = _GTIN_LENGTHS[symbol.identifier or ""]
    repaired = symbol.identifier == "E0" and len(symbol.payload) == 12
    if not repaired and len(symbol.payload) not in lengths:
        allowed = ", ".join(map(str, lengths))
        return refuse("length", field="gtin", n=str(len(symbol.payload)), allowed=allowed)
    normal = gtin.normalise(symbol.payload[:digits])
    return normal if isinstance(normal, Refusal) else (normal, repaired)
