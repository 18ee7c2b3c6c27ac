"""A report as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from tallydock.bench.lines import Report
from tallydock.bench.measure import Comparison, Finding, NotYet, Spread

SYNCS_OF_A_CACHE = 5000.0

_COLUMNS = "{:>2}  {:32} {:>18} {:>18}  {:>22}  {:>7}  {}"


def lines(report: Report) -> Iterator[str]:
    """The table: middle values of both sides, ratio (least / middle / greatest), goal, outcome."""
    machine = report.machine
    yield f"{machine.system}, {machine.cores} cores"
    yield f"Python {machine.python}, SQLite {machine.sqlite}, {machine.disk}"
    yield f"load average: {machine.load_before:.2f} before, {machine.load_after:.2f} after"
    yield (
        f"durable blocks of 4 KiB a second: {machine.syncs_before:,.0f} before,"
        f" {machine.syncs_after:,.0f} after"
    )
    if machine.syncs_before > SYNCS_OF_A_CACHE:
        yield "the disk answers so fast that it may be a cache: is it safe when the power fails?"
    yield ""
    yield _COLUMNS.format("", "", "ours", "limit", "ratio", "goal", "")
    for finding in report.findings:
        yield from _row(finding, machine_busy=machine.busy)


def _row(finding: Finding, *, machine_busy: bool) -> Iterator[str]:
    if isinstance(finding, NotYet):
        yield f"{finding.line:>2}  {finding.name}: {finding.note}"
        return
    ours, raw, ratio = Spread.of(finding.ours), Spread.of(finding.raw), finding.ratio
    yield _COLUMNS.format(
        finding.line,
        finding.name,
        f"{ours.middle:,.0f} {finding.unit}",
        f"{raw.middle:,.0f} {finding.unit}",
        f"{ratio.least:.2f} / {ratio.middle:.2f} / {ratio.greatest:.2f}",
        str(finding.goal),
        finding.outcome(machine_busy=machine_busy),
    ).rstrip()
    note = f"; {finding.note}" if finding.note else ""
    yield f"      limit: {finding.raw_name}{note}"


def as_json(report: Report) -> dict[str, object]:
    """Every figure that was measured, the ratios, and what is made of them."""
    busy = report.machine.busy
    return {
        "machine": asdict(report.machine),
        "short": report.short,
        "findings": [_object(finding, machine_busy=busy) for finding in report.findings],
    }


def _object(finding: Finding, *, machine_busy: bool) -> dict[str, object]:
    if isinstance(finding, NotYet):
        return {**asdict(finding), "outcome": "not yet"}
    return {
        **asdict(finding),
        "goal": str(finding.goal),
        "ratio": asdict(finding.ratio),
        "outcome": finding.outcome(machine_busy=machine_busy),
    }


def failed(report: Report) -> bool:
    """Whether a goal was missed for sure."""
    busy = report.machine.busy
    return any(
        isinstance(finding, Comparison) and finding.outcome(machine_busy=busy) == "fail"
        for finding in report.findings
    )
