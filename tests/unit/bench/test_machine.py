"""Which disk a folder is on; blocks that are overwritten in place."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import InvalidInput
from tallydock.bench import machine
from tallydock.bench.machine import BLOCK_BYTES, Machine, SyncedFile, disk_kind


def test_the_longest_mount_point_above_a_folder_tells_its_disk(tmp_path: Path) -> None:
    folder = tmp_path / "a b" / "c"
    folder.mkdir(parents=True)
    mounts = tmp_path / "mounts"
    within = str(tmp_path / "a b").replace(" ", "\\040")
    mounts.write_text(f"x / ext4 rw 0 0\nx {within} xfs rw 0 0\nx {within}x tmpfs rw 0 0\n")
    assert disk_kind(folder, mounts) == "xfs"
    assert disk_kind(tmp_path, mounts) == "ext4"


def test_a_folder_in_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "disk_kind", lambda _: "tmpfs")
    with pytest.raises(InvalidInput, match="tmpfs"):
        machine.look(tmp_path, SystemClock())


def test_blocks_are_written_over_and_the_file_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "blocks"
    with closing(SyncedFile(path, blocks=3)) as file:
        for _ in range(4):
            file.overwrite()
    content = path.read_bytes()
    assert len(content) == 3 * BLOCK_BYTES
    assert content.count(bytes(range(256))) == 3 * BLOCK_BYTES // 256


def test_a_machine_is_busy_above_one_runner_a_core() -> None:
    def loaded(load: float) -> Machine:
        return Machine(
            cores=2, python="", sqlite="", system="", disk="", load_before=load, syncs_before=1.0
        )

    assert not loaded(2.0).busy
    assert loaded(2.1).busy
