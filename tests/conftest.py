"""What holds for every test: no way out of this machine, and Hypothesis without timing.

``--hypothesis-profile=soak`` looks longer and elsewhere each time; by default the same examples
come every time, so that a red test is red for everyone.
"""

from __future__ import annotations

import socket
import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "soak", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("default")

_HERE = ("127.", "::1", "::ffff:127.", "localhost", "0.0.0.0", "::")


class OutsideWorld(AssertionError):
    """A test reached for another machine."""


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: refuse to connect to, or look up, anything but this machine."""
    if event == "socket.connect":
        _, address = arguments
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if (
        isinstance(host, str)
        and host
        and host != socket.gethostname()
        and not host.startswith(_HERE)
    ):
        raise OutsideWorld(f"{event} to {host}")


sys.addaudithook(_guard)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--seeds N``: how many seeds each simulation runs, instead of its own number."""
    parser.addoption("--seeds", type=int, default=None, help="seeds a simulation runs")
