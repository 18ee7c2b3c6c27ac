"""What a scan can mean: the words in which the grammar answers and the rules ask.

``Reading`` is one meaning of one scan. ``Refusal`` says why there is none. ``Ambiguous`` holds
several meanings between which only a person can choose.

Kinds of reading:
    command        a code of ours (``edge.codes.commands``): ``verb`` and ``argument``
    item           a trade item: ``gtin``, perhaps with ``lot``, ``serial``, ``expiry``
    logistic_unit  a carton or pallet: ``sscc``, or only its contents (AI 02, in ``elements``)
    attributes     element strings that name neither: lot, serial, expiry, order number, ...
    text           a plain text, for whoever knows it: alias, location, waybill, badge

Steps (which step of the resolution decided):
    aim       the symbology identifier vouches for the grammar
    command   our own code with a right check character
    digits    only digits, of the length and with the check digit of a GTIN or SSCC
    upc_e     eight digits that expand to a GTIN-12
    no_aim    element strings, though no identifier says so
    expected  exactly what the station waits for
    text      none of these

Flags:
    no_aim              nothing but the digits vouches for the grammar
    repaired            the code was mended: see ``edge.codes.element_strings`` and ``aim``
    ambiguous_lot       no separator was seen and the lot may have swallowed other elements
    association         AIs that need or exclude each other are mixed (readable all the same)
    needless_separator  a separator stands where none is needed
    restricted          a number of internal use (GS1 prefixes 02, 04, 20-29)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

Kind = Literal["command", "item", "logistic_unit", "attributes", "text"]
Step = Literal["aim", "command", "digits", "upc_e", "no_aim", "expected", "text"]
Reason = Literal[
    "check_digit",
    "length",
    "charset",
    "date",
    "content",
    "unknown_ai",
    "identifier",
    "number_system",
    "ambiguous",
    "link",
    "restricted",
    "unknown",
    "empty",
    "unsupported",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a scan means nothing. ``params`` fill the message of that reason:

    ============= ============================================================================
    check_digit   ``field``, ``got``, ``want``; ``ai``
    length        ``field``, ``n``, ``allowed``; ``ai``
    charset       ``field``; ``ai``
    date          ``date``, ``ai``
    content       ``field``, ``ai``
    unknown_ai    ``ai`` (the first four characters that are no AI), ``rest`` (the first twenty);
                  ``hint`` = ``human_readable`` when the print below the bars was scanned
    restricted    ``class`` (see ``gtin.classify``)
    unknown       ``data``
    unsupported   ``what``: the form that was recognised but is not understood yet
    ============= ============================================================================
    """

    reason: Reason
    params: tuple[tuple[str, str], ...] = ()

    def param(self, name: str) -> str | None:
        """Value of one parameter."""
        return dict(self.params).get(name)


def refuse(reason: Reason, **params: str) -> Refusal:
    """``Refusal`` with its parameters by name."""
    return Refusal(reason, tuple(params.items()))


class Reading(msgspec.Struct, frozen=True):
    """One meaning of one scan (a Struct because each scan makes some: a tenth of the time).

    ``text`` is the payload as it came, without transport dress and symbology identifier.
    ``gtin`` has 14 digits, ``sscc`` 18, ``expiry`` is an ISO date (AI 17), ``count`` the number
    of trade items in a logistic unit (AI 37). ``elements`` are all (AI, value) pairs as read.
    ``doubt``, on a text: what is wrong with the number that it looks like. It is said when
    nobody knows the text.
    """

    kind: Kind
    step: Step
    text: str
    verb: str | None = None
    argument: str | None = None
    gtin: str | None = None
    sscc: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: str | None = None
    count: str | None = None
    elements: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
    doubt: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two or more readings of one scan that are all possible here."""

    choices: tuple[Reading, ...]


class Known(Protocol):
    """What the site knows; asked only about readings of the scan in hand."""

    def knows_gtin(self, gtin: str, /) -> bool:
        """``gtin`` (14 digits) is in the catalogue."""

    def knows_sscc(self, sscc: str, /) -> bool:
        """``sscc`` (18 digits) is a logistic unit of this site."""

    def knows_text(self, text: str, /) -> bool:
        """``text`` is an alias, a location, a waybill or the like."""

    def expects(self, text: str, /) -> bool:
        """The station waits for exactly this text (carton, tote, location, waybill)."""
