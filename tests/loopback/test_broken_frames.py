"""Broken frames on a real line, at a real site: each is a verdict, and none spoils the next."""

from __future__ import annotations

import os
import tty
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.rest.journal import JournalPage
from edge.codes.commands import build
from tests.contract.brokers import until
from tests.unit.api.real_house import ITEMS, import_file, opened
from tests.unit.api.test_over_the_heart import ANNA, ok

LINE_MAX = 4096
READS_S = 20.0


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """Our end of a serial line, and the name of the other."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def judged(client: TestClient) -> list[tuple[object, object, object]]:
    """(verdict, reason, data) of each scan in the journal."""
    found: list[tuple[object, object, object]] = []
    after = 0
    while True:
        content = ok(client.get(f"/api/v1/journal?after={after}")).content
        page = JournalPage.model_validate_json(content)
        if not page.events:
            return found
        found += (
            (entry.event.data["verdict"], entry.event.data["reason"], entry.event.data["data"])
            for entry in page.events
            if entry.event.type == "ScanJudged"
        )
        after = page.next


def has_judged(client: TestClient, least: int) -> bool:
    """Whether so many scans have a verdict."""
    return len(judged(client)) >= least


def test_each_broken_frame_is_one_verdict_and_the_next_code_counts(
    tmp_path: Path, line: tuple[int, str]
) -> None:
    ours, name = line
    device = {"url": f"serial:{name}?terminator=etx", "station": "pack-1"}
    with opened(tmp_path, devices={"scanner-1": device}) as (client, _):
        import_file(client, "items", ITEMS)
        ok(client.post("/api/v1/users", json=ANNA))
        ready = "/api/v1/devices"
        assert until(lambda: client.get(ready).json()["items"][0]["state"] == "ready", READS_S)
        frames = (
            b"\x02\xff\xfe\x80\x03",  # no text in any encoding that a scanner is set to
            b"\x02" + b"9" * (LINE_MAX + 500) + b"\x03",  # longer than any code
            b"\x02400638\x02no such code\x03",  # cut off by the next one
            b"\x02" + build("BADGE", "7001").encode() + b"\x03",
        )
        for count, frame in enumerate(frames, 1):
            os.write(ours, frame)
            least = count + (count >= 3)
            assert until(partial(has_judged, client, least), READS_S)
        verdicts = judged(client)
        assert [(verdict, reason) for verdict, reason, _ in verdicts[:3]] == [
            ("unreadable", "encoding"), ("unreadable", "too_long"), ("unreadable", "cut"),
        ]  # fmt: skip
        assert len(str(verdicts[1][2])) <= LINE_MAX
        assert verdicts[3][0] == "not_signed_in"
        assert verdicts[4][0] == "signed_in"
        assert len(verdicts) == 5
        assert client.get(ready).json()["items"][0]["state"] == "ready"
