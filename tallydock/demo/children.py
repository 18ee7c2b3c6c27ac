"""Child processes that are started again when they die, and end with their parent.

Each child gets its own session, so that Ctrl-C reaches the parent alone, which ends them in
order; should the parent be killed, the kernel ends them (``sync.die_with_parent``).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import die_with_parent

GUARD = Path(die_with_parent.__file__)
LOOK_EVERY_S = 0.2
END_WITHIN_S = 6.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to start a child: an absolute path and arguments; its output goes to ``log``."""

    name: str
    command: tuple[str, ...]
    log: Path


class Child:
    """One running child."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        recipe.log.parent.mkdir(parents=True, exist_ok=True)
        with recipe.log.open("ab") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-I", str(GUARD), str(os.getpid()), *recipe.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def ended(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Ask it to end; insist after a while."""
        self._process.terminate()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Family:
    """Children by name. A child that dies is started again, unless it was told to end."""

    def __init__(self, changed: Callable[[Mapping[str, int]], None]) -> None:
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._finished: dict[str, int] = {}
        self._once: set[str] = set()
        self.started: list[str] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="family", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def add(self, recipe: Recipe, *, once: bool = False) -> None:
        """Start a child; ``once``: it may end by itself with exit code 0."""
        with self._lock:
            self._children[recipe.name] = Child(recipe)
            self.started.append(recipe.name)
            if once:
                self._once.add(recipe.name)
        self._changed(self.pids())

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        with self._lock:
            return {name: child.pid for name, child in self._children.items()}

    def finished(self) -> dict[str, int]:
        """Exit codes of the children that ended by themselves, as they may."""
        with self._lock:
            return dict(self._finished)

    def end(self, names: Sequence[str] | None = None) -> None:
        """End these children, or all of them and the watching, last started first."""
        with self._lock:
            chosen = list(reversed(self._children)) if names is None else list(names)
            children = [self._children.pop(name) for name in chosen if name in self._children]
        if names is None:
            self._ending.set()
        for child in children:
            child.end()

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_EVERY_S):
            if self._look():
                self._changed(self.pids())

    def _look(self) -> bool:
        changed = False
        with self._lock:
            for name, child in list(self._children.items()):
                code = child.ended()
                if code is None:
                    continue
                changed = True
                if code == 0 and name in self._once:
                    self._finished[name] = code
                    del self._children[name]
                elif not self._ending.is_set():
                    self._children[name] = Child(child.recipe)
        return changed
