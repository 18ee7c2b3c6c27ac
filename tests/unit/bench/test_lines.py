"""Each line runs in its shortest form; a report is told as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import Clock, SystemClock
from edge.errors import InvalidInput
from tallydock.bench import durable_scans, http_scans, lines, scan_to_verdict, table, verify
from tallydock.bench.lines import LINES, Report
from tallydock.bench.machine import Machine
from tallydock.bench.measure import Comparison, Finding, Goal, NotYet
from tallydock.cli import main


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As short as a line can be: what is measured then means nothing."""
    batches = tuple(replace(batch, slice_short=100) for batch in durable_scans.BATCHES[1:])
    monkeypatch.setattr(durable_scans, "BATCHES", batches)
    monkeypatch.setattr(durable_scans, "SHORT_ROUNDS", 5)
    monkeypatch.setattr(scan_to_verdict, "SLICE_SHORT_S", 0.1)
    monkeypatch.setattr(http_scans, "LEVELS", http_scans.LEVELS[1:2])
    monkeypatch.setattr(http_scans, "SCANS_SHORT", 16)
    monkeypatch.setattr(verify, "EVENTS_SHORT", 500)


@pytest.mark.parametrize("number", LINES)
def test_a_line_runs(tmp_path: Path, number: int) -> None:
    name, run = LINES[number]
    found = run(tmp_path, SystemClock(), short=True)
    assert found
    for finding in found:
        assert (finding.line, finding.name.startswith(name)) == (number, True)
        if isinstance(finding, Comparison):
            assert min(finding.ours + finding.raw) > 0
            assert len(finding.ours) == len(finding.raw)
        else:
            assert "nothing to measure yet" in finding.note


# --- reports ------------------------------------------------------------------------------

MACHINE = Machine(
    cores=2, python="3.11", sqlite="3.40", system="Linux", disk="ext4",
    load_before=0.5, syncs_before=9000.0, load_after=1.0, syncs_after=8000.0,
)  # fmt: skip


def reported(ours: float) -> Report:
    """A report of one comparison and one line that is not there yet."""
    comparison = Comparison(
        line=1, name="x", unit="scans/s", goal=Goal("at least", 0.5), ours=(ours, ours),
        raw=(10.0, 10.0), raw_name="bare", note="two rounds",
    )  # fmt: skip
    return Report(MACHINE, True, (comparison, NotYet(line=13, name="llrp", note="nothing yet")))


def test_the_table_sets_goals_beside_figures_and_doubts_a_fast_disk() -> None:
    told = "\n".join(table.lines(reported(4.0)))
    for part in ("0.40 / 0.40 / 0.40", ">= 0.5", "fail", "limit: bare; two rounds", "cache",
                 "13  llrp: nothing yet", "0.50 before, 1.00 after"):  # fmt: skip
        assert part in told, part


def test_the_json_holds_every_figure() -> None:
    found = json.loads(json.dumps(table.as_json(reported(4.0))))
    first, second = found["findings"]
    assert (first["ours"], first["raw"], first["outcome"]) == ([4.0, 4.0], [10.0, 10.0], "fail")
    assert first["ratio"] == {"least": 0.4, "middle": 0.4, "greatest": 0.4}
    assert (second["outcome"], found["machine"]["disk"]) == ("not yet", "ext4")


def test_only_a_missed_goal_fails() -> None:
    assert table.failed(reported(4.0))
    assert not table.failed(reported(5.0))


# --- the command --------------------------------------------------------------------------


def test_lines_are_chosen_by_number() -> None:
    assert lines.chosen("7, 1") == (7, 1)
    assert lines.chosen(None) == (1, 2, 3, 7, 13, 16)
    for wrong in ("4", "x", ""):
        with pytest.raises(InvalidInput, match="durable-scans"):
            lines.chosen(wrong)


def test_the_command_measures_on_the_given_disk_and_leaves_it_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(folder: Path, _: Clock, *, short: bool) -> Sequence[Finding]:
        assert (folder.parent, short) == (tmp_path, True)
        return reported(4.0).findings

    monkeypatch.setattr(lines, "look", lambda *_: MACHINE)
    monkeypatch.setattr(lines, "syncs_per_second", lambda *_: 1.0)
    monkeypatch.setitem(LINES, 1, ("durable-scans", measured))
    out = tmp_path / "out.json"
    arguments = ["--quick", "--lines", "1", "--data", str(tmp_path), "--json", str(out)]
    assert main(["bench", *arguments]) == 1
    assert "0.40 / 0.40 / 0.40" in capsys.readouterr().out
    assert json.loads(out.read_text())["short"] is True
    assert list(tmp_path.iterdir()) == [out]
