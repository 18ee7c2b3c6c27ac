"""A file that keeps room on the disk, so that an outage can be recorded when the disk is full."""

from __future__ import annotations

import os
from pathlib import Path

RESERVE_BYTES = 1024 * 1024


class ReserveFile:
    """``{store}.reserve``, allocated in full (not sparse)."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_suffix(".reserve")

    def take(self) -> None:
        """Occupy the room; a disk without room for it is left as it is."""
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.posix_fallocate(handle, 0, RESERVE_BYTES)
            finally:
                os.close(handle)
        except OSError:
            self.release()

    def release(self) -> None:
        """Give the room free."""
        self._path.unlink(missing_ok=True)
