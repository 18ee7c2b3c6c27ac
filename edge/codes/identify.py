"""What a scan means: first all that the grammar allows, then what this site knows.

``readings`` looks at nothing but the characters (and today's date, for two-digit years). A
symbology identifier of a GS1 carrier or an EAN symbol vouches for one grammar, and there is one
reading or a refusal. Any other scan goes through the steps below in their order: a ``_CLAIMS``
step that recognises its form decides alone; each ``_GUESSES`` step may add a reading; last comes
the plain text itself. To teach another form (Digital Link, waybills), add its module and a step.

``choose`` picks the one reading that the site knows. It never picks between two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import msgspec

from edge.codes import aim, commands, gtin, labels, sscc
from edge.codes.aim import Symbol
from edge.codes.check_digits import has_check_digit, is_digits
from edge.codes.element_strings import GS, is_printed, parse
from edge.codes.readings import Ambiguous, Known, Reading, Refusal, refuse

__all__ = ["DATA_LENGTH_MAX", "choose", "readings"]

DATA_LENGTH_MAX = 4096

Found = tuple[Reading, ...] | Refusal
Attempt = Callable[[Symbol, date], Found]

_LINK = re.compile(r"https?://", re.IGNORECASE)
_KEY = re.compile(r"(?:00[0-9]{18}|0[12][0-9]{14})")


def readings(data: str, symbology: str | None, today: date) -> Found:
    """Everything that ``data`` can mean, in the order of resolution; never an empty tuple.

    ``data``: the text as sent, with or without its identifier; ``symbology``: the identifier
    (``]C1``) if the device tells it apart.
    """
    if len(data) > DATA_LENGTH_MAX:
        return refuse("length", field="data", n=str(len(data)), allowed=f"1-{DATA_LENGTH_MAX}")
    symbol = aim.split(undress(data), symbology)
    if isinstance(symbol, Refusal):
        return symbol
    if not symbol.payload:
        return refuse("empty")
    if symbol.grammar == "element_string":
        return labels.read(symbol.payload, "aim", today, separators=GS in data)
    if symbol.grammar == "gtin":
        return _carried_gtin(symbol)
    return _unvouched(symbol, today)


def undress(data: str) -> str:
    """``data`` without transport dress: STX in front, ETX and one line end behind it or before
    it, and one last separator.
    """
    bare = data.removeprefix("\x02")
    for end in ("\n", "\r", "\x03", "\n", "\r", GS):
        bare = bare.removesuffix(end)
    return bare


def _carried_gtin(symbol: Symbol) -> Found:
    found = aim.gtin_of(symbol)
    if isinstance(found, Refusal):
        return found
    number, repaired = found
    flags = ("repaired",) if repaired else ()
    return labels.item(Reading("item", "aim", symbol.payload, gtin=number, flags=flags))


def _unvouched(symbol: Symbol, today: date) -> Found:
    for claim in _CLAIMS:
        found = claim(symbol, today)
        if found:
            return found
    possible: list[Reading] = []
    doubt: Refusal | None = None
    for guess in _GUESSES:
        found = guess(symbol, today)
        if isinstance(found, Refusal):
            doubt = doubt or found
        else:
            possible.extend(found)
    if possible:
        doubt = None
    return (*possible, Reading("text", "text", symbol.payload, flags=("no_aim",), doubt=doubt))


# --- forms that decide alone --------------------------------------------------------------


def _command(symbol: Symbol, _: date) -> Found:
    if not commands.is_command(symbol.payload):
        return ()
    command = commands.parse(symbol.payload)
    if isinstance(command, Refusal):
        return command
    return (Reading("command", "command", symbol.payload, command.verb, command.argument),)


def _link(symbol: Symbol, _: date) -> Found:
    """Links wait for their module; until then they are refused by name."""
    if _LINK.match(symbol.payload) is None:
        return ()
    return refuse("unsupported", what="digital_link")


def _separated(symbol: Symbol, today: date) -> Found:
    """GS occurs in nothing but element strings."""
    if GS not in symbol.payload:
        return ()
    return labels.read(symbol.payload, "no_aim", today, separators=True)


# --- forms that are possible --------------------------------------------------------------


def _digits(symbol: Symbol, _: date) -> Found:
    """18 digits, or 20 with AI 00: an SSCC; 8, 12, 13, 14: a GTIN, but never under ]I0."""
    text = symbol.payload
    if not is_digits(text):
        return ()
    number = text[2:] if len(text) == 20 and text.startswith("00") else text
    if len(number) == sscc.LENGTH:
        wrong = sscc.check(number)
        unit = Reading("logistic_unit", "digits", text, sscc=number, flags=("no_aim",))
        return (unit,) if wrong is None else wrong
    if len(text) not in gtin.LENGTHS or symbol.identifier == "I0":
        return ()
    normal = gtin.normalise(text)
    if isinstance(normal, Refusal):
        return normal
    return labels.item(Reading("item", "digits", text, gtin=normal, flags=("no_aim",)))


def _upc_e(symbol: Symbol, _: date) -> Found:
    """Eight digits, as sent by scanners that do not expand UPC-E."""
    text = symbol.payload
    upc_a = gtin.expand_upc_e(text) if len(text) == 8 else ""
    if not upc_a or isinstance(upc_a, Refusal) or symbol.identifier == "I0":
        return ()
    number = upc_a.zfill(14)
    return labels.item(Reading("item", "upc_e", text, gtin=number, flags=("no_aim",)))


def _elements(symbol: Symbol, today: date) -> Found:
    """Begins with AI 00, 01 or 02 and a right check digit; 20 digits are an SSCC already."""
    text = symbol.payload
    if is_printed(text):
        refused = parse(text, today)
        return refused if isinstance(refused, Refusal) else ()
    key = _KEY.match(text)
    if key is None or not has_check_digit(key[0][2:]) or (len(text) == 20 and text[1] == "0"):
        return ()
    return labels.read(text, "no_aim", today, separators=False)


_CLAIMS: tuple[Attempt, ...] = (_command, _link, _separated)
_GUESSES: tuple[Attempt, ...] = (_digits, _upc_e, _elements)


# --- the choice ---------------------------------------------------------------------------


def choose(found: tuple[Reading, ...], known: Known) -> Reading | Ambiguous | Refusal:
    """The one reading of ``found`` (what ``readings`` returned) that holds at this site.

    A vouched reading holds, known or not; only a number of internal use must be known. Of the
    others, what the station expects wins, then what the site knows; an SSCC that nobody knows
    is still an SSCC. Refused: restricted, unknown, or the doubt about the text.
    """
    last = found[-1]
    if last.kind != "text":
        return _vouched(last, known)
    if known.expects(last.text):
        return _expected(found, known)
    held = tuple(reading for reading in found if _is_known(reading, known))
    if not held:
        held = tuple(reading for reading in found if reading.sscc is not None)
    if len(held) > 1:
        return Ambiguous(held)
    return held[0] if held else _nobody_knows(found)


def _vouched(reading: Reading, known: Known) -> Reading | Refusal:
    if "restricted" in reading.flags and not _is_known(reading, known):
        return _restricted(reading)
    return reading


def _expected(found: tuple[Reading, ...], known: Known) -> Reading:
    """The text that the station waits for; a carton of ours keeps its SSCC."""
    for reading in found:
        if reading.sscc is not None and known.knows_sscc(reading.sscc):
            return reading
    return msgspec.structs.replace(found[-1], step="expected", doubt=None)


def _is_known(reading: Reading, known: Known) -> bool:
    if reading.kind == "text":
        return known.knows_text(reading.text)
    if reading.gtin is not None:
        return known.knows_gtin(reading.gtin)
    return reading.sscc is not None and known.knows_sscc(reading.sscc)


def _nobody_knows(found: tuple[Reading, ...]) -> Refusal:
    for reading in found:
        if "restricted" in reading.flags:
            return _restricted(reading)
    text = found[-1]
    return text.doubt or refuse("unknown", data=text.text)


def _restricted(reading: Reading) -> Refusal:
    return Refusal("restricted", (("class", gtin.classify(reading.gtin or "")),))
