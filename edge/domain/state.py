"""The working set of rows that decisions read and events change.

A ``State`` does no I/O. Reading a row that nobody loaded raises ``NotPrefetched``, which names
all that is missing; the caller loads it and decides anew, which is safe because deciding is
pure. So reads always come before the decision, without a second description of what each
decision will read.

Changes are logged until ``commit`` and undone by ``rollback``; ``drain`` hands over the rows
that changed since the last call, for the projections to write.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, TypeVar, cast

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


@dataclass(frozen=True, slots=True)
class LiesAt:
    """Question: at which location does this serial lie, if at any?"""

    sku: str
    serial: str


Question = Demand | PackedAt | LiesAt
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


class Change(NamedTuple):
    """A row that is to be written: ``before`` is what the store holds, None for none or unknown.

    ``after`` None takes it out.
    """

    key: RowKey
    before: Row | None
    after: Row | None


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
        self._rows: MutableMapping[RowKey, Row | None] = {}
        self._log: list[tuple[RowKey, Row | None, bool, bool]] = []
        self._changed: dict[RowKey, Row | None] = {}
        self._answers: dict[Question, Answer] = {}

    # --- reading ---------------------------------------------------------------------------

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row, or None if it is known not to exist; raises NotPrefetched."""
        try:
            return cast("R | None", self._rows[kind, key])
        except KeyError:
            raise NotPrefetched([(kind, key)]) from None

    def need(self, kind: type[R], *key: str | int) -> R:
        """The row; it is a fault of ours (LookupError) if it does not exist."""
        row = self.get(kind, *key)
        if row is None:
            raise LookupError(f"{kind.__name__} {key} should exist")
        return row

    def many(self, kind: type[R], keys: Sequence[Key]) -> list[R]:
        """The rows that exist among ``keys``, in their order; asks for all missing at once."""
        rows = self._rows
        try:
            found = [rows[kind, key] for key in keys]
        except KeyError:
            self.require([(kind, key) for key in keys])
            raise
        return cast("list[R]", [row for row in found if row is not None])

    def require(self, row_keys: Sequence[RowKey]) -> None:
        """Ask for all of these at once, if any is missing: cheaper than one after the other."""
        missing = [row_key for row_key in row_keys if row_key not in self._rows]
        if missing:
            raise NotPrefetched(missing)

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

    def lies_at(self, sku: str, serial: str) -> str | None:
        """The location that holds ``serial``; None for one that never came in."""
        answer = self.ask(LiesAt(sku, serial))
        return answer if isinstance(answer, str) else None

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
        return row_key in self._rows

    # --- changing --------------------------------------------------------------------------

    def put(self, row: Row) -> None:
        """Write a row."""
        self._set(key_of(row), row)

    def remove(self, kind: type[Row], *key: str | int) -> None:
        """Make a row not exist."""
        self._set((kind, key), None)

    def _set(self, row_key: RowKey, row: Row | None) -> None:
        rows, changed = self._rows, self._changed
        before = rows.get(row_key)
        was_known = before is not None or row_key in rows
        was_changed = row_key in changed
        self._log.append((row_key, before, was_known, was_changed))
        if not was_changed:
            changed[row_key] = before
        rows[row_key] = row

    # --- the owner's side ------------------------------------------------------------------

    def child(self) -> State:
        """A scratch state over this one; nothing written to it reaches this one."""
        scratch = State(parent=self)
        scratch._rows = ChainMap({}, self._rows)
        return scratch

    def load(self, row_key: RowKey, row: Row | None) -> None:
        """Remember what the store holds; a row that was changed since is left alone."""
        self._rows.setdefault(row_key, row)

    def answer(self, question: Question, answer: Answer) -> None:
        """Remember an answer until ``forget_answers``."""
        self._answers[question] = answer

    def forget_answers(self) -> None:
        """Answers hold for one input only, since any change may make them wrong."""
        self._answers.clear()

    def drain(self) -> list[Change]:
        """Rows changed since the last drain, with what they were then and are now."""
        rows = self._rows
        changes = [Change(key, before, rows[key]) for key, before in self._changed.items()]
        self._changed.clear()
        return changes

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
