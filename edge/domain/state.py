"""The working set of rows that decisions read and events change.

A ``State`` does no I/O. Reading a row that nobody loaded raises ``NotPrefetched``, which names
all that is missing; the caller loads it and decides anew, which is safe because deciding is
pure. So reads always come before the decision, without a second description of what each
decision will read.

Changes are logged until ``commit`` and undone by ``rollback``; ``drain`` hands over the rows
that changed since the last call, for the projections to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar, cast

from edge.domain.events import ItemPacked
from edge.domain.rows import KEYS, Row

Key = tuple[str | int, ...]
RowKey = tuple[type[Row], Key]
R = TypeVar("R", bound=Row)

ROWS_KEPT_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Demand:
    """Question: which released fulfilment, lowest number first, still wants ``sku``?"""

    sku: str


@dataclass(frozen=True, slots=True)
class PackedAt:
    """Question: what was packed by the event at journal position ``seq``?"""

    seq: int


Question = Demand | PackedAt
Answer = str | ItemPacked | None


class NotPrefetched(Exception):
    """Rows or answers are needed that were not loaded; a matter of control flow, not an error."""

    def __init__(self, keys: Sequence[RowKey], questions: Sequence[Question] = ()) -> None:
        super().__init__(keys, questions)
        self.keys, self.questions = keys, questions

    def __bool__(self) -> bool:
        return bool(self.keys or self.questions)

    def joined(self, other: NotPrefetched) -> NotPrefetched:
        """All that is missing here and there."""
        return NotPrefetched([*self.keys, *other.keys], [*self.questions, *other.questions])


_KEY_OF = {kind: attrgetter(*fields) for kind, fields in KEYS.items()}
_SINGLE = {kind for kind, fields in KEYS.items() if len(fields) == 1}


def key_of(row: Row) -> RowKey:
    """Identity of a row."""
    kind = type(row)
    key = _KEY_OF[kind](row)
    return kind, ((key,) if kind in _SINGLE else key)


class State:
    """Rows in memory; None stands for "known not to exist"."""

    def __init__(self, parent: State | None = None) -> None:
        self._parent = parent
        self._rows: dict[RowKey, Row | None] = {}
        self._log: list[tuple[RowKey, Row | None, bool, bool]] = []
        self._changed: dict[RowKey, None] = {}
        self._answers: dict[Question, Answer] = {}

    # --- reading ---------------------------------------------------------------------------

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row, or None if it is known not to exist; raises NotPrefetched."""
        row_key = (kind, key)
        try:
            return cast("R | None", self._rows[row_key])
        except KeyError:
            if self._parent is None:
                raise NotPrefetched([row_key]) from None
            return self._parent.get(kind, *key)

    def need(self, kind: type[R], *key: str | int) -> R:
        """The row; it is a fault of ours (LookupError) if it does not exist."""
        row = self.get(kind, *key)
        if row is None:
            raise LookupError(f"{kind.__name__} {key} should exist")
        return row

    def many(self, kind: type[R], keys: Sequence[Key]) -> list[R]:
        """The rows that exist among ``keys``, in their order; asks for all missing at once."""
        missing = [(kind, key) for key in keys if not self.knows((kind, key))]
        if missing:
            raise NotPrefetched(missing)
        found = (self.get(kind, *key) for key in keys)
        return [row for row in found if row is not None]

    def wanted_by(self, sku: str) -> str | None:
        """The released fulfilment, lowest number first, that still wants ``sku``."""
        answer = self.ask(Demand(sku))
        return answer if isinstance(answer, str) else None

    def packed_at(self, seq: int) -> ItemPacked:
        """The event at ``seq``, which the session says is an ItemPacked."""
        answer = self.ask(PackedAt(seq))
        if not isinstance(answer, ItemPacked):
            raise LookupError(f"journal position {seq} should be an ItemPacked")
        return answer

    def ask(self, question: Question) -> Answer:
        """The answer to a question over many rows; raises NotPrefetched."""
        if self._parent is not None:
            return self._parent.ask(question)
        try:
            return self._answers[question]
        except KeyError:
            raise NotPrefetched([], [question]) from None

    def knows(self, row_key: RowKey) -> bool:
        """Whether the row, or its absence, is loaded."""
        return row_key in self._rows or (self._parent is not None and self._parent.knows(row_key))

    # --- changing --------------------------------------------------------------------------

    def put(self, row: Row) -> None:
        """Write a row."""
        self._set(key_of(row), row)

    def remove(self, kind: type[Row], *key: str | int) -> None:
        """Make a row not exist."""
        self._set((kind, key), None)

    def _set(self, row_key: RowKey, row: Row | None) -> None:
        rows = self._rows
        self._log.append((row_key, rows.get(row_key), row_key in rows, row_key in self._changed))
        rows[row_key] = row
        self._changed[row_key] = None

    # --- the owner's side ------------------------------------------------------------------

    def child(self) -> State:
        """A scratch state over this one; nothing written to it reaches this one."""
        return State(parent=self)

    def load(self, row_key: RowKey, row: Row | None) -> None:
        """Remember what the store holds; a row that was changed since is left alone."""
        self._rows.setdefault(row_key, row)

    def answer(self, question: Question, answer: Answer) -> None:
        """Remember an answer until ``forget_answers``."""
        self._answers[question] = answer

    def forget_answers(self) -> None:
        """Answers hold for one input only, since any change may make them wrong."""
        self._answers.clear()

    def drain(self) -> list[tuple[RowKey, Row | None]]:
        """Rows changed since the last drain, with their present value (None: removed)."""
        changed = [(row_key, self._rows[row_key]) for row_key in self._changed]
        self._changed.clear()
        return changed

    def settle(self) -> None:
        """What was changed stays; from here on it cannot be undone."""
        self._log.clear()
        self._changed.clear()

    def commit(self) -> None:
        """What was changed is on disk. Old rows are dropped once too many are kept."""
        self.settle()
        if len(self._rows) > ROWS_KEPT_MAX:
            self._rows.clear()

    def mark(self) -> int:
        """A point in the log of changes that ``rewind`` can go back to."""
        return len(self._log)

    def rewind(self, mark: int) -> None:
        """Undo the changes since ``mark``; nothing may have been drained since then."""
        for row_key, before, was_known, was_changed in reversed(self._log[mark:]):
            if was_known:
                self._rows[row_key] = before
            else:
                self._rows.pop(row_key, None)
            if not was_changed:
                self._changed.pop(row_key, None)
        del self._log[mark:]

    def rollback(self) -> None:
        """Undo all changes since the last commit, drained or not."""
        self.rewind(0)
        self._changed.clear()
        self._answers.clear()

    def snapshot(self) -> Iterable[tuple[RowKey, Row | None]]:
        """All that is held, for comparison with the store."""
        return self._rows.items()
