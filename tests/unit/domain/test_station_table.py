"""The table (station state x kind of scan), walked cell by cell over a real store.

Each situation is brought about by scans; each sample of each kind is then scanned in it, its
verdict held against the list of the rule that the table names, and undone again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain.events import Message, ScanJudged
from edge.domain.kernel import registered
from edge.domain.rows import Item
from edge.domain.station_table import KINDS, RULES, STATES, TABLE
from edge.domain.verdicts import CHANGES, VERDICTS
from edge.service.handlers import handle
from edge.service.heart import Entry
from edge.service.inputs import Scan
from edge.service.outcome import Written
from edge.service.wording import say
from edge.text.catalogue import LANGUAGES, MISSING, catalogue
from tests.unit.domain.situations import (
    SAMPLES,
    SITUATIONS,
    WALK_SETTINGS,
    Sample,
    Situation,
    build_orders,
)
from tests.unit.floor import Floor

Tried = tuple[Situation, Sample, ScanJudged, tuple[Written, ...]]


def _try(floor: Floor, scan: Scan) -> tuple[Written, ...]:
    """What a scan would do: as in a step, but given up before the commit."""
    heart = floor.loop.heart
    heart.begin()
    try:
        return handle(heart, Entry(scan, 7)).events
    finally:
        heart.undo()


def _samples(floor: Floor, situation: Situation) -> Iterator[tuple[Sample, Scan]]:
    for sample in SAMPLES:
        yield sample, sample.at(floor)
    last = situation.scans[-1]
    repeat = Sample("repeat", last, retransmit=True)
    yield repeat, repeat.at(floor)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    """Every sample in every situation."""
    tried: list[Tried] = []
    with Floor(tmp_path_factory.mktemp("walk"), WALK_SETTINGS) as floor:
        build_orders(floor.furnish())
    content = floor.path.read_bytes()
    for index, situation in enumerate(SITUATIONS):
        folder = tmp_path_factory.mktemp(f"walk-{index}")
        (folder / floor.path.name).write_bytes(content)
        with Floor(folder, WALK_SETTINGS) as here:
            here.now_us = floor.now_us
            tried += _walk(here, situation)
    return tried


def _walk(floor: Floor, situation: Situation) -> Iterator[Tried]:
    situation.bring_about(floor)
    for sample, scan in _samples(floor, situation):
        events = _try(floor, scan)
        judged = events[0].event
        assert isinstance(judged, ScanJudged), "the verdict comes first"
        yield situation, sample, judged, events
    floor.verify()


def test_no_cell_is_undefined() -> None:
    assert set(TABLE) == {(state, kind) for state in STATES for kind in KINDS}
    assert set(TABLE.values()) == set(RULES), "every rule stands in the table"


def test_every_cell_is_walked(walk: list[Tried]) -> None:
    assert {(situation.state, judged.kind) for situation, _, judged, _ in walk} == set(TABLE)


def test_samples_are_of_the_kind_that_they_claim(walk: list[Tried]) -> None:
    wrong = [
        (situation.name, sample.data, judged.kind)
        for situation, sample, judged, _ in walk
        if judged.kind != sample.kind
    ]
    assert wrong == []


def test_every_verdict_is_on_the_list_of_its_rule(walk: list[Tried]) -> None:
    wrong = [
        (situation.name, sample.data, judged.verdict)
        for situation, sample, judged, _ in walk
        if judged.verdict not in RULES[TABLE[situation.state, judged.kind]][1]
    ]
    assert wrong == []


def test_no_rule_lists_a_verdict_that_it_never_gives(walk: list[Tried]) -> None:
    """A choice is judged by the rule of the reading, so its list is that of all items."""
    given = defaultdict(set)
    for situation, _, judged, _ in walk:
        given[TABLE[situation.state, judged.kind]].add(judged.verdict)
    listed = {name: set(verdicts) for name, (_, verdicts) in RULES.items()}
    assert given.pop("chosen") < listed.pop("chosen")
    assert dict(given) == listed


def test_every_verdict_is_given_somewhere(walk: list[Tried]) -> None:
    assert {judged.verdict for _, _, judged, _ in walk} == set(VERDICTS)


def test_a_verdict_changes_something_exactly_if_it_says_so(walk: list[Tried]) -> None:
    """What is judged ``again`` is the one change that was made before."""
    for situation, sample, judged, events in walk:
        changed = len(events) > 1
        again = judged.why.key.endswith(".again")
        told = judged.verdict in CHANGES and not again
        assert changed == told, (situation.name, sample.data, judged.verdict)


def test_every_message_is_in_both_catalogues(walk: list[Tried]) -> None:
    said = {m.key for _, _, judged, _ in walk for m in (judged.why, judged.next)}
    said |= {f"verdict.{judged.verdict}" for _, _, judged, _ in walk}
    for language in LANGUAGES:
        assert said <= catalogue(language).keys()


def test_no_sentence_lacks_a_parameter(walk: list[Tried], tmp_path: Path) -> None:
    with Floor(tmp_path, WALK_SETTINGS) as floor:
        items = {row.sku: row for row in floor.furnish().rows(Item)}
        zone = floor.loop.heart.zone

    def lacks(message: Message) -> bool:
        return any(MISSING in say(message, language, items, zone) for language in LANGUAGES)

    bad = {m.key for _, _, judged, _ in walk for m in (judged.why, judged.next) if lacks(m)}
    assert bad == set()


def test_every_command_and_event_has_its_rule() -> None:
    from edge.domain import commands, events

    decided, evolved = registered()
    kinds = {kind for kind in vars(commands).values() if isinstance(kind, type)}
    wanted = {k for k in kinds if issubclass(k, commands.Command) and k is not commands.Command}
    assert decided == wanted
    assert evolved == set(events.EVENT_TYPES)
