"""Room kept for the last words; a disk that became read-only has none and says so."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from edge.journal.reserve import RESERVE_BYTES, ReserveFile


@pytest.fixture
def reserve(tmp_path: Path) -> ReserveFile:
    return ReserveFile(tmp_path / "hz1.db")


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


def test_room_is_taken_in_full_and_given_free(reserve: ReserveFile, tmp_path: Path) -> None:
    reserve.take()
    assert (tmp_path / "hz1.reserve").stat().st_size == RESERVE_BYTES
    assert reserve.has_room()
    assert (tmp_path / "hz1.reserve").stat().st_size == RESERVE_BYTES
    reserve.release()
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_disk_has_no_room(
    reserve: ReserveFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reserve.take()
    for name in ("open", "truncate", "unlink"):
        monkeypatch.setattr(os, name, read_only)
    assert not reserve.has_room()
    reserve.release()
    assert "cannot be changed" in caplog.text
    assert "cannot be removed" in caplog.text
