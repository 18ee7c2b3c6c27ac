"""Passwords: Argon2id (RFC 9106) in a worker thread, a few at a time, equal time for all.

One check takes 64 MiB and tens of milliseconds by design. So it never runs on the event loop,
and at most ``CHECKS_AT_ONCE`` run together: a flood of sign-ins must not eat the box.
"""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.errors import InvalidInput

CHECKS_AT_ONCE = 2
LENGTH_MIN = 10
LENGTH_MAX = 256


class Passwords:
    """Makes and checks password hashes; the parameters stand in the hash itself."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash_now(self, password: str, login: str) -> str:
        """The hash to store; blocks. Raises InvalidInput for a password that is too weak."""
        check_strength(password, login)
        return self._hasher.hash(password)

    async def hash(self, password: str, login: str) -> str:
        """``hash_now`` off the event loop."""
        async with self._turns:
            return await asyncio.to_thread(self.hash_now, password, login)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password fits; None (no such user) takes the same time and is False."""
        if len(password) > LENGTH_MAX:
            return False
        async with self._turns:
            fits = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return fits and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def check_strength(password: str, login: str) -> None:
    """Raises InvalidInput: long enough, not endless, not the login (NIST SP 800-63B 3.1.1.2)."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise InvalidInput("password", "", f"use {LENGTH_MIN} to {LENGTH_MAX} characters")
    if login.lower() in password.lower() and len(password) < 2 * len(login) + LENGTH_MIN:
        raise InvalidInput("password", "", "do not build it around the login")
