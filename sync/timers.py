"""Named one-shot timers of a sans-IO object: when is each due, and which is next."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)


class Timers(Generic[Name]):
    """At most one due time a name, steady microseconds."""

    def __init__(self) -> None:
        self._due_us: dict[Name, int] = {}

    def set(self, name: Name, at_us: int) -> None:
        """(Re)set a timer."""
        self._due_us[name] = at_us

    def is_set(self, name: Name) -> bool:
        return name in self._due_us

    def ensure(self, name: Name, at_us: int) -> None:
        """Set a timer unless it runs already."""
        self._due_us.setdefault(name, at_us)

    def sooner(self, name: Name, at_us: int) -> None:
        """Let a timer be due at ``at_us`` at the latest."""
        self._due_us[name] = min(at_us, self._due_us.get(name, at_us))

    def cancel(self, name: Name) -> None:
        self._due_us.pop(name, None)

    def cancel_all(self) -> None:
        self._due_us.clear()

    def due(self, steady_us: int) -> list[Name]:
        """Names whose time has come, the earliest first; they stay set until taken."""
        late = [(at, name) for name, at in self._due_us.items() if at <= steady_us]
        return [name for _, name in sorted(late, key=lambda pair: pair[0])]

    def take(self, name: Name, steady_us: int) -> bool:
        """Unset a timer that is still due; an earlier one's handler may have cancelled it."""
        if self._due_us.get(name, steady_us + 1) > steady_us:
            return False
        del self._due_us[name]
        return True

    def next_us(self) -> int | None:
        """The earliest time, or None."""
        return min(self._due_us.values(), default=None)
