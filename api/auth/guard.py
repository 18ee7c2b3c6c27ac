"""From a request to who asks and what they may do.

A bearer token (RFC 6750) goes before the session cookie. Both are looked up by SHA-256 on
every request, so a revoked token, an ended session and a disabled user count at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.auth.gate import Gate, gate_of
from api.auth.roles import Operation, permitted
from api.auth.secret import fingerprint
from api.ports import Credential
from api.problems import Problem
from edge.domain.rows import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks. ``fingerprint`` is the SHA-256 of the token or session that was shown."""

    user_id: str
    login: str
    role: Role
    operations: frozenset[Operation]
    via: Literal["token", "session"]
    fingerprint: bytes

    @property
    def actor(self) -> str:
        """How events name the user."""
        return f"user/{self.user_id}"

    def may(self, operation: Operation) -> bool:
        """Whether ``operation`` is allowed."""
        return operation in self.operations

    def check(self, operation: Operation) -> None:
        """Raises Problem ``forbidden`` unless ``operation`` is allowed."""
        if operation not in self.operations:
            raise Problem("forbidden", detail=f"This needs the right `{operation.value}`.")


async def identify(connection: HTTPConnection) -> Identity:
    """Who asks; raises a Problem of status 401. Also for WebSockets."""
    gate = gate_of(connection)
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthorized("unauthenticated")
        return await identify_token(gate, secret.strip())
    cookie = connection.cookies.get(gate.cookie)
    if not cookie:
        raise _unauthorized("unauthenticated")
    return await asyncio.to_thread(_by_session, gate, cookie)


async def identify_or_none(connection: HTTPConnection) -> Identity | None:
    """Who asks, None when nobody is signed in: for WebSockets, which know no error answers."""
    try:
        return await identify(connection)
    except Problem:
        return None


async def identify_token(gate: Gate, secret: str) -> Identity:
    """Whose token it is; raises Problem ``token_invalid`` or ``token_expired``."""
    return await asyncio.to_thread(_by_token, gate, secret)


def _by_token(gate: Gate, secret: str) -> Identity:
    mark = fingerprint(secret)
    token = gate.accounts.token(mark)
    if token is None:
        raise _unauthorized("token_invalid")
    if token.expires_at is not None and token.expires_at <= gate.clock.now_us():
        raise _unauthorized("token_expired")
    credential = gate.accounts.credential_of(token.user)
    if credential is None or credential.disabled:
        raise _unauthorized("token_invalid")
    return _identity(credential, token.scopes, "token", mark)


def _by_session(gate: Gate, secret: str) -> Identity:
    mark = fingerprint(secret)
    session = gate.accounts.session(mark)
    if session is None or session.expires_at <= gate.clock.now_us():
        raise Problem("session_expired")
    credential = gate.accounts.credential(session.login)
    if credential is None or credential.disabled:
        raise Problem("session_expired")
    return _identity(credential, ("all",), "session", mark)


def _identity(
    credential: Credential,
    scopes: tuple[str, ...],
    via: Literal["token", "session"],
    mark: bytes,
) -> Identity:
    return Identity(
        user_id=credential.user,
        login=credential.login,
        role=credential.role,
        operations=permitted(credential.role, scopes),
        via=via,
        fingerprint=mark,
    )


def _unauthorized(code: str) -> Problem:
    """RFC 6750 section 3: the challenge, with the error only when a token was shown."""
    challenge = "Bearer" if code == "unauthenticated" else 'Bearer error="invalid_token"'
    return Problem(code, headers={"WWW-Authenticate": challenge})


Caller = Annotated[Identity, Depends(identify)]


def require(operation: Operation) -> Callable[[Identity], Awaitable[Identity]]:
    """A dependency that lets only those pass who may do ``operation``."""

    async def allowed(caller: Caller) -> Identity:
        caller.check(operation)
        return caller

    return allowed


FloorReader = Annotated[Identity, Depends(require(Operation.READ_FLOOR))]
Scanner = Annotated[Identity, Depends(require(Operation.SCAN))]
OrderWriter = Annotated[Identity, Depends(require(Operation.WRITE_ORDERS))]
Importer = Annotated[Identity, Depends(require(Operation.IMPORT))]
JournalReader = Annotated[Identity, Depends(require(Operation.READ_JOURNAL))]
UserReader = Annotated[Identity, Depends(require(Operation.READ_USERS))]
UserWriter = Annotated[Identity, Depends(require(Operation.WRITE_USERS))]
PersonEraser = Annotated[Identity, Depends(require(Operation.ERASE_PERSONS))]
SiteWriter = Annotated[Identity, Depends(require(Operation.WRITE_SITES))]
