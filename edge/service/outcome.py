"""What came of an input: known only once it is on disk."""

from __future__ import annotations

import msgspec

from edge.domain.events import Event, ScanJudged
from edge.domain.kernel import Meta
from edge.errors import TallydockError
from edge.service.inputs import Input


class Written(msgspec.Struct, frozen=True):
    """An event that was recorded."""

    meta: Meta
    hash: bytes
    event: Event


class Outcome(msgspec.Struct, frozen=True):
    """Events, a result for the asker, or an error; ``answer`` is the JSON kept under its key.

    ``replayed``: the key was known, nothing happened, ``answer`` is the earlier one.
    """

    input: Input
    events: tuple[Written, ...] = ()
    result: dict[str, str] = {}
    error: TallydockError | None = None
    answer: bytes | None = None
    replayed: bool = False

    @property
    def judged(self) -> tuple[Written, ScanJudged] | None:
        """The verdict event, if the input was a scan that got one."""
        for written in self.events:
            if isinstance(written.event, ScanJudged):
                return written, written.event
        return None
