"""Real services for a bench: folders, configuration, tokens, processes and when they are ready."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from edge.clock import Clock
from edge.errors import PeerError
from edge.ids import Chance
from tallydock.bench import workload
from tallydock.config import WebConfig
from tallydock.demo.children import Child, Recipe
from tallydock.office.books import SiteBook
from tallydock.office.desk import Desk
from tallydock.office.ports import TokenWish
from tallydock.offline import opened
from tallydock.serving import bind
from tallydock.stores import edge_path

READY_WITHIN_NS = 30_000_000_000
LOOK_EVERY_S = 0.02


def free_port() -> int:
    """A port that nobody has now."""
    with closing(bind(WebConfig(port=0))) as listener:
        return int(listener.getsockname()[1])


def token_of(data: Path, clock: Clock, chance: Chance) -> str:
    """A token that may do all, in the store of the bench's site under ``data``."""
    path = edge_path(data, workload.SITE)
    with opened(path, workload.SETTINGS, clock, chance) as site:
        wish = TokenWish(name="bench", login=None, scopes=("all",), days=None)
        return Desk(SiteBook(site), clock, chance).make_token(wish).token


@contextmanager
def serving(
    name: str, folder: Path, module: str, arguments: tuple[str, ...], port: int, clock: Clock
) -> Iterator[None]:
    """``python -m MODULE ARGUMENTS`` as a child, once it listens on ``port``."""
    log = folder / f"{name}.log"
    child = Child(Recipe(name, (sys.executable, "-m", module, *arguments), log))
    try:
        _await(child, port, log, clock)
        yield
    finally:
        child.end()


def _await(child: Child, port: int, log: Path, clock: Clock) -> None:
    deadline_ns = clock.monotonic_ns() + READY_WITHIN_NS
    while clock.monotonic_ns() < deadline_ns and child.ended() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(LOOK_EVERY_S)
    tail = log.read_text(errors="replace")[-1000:]
    raise PeerError(f"{child.recipe.name} does not serve: {tail}")
