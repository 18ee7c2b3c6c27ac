"""``Office`` through the REST interface of a running service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

import msgspec

from edge.clock import Clock, rfc3339
from edge.codes.commands import build
from edge.domain.rows import Role
from edge.errors import InvalidInput
from edge.ids import Chance, hex_bits
from tallydock.office.books import BADGE_BITS
from tallydock.office.ports import Login, Newcomer, Token, TokenWish
from tallydock.remote import Fields, Remote


class _Shown(msgspec.Struct, frozen=True):
    user: str
    login: str
    role: Role
    disabled: bool


class _Page(msgspec.Struct, frozen=True):
    items: list[_Shown]
    next_cursor: str | None


class RemoteOffice:
    """Everything is decided by the service."""

    def __init__(self, remote: Remote, clock: Clock, chance: Chance) -> None:
        self._remote, self._clock, self._chance = remote, clock, chance

    def add(self, newcomer: Newcomer, password: str) -> Login:
        badge = newcomer.badge or hex_bits(BADGE_BITS, self._chance).upper()
        draft = {
            "login": newcomer.login,
            "name": newcomer.name,
            "badge": badge,
            "role": newcomer.role,
            "password": password,
            "language": newcomer.language,
        }
        answer = self._remote.post("/users", msgspec.json.encode(draft))
        return _login(msgspec.convert(answer, _Shown), build("BADGE", badge))

    def set_password(self, login: str, password: str) -> None:
        self._edit(login, {"password": password})

    def disable(self, login: str) -> None:
        self._edit(login, {"disabled": True})

    def logins(self) -> Sequence[Login]:
        found: list[Login] = []
        path = "/users?limit=1000"
        while True:
            page = msgspec.convert(self._remote.get(path), _Page)
            found += (_login(one, None) for one in page.items)
            if page.next_cursor is None:
                return found
            path = f"/users?limit=1000&cursor={quote(page.next_cursor)}"

    def make_token(self, wish: TokenWish) -> Token:
        """The service makes tokens for logins that exist, and for no others."""
        if wish.login is None:
            remedy = "say whose token it is; a login of its own needs the service to be stopped"
            raise InvalidInput("--login", "", remedy)
        draft = {"name": wish.name, "login": wish.login, "scopes": list(wish.scopes)}
        if wish.days is not None:
            span_us = timedelta(days=wish.days) // timedelta(microseconds=1)
            draft["expires_at"] = rfc3339(self._clock.now_us() + span_us)
        answer = self._remote.post("/tokens", msgspec.json.encode(draft))
        expires_at = answer.get("expires_at")
        return Token(
            token=str(answer["token"]),
            name=wish.name,
            login=wish.login,
            scopes=wish.scopes,
            expires_at=None if expires_at is None else str(expires_at),
        )

    def _edit(self, login: str, fields: Fields) -> None:
        self._remote.patch(f"/users/{quote(login, safe='')}", fields)


def _login(one: _Shown, badge_code: str | None) -> Login:
    return Login(
        login=one.login,
        user=one.user,
        role=one.role,
        state="disabled" if one.disabled else "active",
        badge_code=badge_code,
    )
