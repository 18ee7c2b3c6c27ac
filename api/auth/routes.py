"""Signing in and out from a page: plain form posts, answered by a redirect (303).

The page itself (GET /sign-in) belongs to ``api.pages``; a failed attempt goes back to it with
``?error=bad_credentials`` or ``?error=too_many_requests``. A kiosk hands in a token instead
of a password, so that no screen needs to know one.
"""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth.gate import SESSION_US, Gate, gate_of
from api.auth.guard import Caller, identify_token
from api.auth.roles import ALLOWED
from api.auth.secret import fingerprint, new_secret
from api.ports import DropSession, LoginSession, StoreSession
from api.problems import SIGN_IN_PATH, Problem
from edge.domain.rows import Role

LOGIN_LENGTH_MAX = 64
HOME = "/"

router = APIRouter(include_in_schema=False)

Target = Annotated[str, Form(alias="next", max_length=512)]


@router.post(SIGN_IN_PATH)
async def sign_in(
    request: Request,
    login: Annotated[str, Form(max_length=LOGIN_LENGTH_MAX)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    target: Target = HOME,
) -> Response:
    """Check the password, open a session, go on to ``next``."""
    gate, address = gate_of(request), _address(request)
    wait_s = gate.throttle.wait_s(address, login)
    if wait_s > 0:
        return _back("too_many_requests", target, {"Retry-After": str(wait_s)})
    credential = await asyncio.to_thread(gate.accounts.credential, login)
    usable = credential is not None and not credential.disabled
    stored = credential.password_hash if credential is not None and usable else None
    fits = await gate.passwords.matches(stored or None, password)
    if not fits or credential is None:
        gate.throttle.failed(address, login)
        return _back("bad_credentials", target)
    gate.throttle.succeeded(address, login)
    return await _open_session(request, gate, credential.login, credential.role, target)


@router.post(f"{SIGN_IN_PATH}/token")
async def sign_in_with_token(
    request: Request, token: Annotated[str, Form(max_length=256)], target: Target = HOME
) -> Response:
    """Exchange a token for a session; it must cover its user's whole role, as a session does."""
    identity = await identify_token(gate_of(request), token)
    if identity.operations != ALLOWED[identity.role]:
        raise Problem("forbidden", detail="The token covers less than its user's role.")
    return await _open_session(request, gate_of(request), identity.login, identity.role, target)


@router.post("/sign-out")
async def sign_out(request: Request, caller: Caller) -> Response:
    """End this session."""
    gate = gate_of(request)
    if caller.via == "session":
        await gate.accounts.change(DropSession(caller.fingerprint))
    response = RedirectResponse(SIGN_IN_PATH, status_code=303)
    response.delete_cookie(gate.cookie)
    return response


async def _open_session(
    request: Request, gate: Gate, login: str, role: Role, target: str
) -> Response:
    secret, now_us = new_secret(gate.chance), gate.clock.now_us()
    session = LoginSession(
        sha256=fingerprint(secret),
        login=login,
        created_at=now_us,
        expires_at=now_us + SESSION_US[role],
    )
    await gate.accounts.change(StoreSession(session))
    response = RedirectResponse(safe_target(target), status_code=303)
    response.set_cookie(
        gate.cookie,
        secret,
        max_age=SESSION_US[role] // 1_000_000,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def safe_target(target: str) -> str:
    """``target`` when it is a path of this server, else the home page (no open redirect)."""
    printable = target.isascii() and target.isprintable()
    if not printable or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return HOME
    return target


def _back(error: str, target: str, headers: dict[str, str] | None = None) -> Response:
    query = urlencode({"error": error, "next": safe_target(target)})
    return RedirectResponse(f"{SIGN_IN_PATH}?{query}", status_code=303, headers=headers)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"
