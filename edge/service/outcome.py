"""What came of an input: known only once it is on disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.domain.events import Event, ScanJudged
from edge.domain.kernel import Meta
from edge.errors import TallydockError
from edge.service.inputs import Input


@dataclass(frozen=True, slots=True)
class Written:
    """An event that was recorded."""

    meta: Meta
    hash: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """Events, a result for the asker, or an error; ``answer`` is the JSON kept under its key.

    ``replayed``: the key was known, nothing happened, ``answer`` is the earlier one.
    """

    input: Input
    events: tuple[Written, ...] = ()
    result: dict[str, str] = field(default_factory=dict)
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
