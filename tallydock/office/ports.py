"""What the command line can ask about logins and tokens, whoever does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.domain.rows import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A user to be. ``badge``: what the barcode carries behind ``TD-BADGE-``; None: choose one."""

    login: str
    name: str
    role: Role
    badge: str | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who can sign in. ``badge_code`` is the text of the badge's barcode, if known."""

    login: str
    user: str
    role: Role
    state: str
    badge_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWish:
    """A token to be; ``login`` None: a login of its own that nobody can sign in with."""

    name: str
    login: str | None
    scopes: tuple[str, ...]
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """``token`` is the secret, told this once. ``expires_at`` is RFC 3339, None: never."""

    token: str
    name: str
    login: str
    scopes: tuple[str, ...]
    expires_at: str | None


class Office(Protocol):
    """All raise InvalidInput, Conflict, NotFound."""

    def add(self, newcomer: Newcomer, password: str) -> Login: ...

    def set_password(self, login: str, password: str) -> None:
        """Ends the login's sessions too."""
        ...

    def disable(self, login: str) -> None:
        """Neither password, badge, session nor token works any more."""
        ...

    def logins(self) -> Sequence[Login]:
        """All, by login."""
        ...

    def make_token(self, wish: TokenWish) -> Token: ...
