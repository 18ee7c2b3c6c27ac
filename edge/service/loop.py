"""The one loop through which everything is written: ``step(inputs, now_us) -> outcomes``.

    begin -> for each input in turn: prefetch, decide, evolve, record -> one commit -> outcomes

All inputs that waited share one transaction and one sync (group commit); no outcome exists
before that sync. An input whose handling raises something unforeseen is undone with its batch,
the batch is done again without it, and it is set aside by name. When the store does not write,
no input of the batch gets an outcome but ``StoreUnavailable``.

The loop owns no clock and no chance: both are arguments, so the same inputs give the same
journal, byte for byte, however they are batched.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

from edge.domain.events import InputQuarantined
from edge.domain.settings import SiteSettings
from edge.domain.sync_inputs import ApplyCommand
from edge.errors import StoreError, TallydockError
from edge.ids import Chance
from edge.journal import beside
from edge.journal.store import EdgeStore, unavailable
from edge.service import link
from edge.service.handlers import handle
from edge.service.heart import NONCE_BITS, Entry, Heart
from edge.service.inputs import FromLink, Input, described
from edge.service.outcome import Outcome

LETTER_BYTES_MAX = 64 * 1024

# Errors of SQLite's that tell of a wrong statement. All others tell of the disk or of a damaged
# file, to which nothing more may be written.
FAULTS_OF_OURS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)


class Poisoned(Exception):
    """The input at ``index`` cannot be processed."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(index, error)
        self.index, self.error = index, error


class Quarantined(TallydockError):
    """The input was set aside because of a fault of ours; it is kept and named."""

    def __init__(self, kind: str, error: str) -> None:
        super().__init__(f"{kind} could not be processed ({error}); it was set aside")


class EdgeLoop:
    """The heart of one site over its store."""

    def __init__(self, store: EdgeStore, settings: SiteSettings, chance: Chance) -> None:
        self.heart = Heart(store, settings, chance)

    def step(self, inputs: Sequence[Input], now_us: int) -> list[Outcome]:
        """Process ``inputs`` in turn and commit once; an outcome for each, in order.

        ``now_us`` is when the batch began; it dates what no input dates itself.
        """
        chance = self.heart.chance
        entries = [Entry(input_, chance.getrandbits(NONCE_BITS)) for input_ in inputs]
        poisoned: dict[int, Exception] = {}
        while True:
            try:
                return self._attempt(entries, poisoned, now_us)
            except Poisoned as poison:
                self.heart.undo()
                poisoned[poison.index] = poison.error
            except (StoreError, sqlite3.DatabaseError) as error:
                self.heart.undo()
                failure = error if isinstance(error, StoreError) else unavailable(error)
                return [Outcome(entry.input, error=failure) for entry in entries]

    def _attempt(
        self, entries: Sequence[Entry], poisoned: dict[int, Exception], now_us: int
    ) -> list[Outcome]:
        self.heart.begin()
        outcomes = []
        for index, entry in enumerate(entries):
            entry.written.clear()
            if index in poisoned:
                outcomes.append(self._set_aside(entry, poisoned[index], now_us))
            else:
                outcomes.append(self._one(index, entry))
        self.heart.store.commit()
        return outcomes

    def _one(self, index: int, entry: Entry) -> Outcome:
        """Supervisor of one input: whatever it raises concerns this input alone."""
        head = self.heart.store.head
        try:
            return handle(self.heart, entry)
        except StoreError:
            raise
        except sqlite3.DatabaseError as error:
            if isinstance(error, FAULTS_OF_OURS):
                raise Poisoned(index, error) from error
            raise
        except TallydockError as error:
            if self.heart.store.head != head:
                raise Poisoned(index, error) from error
            return Outcome(entry.input, error=error)
        except Exception as error:
            raise Poisoned(index, error) from error
        finally:
            self.heart.store.state.forget_answers()

    def _set_aside(self, entry: Entry, error: Exception, now_us: int) -> Outcome:
        """Keep an input for people, and say so; a command of central's is also answered."""
        text = described(entry.input).encode("utf-8", "backslashreplace")[:LETTER_BYTES_MAX]
        name, kind = type(error).__name__, type(entry.input).__name__
        executor = self.heart.store.executor
        beside.keep_dead_letter(executor, now_us, "quarantine", kind, name, text)
        event = InputQuarantined(
            input_type=kind, error=name, digest=hashlib.sha256(text).hexdigest()
        )
        at_us = entry.input.at_us
        self.heart.record(entry, [event], at_us=at_us)
        if isinstance(entry.input, FromLink) and isinstance(entry.input.intent, ApplyCommand):
            link.refuse(self.heart, entry, entry.input.intent, "fault", at_us)
        failure = error if isinstance(error, TallydockError) else Quarantined(kind, name)
        return Outcome(entry.input, tuple(entry.written), error=failure)
