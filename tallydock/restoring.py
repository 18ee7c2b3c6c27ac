"""A site's lost tail, page by page, from central's REST interface."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from edge.errors import InvalidInput, PeerError
from edge.journal.chain import Position, StoredEvent, canonical
from tallydock.remote import Remote

PAGE = 1_000


class _Held(msgspec.Struct, frozen=True):
    event: dict[str, object]
    hash: str


class _Page(msgspec.Struct, frozen=True):
    events: list[_Held]


def tail_of(remote: Remote, site: str, head: Position) -> Iterator[StoredEvent]:
    """Events behind ``head``; InvalidInput when central's copy is another history."""
    if head.seq:
        held = _page(remote, site, head.seq - 1, 1)
        if held and held[0].hash != head.hash.hex():
            raise InvalidInput(
                "--data", f"seq {head.seq}", "central holds another history: start the service, "
                "it opens an epoch and both are kept"
            )  # fmt: skip
    after = head.seq
    while page := _page(remote, site, after, PAGE):
        for held_event in page:
            after += 1
            yield StoredEvent(after, bytes.fromhex(held_event.hash), canonical(held_event.event))


def _page(remote: Remote, site: str, after: int, limit: int) -> list[_Held]:
    fields = remote.get(f"/sites/{site}/journal?after={after}&limit={limit}")
    try:
        return msgspec.convert(fields, _Page).events
    except msgspec.ValidationError as error:
        raise PeerError(f"central's answer is no page of a journal: {error}") from error
