"""Slows down guessing: failed sign-ins are counted by address and by (address, login).

A count by login alone would let anybody lock a colleague out, so there is none; what a
botnet can guess per address is bounded, and the passwords are slow to check anyhow.
"""

from __future__ import annotations

from collections import OrderedDict

from edge.clock import Clock

WINDOW_S = 300
FAILURES_PER_LOGIN_MAX = 8
FAILURES_PER_ADDRESS_MAX = 40
ENTRIES_MAX = 10_000

_NS = 1_000_000_000


class LoginThrottle:
    """Failures within a sliding window; memory is bounded, the oldest entry goes first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def wait_s(self, address: str, login: str) -> int:
        """Seconds until the next attempt is allowed; 0: now."""
        return max(
            self._wait(_by_login(address, login), FAILURES_PER_LOGIN_MAX),
            self._wait(_by_address(address), FAILURES_PER_ADDRESS_MAX),
        )

    def failed(self, address: str, login: str) -> None:
        """Count a wrong password or an unknown login."""
        for key in (_by_login(address, login), _by_address(address)):
            times = self._failures.pop(key, [])
            self._failures[key] = [*times[-FAILURES_PER_ADDRESS_MAX:], self._clock.monotonic_ns()]
        while len(self._failures) > ENTRIES_MAX:
            self._failures.popitem(last=False)

    def succeeded(self, address: str, login: str) -> None:
        """Forget this login's failures; the address keeps its own."""
        self._failures.pop(_by_login(address, login), None)

    def _wait(self, key: tuple[str, str], allowed: int) -> int:
        since = self._clock.monotonic_ns() - WINDOW_S * _NS
        recent = [at for at in self._failures.get(key, ()) if at > since]
        if len(recent) < allowed:
            return 0
        return (recent[-allowed] - since) // _NS + 1


def _by_login(address: str, login: str) -> tuple[str, str]:
    return (address, login.lower()[:64])


def _by_address(address: str) -> tuple[str, str]:
    return (address, "\0")
