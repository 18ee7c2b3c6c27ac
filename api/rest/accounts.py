"""Who is asking, and who can sign in: the same at the edge and at central."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request

from api.auth.gate import gate_of
from api.auth.guard import Caller, UserReader
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.ports import Credential
from edge.domain.rows import Role

router = APIRouter(tags=["users"])


class UserShown(BaseModel):
    """A login and whose it is."""

    user: str
    login: str
    role: Role
    disabled: bool


class Me(BaseModel):
    """Who the token or session says that you are."""

    user: str
    login: str
    role: Role
    rights: list[str]


@router.get("/me")
async def show_me(caller: Caller) -> Me:
    """Who is asking, and what they may do."""
    rights = sorted(operation.value for operation in caller.operations)
    return Me(user=caller.user_id, login=caller.login, role=caller.role, rights=rights)


@router.get("/users")
def list_users(
    request: Request,
    _caller: UserReader,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[UserShown]:
    """All logins, by name."""
    key = decode_cursor(cursor, str)
    after = str(key[0]) if key is not None else ""
    found = [row for row in gate_of(request).accounts.credentials() if row.login > after]
    rows, more = split_page(found[: limit + 1], limit)
    last = encode_cursor((rows[-1].login,)) if more else None
    return Page(items=[shown(row) for row in rows], next_cursor=last)


def shown(row: Credential) -> UserShown:
    """A credential without its secret."""
    return UserShown(user=row.user, login=row.login, role=row.role, disabled=row.disabled)
