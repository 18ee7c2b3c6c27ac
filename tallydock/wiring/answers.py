"""Whole answers of requests with a key, kept in the store of the site.

They lie beside what the heart keeps under the same key, with a space and a word behind it: no
key that comes from outside holds a space.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import msgspec

from api.ports import Idempotency, WholeAnswer
from edge.clock import Clock
from edge.errors import InvalidInput
from edge.journal import queries
from tallydock.wiring.accounts import Write

MARK = " answer"


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """Reads from the store at ``path``; ``write`` runs changes in one transaction of its owner."""

    path: Path
    site: str
    write: Write
    clock: Clock

    async def kept(self, idempotency: Idempotency) -> WholeAnswer | None:
        """The answer that was kept under the key."""
        return await asyncio.to_thread(self._kept, idempotency)

    def _kept(self, idempotency: Idempotency) -> WholeAnswer | None:
        with queries.snapshot(self.path, self.site) as reads:
            row = reads.kept_answer(f"{idempotency.key}{MARK}")
        if row is None:
            return None
        if row[0] != idempotency.digest:
            raise InvalidInput(
                "Idempotency-Key", idempotency.key, "use a new key for another request",
                "key_reused",
            )  # fmt: skip
        return msgspec.json.decode(row[1], type=WholeAnswer)

    async def keep(self, idempotency: Idempotency, answer: WholeAnswer) -> WholeAnswer:
        """Keep ``answer``; the first that was kept, should two requests have come at once."""
        values = (
            f"{idempotency.key}{MARK}", idempotency.digest, msgspec.json.encode(answer),
            self.clock.now_us(),
        )  # fmt: skip
        await self.write((("keep_answer", values),))
        return await self.kept(idempotency) or answer
