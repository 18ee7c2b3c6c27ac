"""Logins, tokens and browser sessions of a store, for either application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast

from api.ports import (
    AccountChange,
    ApiToken,
    Credential,
    DropSession,
    DropSessionsOf,
    DropToken,
    LoginSession,
    StoreCredential,
    StoreSession,
    StoreToken,
)
from edge.domain.rows import Role
from edge.journal import queries

Change = tuple[str, tuple[str | int | bytes | None, ...]]
"""Name of one of ``journal.access.STATEMENTS`` and its parameters."""

Write = Callable[[tuple[Change, ...]], Awaitable[None]]


class StoreAccounts:
    """Reads from the store at ``path``; ``write`` runs changes in one transaction of its owner.

    Each request asks here who it comes from, so the connections for that are kept.
    """

    def __init__(self, path: Path, site: str, write: Write) -> None:
        self._reads, self._write = queries.Snapshots(path, site), write

    def close(self) -> None:
        """Close the connections."""
        self._reads.close()

    def credential(self, login: str) -> Credential | None:
        """By login."""
        return self._first("login", login)

    def credential_of(self, user: str) -> Credential | None:
        """By user."""
        return self._first("user", user)

    def _first(self, column: str, value: str) -> Credential | None:
        with self._reads() as reads:
            return next(map(credential_of_row, reads.credentials(column, value)), None)

    def credentials(self) -> Sequence[Credential]:
        """All, by login."""
        with self._reads() as reads:
            return [credential_of_row(row) for row in reads.credentials()]

    def token(self, sha256: bytes) -> ApiToken | None:
        """By hash."""
        with self._reads() as reads:
            return next(map(_token, reads.tokens(sha256)), None)

    def tokens(self) -> Sequence[ApiToken]:
        """All, by name."""
        with self._reads() as reads:
            return [_token(row) for row in reads.tokens()]

    def session(self, sha256: bytes) -> LoginSession | None:
        """By hash."""
        with self._reads() as reads:
            row = reads.browser_session(sha256)
        if row is None:
            return None
        return LoginSession(sha256=row[0], login=row[1], created_at=row[2], expires_at=row[3])

    async def change(self, *changes: AccountChange) -> None:
        """All of them or none."""
        await self._write(tuple(one for change in changes for one in statements_of(change)))


def credential_of_row(row: queries.Credential) -> Credential:
    """A row of the table of logins."""
    login, user, password_hash, role, disabled = row
    return Credential(
        login=login,
        user=user,
        password_hash=password_hash,
        role=cast("Role", role),
        disabled=disabled,
    )


def _token(row: queries.Token) -> ApiToken:
    sha256, name, user, scopes, expires_at = row
    return ApiToken(
        sha256=sha256, name=name, user=user, scopes=tuple(scopes.split()), expires_at=expires_at
    )


def statements_of(change: AccountChange) -> list[Change]:
    """The statements of ``journal.access`` that make a change."""
    match change:
        case StoreCredential(credential=one):
            values = (one.login, one.user, one.password_hash, one.role, int(one.disabled))
            return [("store_credential", values)]
        case StoreToken(token=token):
            scopes = " ".join(token.scopes)
            token_values = (token.sha256, token.name, token.user, scopes, token.expires_at)
            return [("store_token", token_values)]
        case DropToken(sha256=sha256):
            return [("drop_token", (sha256,))]
        case StoreSession(session=session):
            kept = (session.sha256, session.login, session.created_at, session.expires_at)
            return [("drop_expired_sessions", (session.created_at,)), ("store_session", kept)]
        case DropSession(sha256=sha256):
            return [("drop_session", (sha256,))]
        case DropSessionsOf(login=login):
            return [("drop_sessions_of", (login,))]
