"""``doctor``: what measurements mean, and that measuring works on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.clock import ManualClock
from tallydock.doctor import judging, probes
from tallydock.doctor.judging import MIB, Check
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, floor

NOW_US = ManualClock().now_us()
HOUR_US = 3_600_000_000

JUDGED: list[tuple[Check, str]] = [
    (judging.python((3, 11, 0), "3.11.0"), "ok"),
    (judging.python((3, 10, 12), "3.10.12"), "bad"),
    (judging.sqlite((3, 40, 1), "3.40.1"), "ok"),
    (judging.sqlite((3, 34, 0), "3.34.0"), "bad"),
    (judging.space("/x", 4000 * MIB), "ok"),
    (judging.space("/x", 1000 * MIB), "warn"),
    (judging.space("/x", 100 * MIB), "bad"),
    (judging.syncing("/x", "ext4", [300, 400, 9_000_000]), "ok"),
    (judging.syncing("/x", "ext4", [30_000]), "warn"),
    (judging.syncing("/x", "ext4", [300_000]), "bad"),
    (judging.syncing("/x", "tmpfs", [1]), "warn"),
    (judging.unwritable("/x", "Read-only file system"), "bad"),
    (judging.font(["Noto Sans CJK SC"]), "ok"),
    (judging.font([]), "warn"),
    (judging.font(None), "warn"),
    (judging.browser("/usr/bin/chromium"), "ok"),
    (judging.browser(None), "warn"),
    (judging.serial({}, True), "ok"),
    (judging.serial({}, False), "warn"),
    (judging.serial({"/dev/ttyUSB0": True}, False), "ok"),
    (judging.serial({"/dev/ttyUSB0": True, "/dev/ttyACM0": False}, True), "bad"),
    (judging.meddlers([]), "ok"),
    (judging.meddlers(["brltty"]), "warn"),
    (judging.broker("/x/nats-server", "nats-server: v2"), "ok"),
    (judging.broker("/x/nats-server", None), "bad"),
    (judging.broker(None, None), "warn"),
    (judging.zones(True), "ok"),
    (judging.zones(False), "bad"),
    (judging.clock(NOW_US, None, None), "ok"),
    (judging.clock(NOW_US, NOW_US + 1_000_000, True), "ok"),
    (judging.clock(NOW_US, NOW_US + HOUR_US, True), "bad"),
    (judging.clock(NOW_US, None, False), "warn"),
    (judging.clock(0, None, True), "bad"),
    (judging.clock(2**53, None, True), "bad"),
]


@pytest.mark.parametrize(("check", "level"), JUDGED)
def test_a_measurement_is_judged(check: Check, level: str) -> None:
    assert check.level == level
    assert (check.remedy is None) == (level == "ok")


def test_a_machine_is_examined_and_bad_news_is_the_exit_code(
    call: Call, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examined() -> tuple[int, dict[str, str]]:
        said = call("doctor", "--data", data, "--json")
        lines = map(json.loads, said.lines)
        return said.code, {line["name"]: line["level"] for line in lines}

    code, levels = examined()
    assert set(levels) == {check.name for check, _ in JUDGED}
    assert code == int("bad" in levels.values())
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    code, levels = examined()
    assert (code, levels["time zones"]) == (1, "bad")


def test_people_read_the_remedy(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    said = call("doctor")
    assert "bad   time zones: no time zone table" in said.lines
    assert "      apt-get install tzdata" in said.lines


def test_a_clock_behind_the_journal_is_seen(tmp_path: Path) -> None:
    with floor(tmp_path, SITE) as site:
        site.open_for_business()
        clock = ManualClock(site.clock.now_us() - HOUR_US)
    (tmp_path / "edge" / "hz9.db").write_bytes(b"damaged")
    levels = {check.name: check.level for check in probes.examine(tmp_path, clock)}
    assert levels["clock"] == "bad"


def test_a_folder_that_is_not_there_yet_is_measured_at_its_parent(tmp_path: Path) -> None:
    checks = {check.name: check for check in probes.examine(tmp_path / "a" / "b", ManualClock())}
    assert checks["disk space"].found.endswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_file_system_is_the_one_that_holds_the_folder() -> None:
    assert probes.filesystem(Path("/proc/self")) == "proc"
