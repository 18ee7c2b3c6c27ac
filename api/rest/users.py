"""Adding and changing users.

A user is in the journal by an id that says nothing (`u` and 16 hex digits); the name lies in
the erasable person store, login and password hash beside the journal. The last admin who can
sign in cannot be locked out.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from api.auth.gate import Gate, gate_of
from api.auth.guard import UserWriter
from api.idempotency import IdempotencyKey
from api.language import Language
from api.ports import (
    AccountChange,
    Credential,
    DropSessionsOf,
    EdgePorts,
    Idempotency,
    NewUser,
    StoreCredential,
)
from api.rest.accounts import UserShown, shown
from api.rest.shapes import Body, Number, Ports, read
from edge.domain.commands import AddUser
from edge.domain.events import PersonRef
from edge.domain.rows import Role, User
from edge.errors import Conflict, NotFound
from edge.ids import hex_bits

router = APIRouter(tags=["users"])

USER_BITS = 64


class UserDraft(Body):
    """A new user. ``badge`` is what the badge's barcode carries behind ``TD-BADGE-``."""

    login: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    name: str = Field(min_length=1, max_length=100)
    badge: str = Field(pattern=r"^[0-9A-Z]{1,32}$")
    role: Role
    password: str = Field(max_length=256)
    language: Language = "zh-CN"


class UserEdit(Body):
    """What is left out stays. A new password and ``disabled`` end the user's sessions."""

    role: Role | None = None
    password: str | None = Field(default=None, max_length=256)
    disabled: bool | None = None


@router.post("/users", status_code=201)
async def add_user(
    draft: UserDraft, request: Request, ports: Ports, caller: UserWriter, key: IdempotencyKey
) -> UserShown:
    """Add a user with badge, login and password: all of it, or a conflict and nothing."""
    password_hash = await gate_of(request).passwords.hash(draft.password, draft.login)
    credential = Credential(
        login=draft.login, user=_new_id(ports, key), password_hash=password_hash, role=draft.role
    )
    newcomer = NewUser(
        badge=draft.badge, name=draft.name, language=draft.language, credential=credential
    )
    await ports.commands.enter(newcomer, actor=caller.actor, idempotency=key)
    return shown(credential)


def _new_id(ports: EdgePorts, key: Idempotency) -> str:
    """Opaque, and the same again for a request that is sent again under its key."""
    if key.key is None:
        return f"u{hex_bits(USER_BITS, ports.chance)}"
    return f"u{sha256(key.key.encode() + key.digest).hexdigest()[: USER_BITS // 4]}"


@router.patch("/users/{login}")
async def change_user(
    login: Number,
    edit: UserEdit,
    request: Request,
    ports: Ports,
    caller: UserWriter,
    key: IdempotencyKey,
) -> UserShown:
    """Change role or password, disable or enable."""
    known = await asyncio.to_thread(ports.accounts.credential, login)
    if known is None:
        raise NotFound("login", login, "no such login: GET /api/v1/users lists them")
    changed = await _edited(known, edit, gate_of(request))
    if known.role == "admin" and (changed.role != "admin" or changed.disabled):
        await asyncio.to_thread(_check_other_admin, ports, login)
    if (changed.role, changed.disabled) != (known.role, known.disabled):
        await _tell_the_floor(ports, changed, caller.actor, key)
    changes: list[AccountChange] = [StoreCredential(changed)]
    if edit.password is not None or changed.disabled:
        changes.append(DropSessionsOf(login))
    await ports.accounts.change(*changes)
    return shown(changed)


async def _edited(known: Credential, edit: UserEdit, gate: Gate) -> Credential:
    password_hash = known.password_hash
    if edit.password is not None:
        password_hash = await gate.passwords.hash(edit.password, known.login)
    return Credential(
        login=known.login,
        user=known.user,
        password_hash=password_hash,
        role=edit.role or known.role,
        disabled=known.disabled if edit.disabled is None else edit.disabled,
    )


def _check_other_admin(ports: EdgePorts, login: str) -> None:
    others = (
        row
        for row in ports.accounts.credentials()
        if row.role == "admin" and not row.disabled and row.login != login and row.password_hash
    )
    if next(others, None) is None:
        raise Conflict("login", login, "this is the last admin: make another one first")


async def _tell_the_floor(
    ports: EdgePorts, credential: Credential, actor: str, key: Idempotency
) -> None:
    """The badge must stop working with the login: the event defines the user anew."""
    rows = await read(ports, lambda queries: queries.users())
    row = next((row for row in rows if row.id == credential.user), None)
    if row is None:
        return
    command = AddUser(
        user=row.id,
        badge=row.badge,
        role=credential.role,
        language=row.language,
        person=_person_of(row),
        active=not credential.disabled,
    )
    await ports.commands.submit(command, actor=actor, idempotency=key)


def _person_of(row: User) -> PersonRef:
    return PersonRef(person=row.person, version=row.person_version, digest=row.person_digest)
