"""``Office`` over a stopped store: the same rules as REST has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from api.auth.passwords import Passwords
from api.auth.roles import ALLOWED, SCOPES, Operation
from api.auth.secret import fingerprint, new_secret
from api.ports import ApiToken, Credential, DropSessionsOf, StoreCredential, StoreToken
from edge.clock import Clock, rfc3339
from edge.codes.commands import build
from edge.domain.rows import Role
from edge.errors import Conflict, InvalidInput, NotFound
from edge.ids import Chance, hex_bits
from tallydock.office.books import USER_BITS, Book, Register
from tallydock.office.ports import Login, Newcomer, Token, TokenWish

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
DAY_US = 24 * 3_600_000_000
LEAST_FIRST: tuple[Role, ...] = ("packer", "auditor", "supervisor", "admin")


class Desk:
    """Logins and tokens of one store."""

    def __init__(self, book: Book, clock: Clock, chance: Chance) -> None:
        self._book, self._clock, self._chance = book, clock, chance

    def add(self, newcomer: Newcomer, password: str) -> Login:
        _check_login(newcomer.login)
        if not 1 <= len(newcomer.name) <= 100:
            raise InvalidInput("name", newcomer.name, "give 1 to 100 characters")
        if newcomer.login in self._by_login():
            raise Conflict("login", newcomer.login, "this login is taken: choose another")
        password_hash = Passwords().hash_now(password, newcomer.login)
        entered = self._book.enter(newcomer, password_hash)
        return next(one for one in self.logins() if one.login == entered.login)

    def set_password(self, login: str, password: str) -> None:
        known = self._known(login)
        password_hash = Passwords().hash_now(password, login)
        self._book.change(replace(known, password_hash=password_hash), DropSessionsOf(login))

    def disable(self, login: str) -> None:
        known = self._known(login)
        others = (one for one in self._book.register.credentials() if one.login != login)
        if known.role == "admin" and not any(map(_signs_in_as_admin, others)):
            raise Conflict("login", login, "this is the last admin: make another one first")
        self._book.change(replace(known, disabled=True), DropSessionsOf(login))

    def logins(self) -> Sequence[Login]:
        return logins_of(self._book.register)

    def make_token(self, wish: TokenWish) -> Token:
        """Only the SHA-256 of the secret is kept; with it, the login of a program if it is new."""
        operations = _covered(wish.scopes)
        owner = self._owner(wish, operations)
        secret, expires_at = new_secret(self._chance), self._expiry(wish.days)
        token = ApiToken(
            sha256=fingerprint(secret),
            name=wish.name,
            user=owner.user,
            scopes=wish.scopes,
            expires_at=expires_at,
        )
        self._book.write(StoreCredential(owner), StoreToken(token))
        return Token(
            token=secret,
            name=wish.name,
            login=owner.login,
            scopes=wish.scopes,
            expires_at=None if expires_at is None else rfc3339(expires_at),
        )

    def _owner(self, wish: TokenWish, operations: frozenset[Operation]) -> Credential:
        """Whose token it is: the login that was named, or one for this program alone.

        The program's login has no password, so nobody can sign in with it, and the least role
        that covers the scopes.
        """
        if wish.login is not None:
            return self._known(wish.login)
        _check_login(wish.name)
        role = next(role for role in LEAST_FIRST if ALLOWED[role] >= operations)
        known = self._by_login().get(wish.name)
        if known is None:
            user = f"u{hex_bits(USER_BITS, self._chance)}"
            return Credential(login=wish.name, user=user, password_hash="", role=role)
        if known.password_hash or known.disabled or not ALLOWED[known.role] >= operations:
            raise Conflict("name", wish.name, "a login has this name: name it with --login")
        return known

    def _expiry(self, days: int | None) -> int | None:
        if days is None:
            return None
        if not 1 <= days <= 3650:
            raise InvalidInput("days", str(days), "give 1 to 3650 days")
        return self._clock.now_us() + days * DAY_US

    def _by_login(self) -> dict[str, Credential]:
        return {one.login: one for one in self._book.register.credentials()}

    def _known(self, login: str) -> Credential:
        known = self._by_login().get(login)
        if known is None:
            raise NotFound("login", login, "no such login: tallydock user list names them")
        return known


def logins_of(register: Register) -> list[Login]:
    """All logins of a store, by name."""
    badges = {user.id: user.badge for user in register.users()}
    return [_shown(one, badges.get(one.user)) for one in register.credentials()]


def _shown(one: Credential, badge: str | None) -> Login:
    state = "disabled" if one.disabled else "active" if one.password_hash else "program"
    return Login(
        login=one.login,
        user=one.user,
        role=one.role,
        state=state,
        badge_code=None if badge is None else build("BADGE", badge),
    )


def _signs_in_as_admin(one: Credential) -> bool:
    return one.role == "admin" and not one.disabled and bool(one.password_hash)


def _check_login(login: str) -> None:
    if not LOGIN.fullmatch(login):
        raise InvalidInput("login", login, "use 1 to 64 of a-z 0-9 . _ -, beginning with a-z 0-9")


def _covered(scopes: tuple[str, ...]) -> frozenset[Operation]:
    for scope in scopes:
        if scope not in SCOPES:
            raise InvalidInput("scopes", scope, f"use {', '.join(SCOPES)}")
    if not scopes:
        raise InvalidInput("scopes", "", f"name at least one of {', '.join(SCOPES)}")
    nothing: frozenset[Operation] = frozenset()
    return nothing.union(*(SCOPES[scope] for scope in scopes))
