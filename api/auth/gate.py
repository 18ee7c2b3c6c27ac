"""What signing in needs, shared by the edge's and central's applications."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from api.auth.passwords import Passwords
from api.auth.throttle import LoginThrottle
from api.language import Language
from api.ports import Accounts
from edge.clock import Clock
from edge.domain.rows import Role
from edge.ids import Chance

_HOUR_US = 3_600_000_000

SESSION_US: dict[Role, int] = {
    "packer": 30 * 24 * _HOUR_US,
    "supervisor": 12 * _HOUR_US,
    "auditor": 12 * _HOUR_US,
    "admin": 12 * _HOUR_US,
}
"""How long a session lasts. A bench's screen stays on for weeks; its role may only scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``cookie`` is the session cookie's name: one a site, since cookies know no ports."""

    accounts: Accounts
    clock: Clock
    chance: Chance
    cookie: str
    language: Language
    passwords: Passwords = field(default_factory=Passwords)
    throttle: LoginThrottle


def gate_of(connection: HTTPConnection) -> Gate:
    """The gate of the application that serves this connection."""
    gate: Gate = connection.app.state.gate
    return gate
