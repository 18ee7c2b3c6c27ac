"""Arbitrary payloads of every type of event, and the chain by somebody else's reckoning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from types import NoneType
from typing import Literal, cast, get_args, get_origin, get_type_hints

import msgspec
import rfc8785
from hypothesis import strategies as st

from edge.domain.events import EVENT_TYPES, Event
from edge.journal.chain import StoredEvent
from edge.quantity import normal

KEYS = {
    "actor", "causation", "data", "id", "recorded_at", "seq", "site", "station", "subject",
    "type", "version",
}  # fmt: skip

# Control characters, the separator GS, Chinese, a line separator, an emoji, the last of Unicode.
texts = st.text(
    st.one_of(
        st.sampled_from('\0\x1d\x7f"\\/\u2028\uffff李😀\U0010ffff'),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=20,
)
_SCALARS: dict[object, st.SearchStrategy[object]] = {
    str: cast("st.SearchStrategy[object]", texts),
    int: st.integers(-(2**53) + 1, 2**53 - 1),
    bool: st.booleans(),
    Decimal: st.decimals("-999999", "999999", places=6).map(normal),
    NoneType: st.none(),
}


def _values(hint: object) -> st.SearchStrategy[object]:
    if hint in _SCALARS:
        return _SCALARS[hint]
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(arguments)
    if get_origin(hint) is tuple and arguments[-1] is Ellipsis:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(_values, arguments))
    if get_origin(hint) is dict:
        return st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), texts, max_size=3)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _structs(hint)
    return st.one_of(*map(_values, arguments))


def _structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[object]:
    hints = get_type_hints(kind)
    fields = {name: _values(hints[name]) for name in kind.__struct_fields__}
    return st.builds(kind, **fields)


payloads = cast("st.SearchStrategy[Event]", st.sampled_from(EVENT_TYPES).flatmap(_structs))


def recomputed(rows: Iterable[StoredEvent]) -> bytes:
    """Hash of the last row, by an RFC 8785 implementation that knows nothing of this product."""
    before = bytes(32)
    for place, row in enumerate(rows, 1):
        event = json.loads(row.body)
        assert set(event) == KEYS
        assert event["seq"] == row.seq == place
        assert rfc8785.dumps(event) == row.body
        before = hashlib.sha256(before + row.body).digest()
        assert before == row.hash
    return before
