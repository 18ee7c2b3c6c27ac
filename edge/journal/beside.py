"""What stands beside the journal and is written in the same transaction as events.

Plain functions over the unit's executor; nobody calls them but the loop's handlers.
"""

from __future__ import annotations

from edge.domain.sync_inputs import COMMANDS_START, CommandPosition, Epoch
from edge.journal.chain import START, Position
from edge.journal.sql import Executor
from edge.journal.sqlite import SqliteExecutor

DEAD_LETTERS_MAX = 10_000
ANSWERS_KEPT_US = 7 * 24 * 3_600_000_000


def save_cursor(executor: SqliteExecutor, consumer: str, position: Position) -> None:
    """Remember how far a consumer has come."""
    executor.run(
        "INSERT INTO cursor (consumer, seq, hash) VALUES (?, ?, ?)"
        " ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        [(consumer, position.seq, position.hash)],
    )


def cursor(executor: SqliteExecutor, consumer: str) -> Position:
    """Where a consumer stands; START if it never said."""
    row = executor.one("SELECT seq, hash FROM cursor WHERE consumer = ?", (consumer,))
    return START if row is None else Position(int(row[0] or 0), _bytes(row[1]))


def save_epoch(executor: SqliteExecutor, epoch: Epoch) -> None:
    """Set the epoch of this journal."""
    executor.run(
        "INSERT INTO site_epoch (id, counter, nonce) VALUES (1, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET counter = excluded.counter, nonce = excluded.nonce",
        [(epoch.counter, epoch.nonce)],
    )


def epoch(executor: SqliteExecutor) -> Epoch | None:
    """The epoch of this journal; None in a new store."""
    row = executor.one("SELECT counter, nonce FROM site_epoch WHERE id = 1")
    return None if row is None else Epoch(int(row[0] or 0), str(row[1]))


def save_command_position(executor: SqliteExecutor, position: CommandPosition) -> None:
    """Set how far commands were applied."""
    executor.run(
        "INSERT INTO command_position (id, counter, nonce, through, hash) VALUES (1, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET counter = excluded.counter, nonce = excluded.nonce,"
        " through = excluded.through, hash = excluded.hash",
        [(position.epoch.counter, position.epoch.nonce, position.through, position.hash)],
    )


def command_position(executor: SqliteExecutor) -> CommandPosition:
    """How far commands were applied; COMMANDS_START before the first."""
    row = executor.one("SELECT counter, nonce, through, hash FROM command_position WHERE id = 1")
    if row is None:
        return COMMANDS_START
    return CommandPosition(Epoch(int(row[0] or 0), str(row[1])), int(row[2] or 0), _bytes(row[3]))


def answered_at(executor: SqliteExecutor, command: str) -> int | None:
    """Seq of the event that answered a command, if it was answered in this journal."""
    row = executor.one("SELECT seq FROM command_answer WHERE command = ?", (command,))
    return None if row is None else int(row[0] or 0)


def save_answered(executor: SqliteExecutor, command: str, seq: int) -> None:
    """Remember which event answered a command."""
    executor.run("INSERT INTO command_answer (command, seq) VALUES (?, ?)", [(command, seq)])


def kept_answer(executor: Executor, key: str) -> tuple[bytes, bytes] | None:
    """(request digest, answer) kept under an idempotency key."""
    rows = executor.all("SELECT digest, answer FROM idempotency WHERE key = ?", (key,))
    return (_bytes(rows[0][0]), _bytes(rows[0][1])) if rows else None


def keep_answer(executor: Executor, key: str, digest: bytes, answer: bytes, at_us: int) -> None:
    """Keep the answer to a request key; those of a week ago are forgotten."""
    executor.run(
        "INSERT INTO idempotency (key, digest, answer, at) VALUES (?, ?, ?, ?)",
        [(key, digest, answer, at_us)],
    )
    executor.run("DELETE FROM idempotency WHERE at < ?", [(at_us - ANSWERS_KEPT_US,)])


def keep_dead_letter(
    executor: SqliteExecutor, at_us: int, direction: str, topic: str, reason: str, payload: bytes
) -> None:
    """Keep what could not be used; beyond 10,000 the oldest goes."""
    executor.run(
        "INSERT INTO dead_letter (at, direction, topic, reason, payload) VALUES (?, ?, ?, ?, ?)",
        [(at_us, direction, topic, reason, payload)],
    )
    executor.run(
        "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?",
        [(DEAD_LETTERS_MAX,)],
    )


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"a blob was expected, not {type(value).__name__}")
    return value
