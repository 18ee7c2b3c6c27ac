"""A file that keeps room on the disk, so that an outage can be recorded when the disk is full.

While the disk is full nothing is written but, at the very end, that it was so. Scans are taken
again only once there is as much room again as the file itself occupies: a disk with room for one
more event but not for two would otherwise fail and recover at every scan.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

RESERVE_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


class ReserveFile:
    """``{store}.reserve``, allocated in full (not sparse)."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_suffix(".reserve")

    def take(self) -> None:
        """Occupy the room; a disk without room for it is left as it is."""
        if not self._allocate(RESERVE_BYTES):
            self.release()

    def has_room(self) -> bool:
        """Whether the disk has as much room again, beside what is occupied."""
        enough = self._allocate(2 * RESERVE_BYTES)
        try:
            os.truncate(self._path, min(RESERVE_BYTES, self._path.stat().st_size))
        except FileNotFoundError:
            return enough
        except OSError as error:  # a disk that became read-only, for one
            logger.warning("the reserve %s cannot be changed: %s", self._path, error)
            return False
        return enough

    def release(self) -> None:
        """Give the room free."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("the reserve %s cannot be removed: %s", self._path, error)

    def _allocate(self, size_bytes: int) -> bool:
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.posix_fallocate(handle, 0, size_bytes)
            finally:
                os.close(handle)
        except OSError:
            return False
        return True
