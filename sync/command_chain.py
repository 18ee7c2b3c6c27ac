"""The hash chain of central's command log (SYNC.md section 6), the same at both ends.

hash(n) = SHA-256(hash(n-1); RFC 8785 JSON of {site, epoch, number, id, type, version, data})
"""

from __future__ import annotations

import msgspec

from edge.domain.sync_inputs import Epoch
from edge.errors import InvalidInput
from edge.journal.chain import canonical, link

COMMAND_BYTES_MAX = 256 * 1024


class ChainedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """What is hashed; ``data`` must be canonical bytes."""

    site: str
    epoch: Epoch
    number: int
    id: str
    type: str
    version: int
    data: msgspec.Raw


def command_hash(previous: bytes, command: ChainedCommand) -> bytes:
    """Hash of ``command`` after one whose hash is ``previous``."""
    return link(previous, canonical(command))


def canonical_data(raw: bytes | msgspec.Raw) -> bytes:
    """Canonical bytes of a command's data; InvalidInput unless it is an object without floats."""
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput("data", str(error), "send JSON") from error
    if not isinstance(value, dict):
        raise InvalidInput("data", type(value).__name__, "send a JSON object")
    if _has_float(value):
        raise InvalidInput("data", "a float", "send decimals as text and money as minor units")
    data = canonical(value)
    if len(data) > COMMAND_BYTES_MAX:
        raise InvalidInput("data", f"{len(data)} bytes", "split it: 256 KiB is the most")
    return data


def _has_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_float(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_float(item) for item in value)
    return isinstance(value, float)
