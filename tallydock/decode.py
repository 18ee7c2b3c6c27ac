"""``tallydock decode``: what a scan means, line by line, for people, scripts and test vectors.

A line that begins with ``{`` is a JSON object; any other line is a scan in which ``<GS>`` stands
for U+001D. Each line in gives one line of JSON out:

    ]C10109521234543213    {"readings": [{"kind": "item", "step": "aim", ...}]}
    {"set": "check_digits", "op": "sscc", "input": "..."}    {"expect": {"ok": true}}

``set`` names a group of operations, ``op`` one of them, ``input`` is what it works on; ``today``
(ISO date, optional) is the day as seen from which two-digit years are read:

    check_digits     check_digit, check_pair, normalise_gtin, same_item, sscc, gln, expand_upc_e,
                     classify_gtin13, century
    element_strings  no op: symbology identifier and element strings -> elements, association,
                     facts
    symbology        no op: a scan -> identifier, carrier, kind, payload, gtin14

A refusal is ``{"error": {"class": reason, "ai": ..., "params": {...}}}`` (the last two where
there are any); a set or op that is not known is refused with the class ``unsupported``, a line
that is not of this form with ``usage``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated

import msgspec

from edge.codes import aim, associations, check_digits, dates, gtin, identify, sscc
from edge.codes.element_facts import facts
from edge.codes.element_strings import GS, parse
from edge.codes.readings import Reading, Refusal, refuse

Answer = dict[str, object]
Operation = Callable[[msgspec.Raw, date], Answer | Refusal]

EXIT_FINE, EXIT_USAGE = 0, 2


class Query(msgspec.Struct, frozen=True):
    """A JSON line; other keys are ignored, so that a line of a vector file is a query."""

    set: str
    input: msgspec.Raw
    op: str | None = None
    today: date | None = None


class Century(msgspec.Struct, frozen=True):
    """Input of ``century``."""

    yy: Annotated[str, msgspec.Meta(pattern="^[0-9]{2}$")]
    today_year: int


def run(lines: Iterable[str], write: Callable[[str], None], today: date) -> int:
    """Answer every line by one call of ``write`` (text without line end; it writes and flushes).

    Returns the exit code: 0 if every line was answered, refusals included, 2 after a malformed
    one. ``today`` holds where a line names no other day.
    """
    code = EXIT_FINE
    for line in lines:
        answer = _answer(line.removesuffix("\n"), today)
        if answer is None:
            code = EXIT_USAGE
            answer = {"error": {"class": "usage"}}
        # ASCII, so that no terminal and no lone surrogate can break a line.
        write(json.dumps(answer, ensure_ascii=True, separators=(",", ":")))
    return code


def _answer(line: str, today: date) -> Answer | None:
    """None for a malformed line."""
    if not line.startswith("{"):
        found = identify.readings(line.replace("<GS>", GS), None, today)
        if isinstance(found, Refusal):
            return _error(found)
        return {"readings": [_shown(reading) for reading in found]}
    try:
        query = msgspec.json.decode(line, type=Query)
        result = _operation(query)(query.input, query.today or today)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return _error(result) if isinstance(result, Refusal) else {"expect": result}


def _shown(reading: Reading) -> Answer:
    """The fields that say something."""
    shown: Answer = {}
    for name in reading.__struct_fields__:
        value: object = getattr(reading, name)
        if isinstance(value, Refusal):
            shown[name] = _error(value)["error"]
        elif value not in (None, ()):
            shown[name] = value
    return shown


def _error(refusal: Refusal) -> Answer:
    params = dict(refusal.params)
    error: Answer = {"class": refusal.reason}
    if "ai" in params:
        error["ai"] = params.pop("ai")
    if params:
        error["params"] = params
    return {"error": error}


def _operation(query: Query) -> Operation:
    """ValidationError when a set of several operations is asked without naming one."""
    operations = _SETS.get(query.set)
    if operations is None:
        return _unsupported(query.set)
    if isinstance(operations, dict):
        if query.op is None:
            raise msgspec.ValidationError(f"{query.set} needs an op")
        return operations.get(query.op, _unsupported(f"{query.set}/{query.op}"))
    return operations


def _unsupported(what: str) -> Operation:
    return lambda raw, today: refuse("unsupported", what=what)


# --- check_digits -------------------------------------------------------------------------


def _text(raw: msgspec.Raw) -> str:
    return msgspec.json.decode(raw, type=str)


def _check_digit(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    body = _text(raw)
    if not body:
        return refuse("length", field="body", n="0", allowed="1 or more")
    if not check_digits.is_digits(body):
        return refuse("charset", field="body")
    return {"digit": check_digits.mod10(body)}


def _check_pair(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    pair = check_digits.check_pair(_text(raw))
    return pair if isinstance(pair, Refusal) else {"pair": pair}


def _normalise_gtin(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    text = _text(raw)
    normal = gtin.normalise(text)
    return normal if isinstance(normal, Refusal) else {"gtin14": normal, "digits": len(text)}


def _same_item(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    left, right = msgspec.json.decode(raw, type=tuple[str, str])
    return {"same": gtin.same_item(left, right)}


def _sscc(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    return sscc.check(_text(raw)) or {"ok": True}


def _gln(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    return check_digits.verify(_text(raw), 13, "gln") or {"ok": True}


def _expand_upc_e(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    upc_a = gtin.expand_upc_e(_text(raw))
    return upc_a if isinstance(upc_a, Refusal) else {"upc_a": upc_a, "gtin14": upc_a.zfill(14)}


def _classify_gtin13(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    text = _text(raw)
    return check_digits.verify(text, 13, "gtin") or {"class": gtin.classify(text.zfill(14))}


def _century(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    asked = msgspec.json.decode(raw, type=Century)
    return {"year": dates.century(int(asked.yy), asked.today_year)}


# --- element_strings, symbology -----------------------------------------------------------


def _element_strings(raw: msgspec.Raw, today: date) -> Answer | Refusal:
    symbol = aim.split(_text(raw))
    if isinstance(symbol, Refusal):
        return symbol
    if symbol.grammar != "element_string":
        return refuse("identifier", data=symbol.identifier or "")
    parsed = parse(symbol.payload, today)
    if isinstance(parsed, Refusal):
        return parsed
    told = facts(parsed.elements, today)
    answer: Answer = {
        "elements": parsed.elements,
        "association": associations.broken(parsed.elements),
    }
    return {**answer, "facts": told} if told else answer


def _symbology(raw: msgspec.Raw, _: date) -> Answer | Refusal:
    symbol = aim.split(_text(raw))
    if isinstance(symbol, Refusal):
        return symbol
    answer: Answer = {
        "identifier": symbol.identifier,
        "carrier": symbol.carrier,
        "kind": symbol.grammar,
        "payload": symbol.payload,
    }
    if symbol.grammar != "gtin":
        return answer
    found = aim.gtin_of(symbol)
    if isinstance(found, Refusal):
        return found
    number, repaired = found
    flags: Answer = {"flags": ["repaired"]} if repaired else {}
    return {**answer, "gtin14": number, **flags}


# Set -> its one operation, or its operations by name.
_SETS: dict[str, Operation | dict[str, Operation]] = {
    "check_digits": {
        "check_digit": _check_digit,
        "check_pair": _check_pair,
        "normalise_gtin": _normalise_gtin,
        "same_item": _same_item,
        "sscc": _sscc,
        "gln": _gln,
        "expand_upc_e": _expand_upc_e,
        "classify_gtin13": _classify_gtin13,
        "century": _century,
    },
    "element_strings": _element_strings,
    "symbology": _symbology,
}
