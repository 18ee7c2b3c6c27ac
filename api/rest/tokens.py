"""Tokens for machines. The secret is told once, when it is made, and cannot be asked again.

So making a token takes no Idempotency-Key: its answer must not be kept anywhere.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.requests import Request

from api.auth.gate import gate_of
from api.auth.guard import UserReader, UserWriter
from api.auth.roles import SCOPES
from api.auth.secret import fingerprint, new_secret
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.ports import ApiToken, DropToken, StoreToken
from api.rest.shapes import Body, Time, time_or_none
from edge.clock import from_rfc3339
from edge.errors import InvalidInput

router = APIRouter(prefix="/tokens", tags=["users"])

TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class TokenDraft(Body):
    """A token of the user of ``login``; it allows what the role and one of ``scopes`` allow.

    Scopes: ``all``, a role, or one right such as ``journal``. No ``expires_at``: it never ends.
    """

    name: str = Field(min_length=1, max_length=64)
    login: str = Field(min_length=1, max_length=64)
    scopes: list[str] = Field(min_length=1, max_length=len(SCOPES))
    expires_at: Time | None = None


class TokenShown(BaseModel):
    """``id`` is the SHA-256 of the secret."""

    id: str
    name: str
    user: str
    scopes: list[str]
    expires_at: Time | None


class NewToken(TokenShown):
    """``token`` is the secret: send it as ``Authorization: Bearer``; it is not shown again."""

    token: str


@router.get("")
def list_tokens(
    request: Request, _caller: UserReader, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Page[TokenShown]:
    """All tokens, by name, without their secrets."""
    key = decode_cursor(cursor, str, str)
    after = (str(key[0]), str(key[1])) if key is not None else ("", "")
    by_name = sorted(gate_of(request).accounts.tokens(), key=_key_of)
    found = [row for row in by_name if _key_of(row) > after]
    rows, more = split_page(found[: limit + 1], limit)
    last = encode_cursor(_key_of(rows[-1])) if more else None
    return Page(items=[_shown(row) for row in rows], next_cursor=last)


@router.post("", status_code=201)
async def make_token(draft: TokenDraft, request: Request, _caller: UserWriter) -> NewToken:
    """Make a token and tell its secret."""
    gate = gate_of(request)
    credential = await asyncio.to_thread(gate.accounts.credential, draft.login)
    if credential is None or credential.disabled:
        raise InvalidInput("login", draft.login, "no such login that can be used")
    secret = new_secret(gate.chance)
    token = ApiToken(
        sha256=fingerprint(secret),
        name=draft.name,
        user=credential.user,
        scopes=_scopes(draft.scopes),
        expires_at=_expiry(draft.expires_at, gate.clock.now_us()),
    )
    await gate.accounts.change(StoreToken(token))
    return NewToken(**_shown(token).model_dump(), token=secret)


@router.delete("/{token}", status_code=204)
async def revoke_token(token: TokenId, request: Request, _caller: UserWriter) -> None:
    """Revoke a token at once; it may be gone already."""
    await gate_of(request).accounts.change(DropToken(bytes.fromhex(token)))


def _scopes(scopes: list[str]) -> tuple[str, ...]:
    for index, scope in enumerate(scopes):
        if scope not in SCOPES:
            remedy = f"use one of {', '.join(SCOPES)}"
            raise InvalidInput(f"scopes[{index}]", scope, remedy)
    return tuple(dict.fromkeys(scopes))


def _expiry(text: str | None, now_us: int) -> int | None:
    if text is None:
        return None
    try:
        at_us = from_rfc3339(text)
    except ValueError as error:
        raise InvalidInput("expires_at", text, "send an RFC 3339 time with a zone") from error
    if at_us <= now_us:
        raise InvalidInput("expires_at", text, "send a time to come")
    return at_us


def _key_of(row: ApiToken) -> tuple[str, str]:
    return (row.name, row.sha256.hex())


def _shown(row: ApiToken) -> TokenShown:
    return TokenShown(
        id=row.sha256.hex(),
        name=row.name,
        user=row.user,
        scopes=list(row.scopes),
        expires_at=time_or_none(row.expires_at),
    )
