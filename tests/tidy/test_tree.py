"""Each rule over the whole tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.tidy import exceptions, purity, sizes, wording
from tests.tidy.source import ROOT, Finding, Source, files, sources

RULES: list[Callable[[Source], Iterator[Finding]]] = [
    sizes.too_long,
    purity.reads_clock,
    purity.uses_chance,
    purity.reads_environment,
    purity.prints,
    purity.declares_table,
    wording.empty_names,
    wording.undocumented,
    wording.left_behind,
    wording.skips,
]


def _report(findings: list[Finding]) -> str:
    return "\n".join(["", *map(str, findings)])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_file_breaks_the_rule(rule: Callable[[Source], Iterator[Finding]]) -> None:
    findings = [finding for source in sources() for finding in rule(source)]
    assert not findings, _report(findings)


def test_what_is_long_has_been_thought_about() -> None:
    findings = [finding for source in sources() for finding in sizes.long(source)]
    considered = exceptions.LONG_BUT_CONSIDERED
    assert not (unlisted := [f for f in findings if f.what not in considered]), _report(unlisted)
    assert set(considered) <= {finding.what for finding in findings}, "entries no longer needed"


def test_only_supervisors_catch_everything() -> None:
    findings = [finding for source in sources() for finding in purity.broad_except(source)]
    supervisors = exceptions.SUPERVISORS
    assert not (others := [f for f in findings if f.path not in supervisors]), _report(others)
    assert set(supervisors) <= {finding.path for finding in findings}, "entries no longer needed"


def test_escapes_from_the_checkers_are_few_and_listed() -> None:
    findings = [finding for source in sources() for finding in wording.escapes(source)]
    keys = [f"{finding.path}: {finding.what}" for finding in findings]
    listed = exceptions.ESCAPES
    unlisted = [finding for finding, key in zip(findings, keys, strict=True) if key not in listed]
    assert not unlisted, _report(unlisted)
    assert set(listed) <= set(keys), "entries no longer needed"
    assert len(findings) <= exceptions.ESCAPES_MAX


def test_no_file_names_a_machine_or_a_registry() -> None:
    findings: list[Finding] = []
    for path in files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        findings += wording.names_machine(path, text)
    assert not findings, _report(findings)
