"""Canonical bytes and the hash chain, to the byte, against an independent implementation."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.events import EVENT_TYPES, REGISTRY, Event, HelpCalled, Message, ScanJudged
from edge.domain.kernel import registered
from edge.errors import InvalidInput
from edge.journal import registry
from edge.journal.chain import (
    EVENT_BYTES_MAX,
    START,
    ZERO_HASH,
    StoredEvent,
    canonical,
    link,
    open_envelope,
)
from tests.unit.floor import SITE, START_US, TEA, Floor
from tests.unit.journal.events import KEYS, payloads, recomputed


def encoded(event: Event, station: str | None = "pack-1") -> bytes:
    """Canonical bytes of an event at seq 7."""
    _, body = registry.encode(
        event, site=SITE, seq=7, at_us=START_US, id_="00000000-0000-7000-8000-000000000000",
        actor=None, station=station, causation=None,
    )  # fmt: skip
    return body


@settings(max_examples=400)
@given(payloads)
def test_the_bytes_of_any_event_are_those_of_rfc_8785(event: Event) -> None:
    body = encoded(event)
    document = json.loads(body)
    assert set(document) == KEYS
    assert rfc8785.dumps(document) == body


@settings(max_examples=400)
@given(payloads)
def test_any_event_is_read_back_as_it_was(event: Event) -> None:
    recorded = registry.decode(StoredEvent(7, b"", encoded(event)))
    assert recorded.event == event
    assert (recorded.meta.seq, recorded.meta.at_us, recorded.meta.station) == (
        7,
        START_US,
        "pack-1",
    )


documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(codec="ascii"), max_size=6), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(codec="ascii"), max_size=6), documents, max_size=6))
def test_the_fast_encoder_is_canonical_for_ascii_keys_without_floats(
    document: dict[str, object],
) -> None:
    ours = canonical(document)
    assert ours == rfc8785.dumps(json.loads(ours))
    assert json.loads(ours) == document


def test_no_field_of_any_event_is_a_float_and_every_key_is_ascii() -> None:
    for kind in EVENT_TYPES:
        schema = json.dumps(msgspec.json.schema(kind), ensure_ascii=False)
        assert '"type": "number"' not in schema, kind.__name__
        assert schema.isascii()


def test_the_first_link_is_behind_32_zero_bytes() -> None:
    assert (START.seq, START.hash, ZERO_HASH) == (0, bytes(32), bytes(32))
    assert link(ZERO_HASH, b"{}") == hashlib.sha256(bytes(32) + b"{}").digest()


def test_somebody_else_finds_the_same_head(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    for data in (TEA, "\x1d01李😀", "ÿ", "\u2028"):
        floor.scan("pack-1", data)
    assert recomputed(floor.stored()) == floor.head().hash


def test_an_event_holds_256_kib_and_not_a_byte_more() -> None:
    def called(size: int) -> bytes:
        return encoded(HelpCalled(station="x" * size, user=None))

    # The station stands in the payload and in the subject.
    spare = EVENT_BYTES_MAX - len(called(0))
    largest = called(spare // 2)
    assert EVENT_BYTES_MAX - 1 <= len(largest) <= EVENT_BYTES_MAX
    with pytest.raises(InvalidInput, match="256 KiB"):
        called(spare // 2 + 1)


def test_all_eleven_keys_stand_there_with_null_where_there_is_nothing() -> None:
    body = encoded(HelpCalled(station="pack-1", user=None), station=None)
    assert body == (
        b'{"actor":null,"causation":null,"data":{"station":"pack-1","user":null},'
        b'"id":"00000000-0000-7000-8000-000000000000","recorded_at":1790000000000000,"seq":7,'
        b'"site":"hz1","station":null,"subject":"station/pack-1","type":"HelpCalled","version":1}'
    )


def test_what_is_no_event_is_not_opened() -> None:
    for body in (b"", b"{}", b"[1]", b'{"seq":"x"}', b"\xff"):
        with pytest.raises(msgspec.DecodeError):
            open_envelope(body)


# --- the registry -------------------------------------------------------------------------


def test_every_type_has_one_name_one_version_and_a_rule() -> None:
    assert len(REGISTRY) == len(EVENT_TYPES) == len({kind.__name__ for kind in EVENT_TYPES})
    assert registered()[1] == set(EVENT_TYPES)


def test_no_event_has_room_for_a_sentence_or_a_name() -> None:
    """Keys and parameters only; names of people live in the person store."""
    forbidden = {"name", "phone", "mail", "address", "text", "message", "password", "token"}
    kinds: tuple[type[msgspec.Struct], ...] = (*EVENT_TYPES, Message)
    for kind in kinds:
        assert not forbidden & set(kind.__struct_fields__), kind.__name__
    assert "why" in ScanJudged.__struct_fields__


def test_an_unknown_type_is_named_as_of_a_newer_release() -> None:
    body = encoded(HelpCalled(station="pack-1", user=None))
    newer = body.replace(b'"type":"HelpCalled"', b'"type":"TeaServed"')
    with pytest.raises(registry.UnknownEvent, match="seq 7: TeaServed version 1"):
        registry.decode(StoredEvent(7, b"", newer))
    version = body.replace(b'"version":1}', b'"version":9}')
    with pytest.raises(registry.UnknownEvent, match="HelpCalled version 9"):
        registry.decode(StoredEvent(7, b"", version))


def test_upcasters_lead_from_version_to_version_to_that_of_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def with_bench(fields: dict[str, object]) -> dict[str, object]:
        return {"bench": fields["station"], "user": fields["user"]}

    def with_station(fields: dict[str, object]) -> dict[str, object]:
        return {"station": f"pack-{fields['bench']}", "user": fields["user"]}

    monkeypatch.setitem(registry.UPCASTERS, ("HelpCalled", -1), with_bench)
    monkeypatch.setitem(registry.UPCASTERS, ("HelpCalled", 0), with_station)
    old = encoded(HelpCalled(station="7", user="w-1")).replace(b'"version":1}', b'"version":-1}')
    recorded = registry.decode(StoredEvent(7, b"", old))
    assert recorded.event == HelpCalled(station="pack-7", user="w-1")


def test_a_damaged_payload_is_not_decoded() -> None:
    body = encoded(HelpCalled(station="pack-1", user=None))
    with pytest.raises(msgspec.ValidationError):
        registry.decode(StoredEvent(7, b"", body.replace(b'"user":null}', b'"user":7}')))
