"""Logins, tokens, browser sessions and whole answers: beside the journal, never in it.

Writes are statements by name, so that the loop (the only writer) can take them as inputs
without knowing what a login is.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.errors import InvalidInput
from edge.journal.sql import Executor, Values

STATEMENTS: dict[str, str] = {
    "store_credential": (
        'INSERT INTO credential (login, "user", password_hash, role, disabled)'
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (login) DO UPDATE SET"
        ' "user" = excluded."user", password_hash = excluded.password_hash,'
        " role = excluded.role, disabled = excluded.disabled"
    ),
    "store_token": (
        'INSERT INTO api_token (sha256, name, "user", scopes, expires_at) VALUES (?, ?, ?, ?, ?)'
    ),
    "drop_token": "DELETE FROM api_token WHERE sha256 = ?",
    "store_session": (
        "INSERT INTO login_session (sha256, login, created_at, expires_at) VALUES (?, ?, ?, ?)"
    ),
    "drop_expired_sessions": "DELETE FROM login_session WHERE expires_at < ?",
    "drop_session": "DELETE FROM login_session WHERE sha256 = ?",
    "drop_sessions_of": "DELETE FROM login_session WHERE login = ?",
    "keep_answer": (
        "INSERT INTO idempotency (key, digest, answer, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (key) DO NOTHING"
    ),
}


def has_login(executor: Executor, login: str) -> bool:
    """Whether somebody can, or could, sign in under this name."""
    return bool(executor.all("SELECT 1 FROM credential WHERE login = ?", (login,)))


def write(executor: Executor, statement: str, parameters: Values) -> None:
    """Run one of STATEMENTS; InvalidInput for any other name."""
    executor.run(_sql(statement), [parameters])


def write_all(executor: Executor, changes: Sequence[tuple[str, Values]]) -> None:
    """Run several in turn; InvalidInput for a wrong name among them, before any is run."""
    statements = [(_sql(name), parameters) for name, parameters in changes]
    for sql, parameters in statements:
        executor.run(sql, [parameters])


def _sql(statement: str) -> str:
    sql = STATEMENTS.get(statement)
    if sql is None:
        raise InvalidInput("statement", statement, f"one of {', '.join(STATEMENTS)}")
    return sql
