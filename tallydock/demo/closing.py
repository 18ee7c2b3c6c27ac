"""The end of ``--orders N --exit``: drain, verify, and one line that says what there was."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass

from edge.domain.events import FulfilmentClosed, ScanJudged
from edge.domain.verdicts import CHANGES
from edge.journal import registry
from edge.journal.chain import Position
from edge.journal.reader import JournalReader
from tallydock.demo.layout import SITE, WORKED, Layout
from tallydock.demo.seeding import Door
from tallydock.stores import edge_path
from tallydock.verification import verify_all

DRAIN_WITHIN_S = 90.0
LOOK_EVERY_S = 0.2
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where journal and transcripts stood when this run began."""

    seq: int
    sent: int


def sent_codes(layout: Layout) -> int:
    """How many codes the simulated scanners ever sent."""
    files = (layout.transcript(station) for station in WORKED)
    return sum(len(file.read_bytes().splitlines()) for file in files if file.exists())


def beginning(layout: Layout) -> Beginning:
    """The present state, before anything is worked."""
    reader = JournalReader.open(edge_path(layout.data, SITE))
    try:
        return Beginning(reader.head().seq, sent_codes(layout))
    finally:
        reader.close()


def edge_head(layout: Layout) -> Position:
    """The end of the site's journal."""
    reader = JournalReader.open(edge_path(layout.data, SITE))
    try:
        return reader.head()
    finally:
        reader.close()


def central_head(central: Door) -> tuple[int, str]:
    """The end of central's copy, as central tells it."""
    items = central.get("/sites")["items"]
    for site in items if isinstance(items, list) else ():
        if site["site"] == SITE:
            return int(site["through"]), str(site["hash"])
    return 0, ""


def drain(layout: Layout, central: Door) -> tuple[int, str]:
    """Wait until central holds the whole journal; where it stands in the end."""
    for _ in range(int(DRAIN_WITHIN_S / LOOK_EVERY_S)):
        head, held = edge_head(layout), central_head(central)
        if held == (head.seq, head.hash.hex()):
            return held
        time.sleep(LOOK_EVERY_S)
    return central_head(central)


def summary(layout: Layout, began: Beginning, central: tuple[int, str]) -> dict[str, object]:
    """The figures of this run. ``scans`` are what scanners and pages sent."""
    counts = _counts(layout, began.seq)
    head = edge_head(layout)
    pages = counts["page"]
    return {
        "orders_closed": counts["closed"],
        "scans": sent_codes(layout) - began.sent + pages,
        "verdicts": counts["verdict"],
        "refused": counts["refused"],
        "labels_printed": 0,
        "labels_voided": 0,
        "gate_passes": 0,
        "journal_seq": head.seq,
        "edge_head": head.hash.hex(),
        "central_seq": central[0],
        "central_head": central[1],
        "verify": _verified(layout),
    }


def faults_of(figures: dict[str, object], orders: int) -> list[str]:
    """Why this run is not what it should be; empty when it is."""
    faults = []
    if figures["verify"] != "ok":
        faults.append(str(figures["verify"]))
    if figures["orders_closed"] != orders:
        faults.append(f"{figures['orders_closed']} orders were closed, not {orders}")
    if figures["scans"] != figures["verdicts"]:
        faults.append(f"{figures['scans']} scans but {figures['verdicts']} verdicts")
    edge, central = figures["journal_seq"], figures["central_seq"]
    if (edge, figures["edge_head"]) != (central, figures["central_head"]):
        faults.append(f"central holds {central}, the site {edge}")
    return faults


def as_line(figures: dict[str, object]) -> str:
    """One line of JSON."""
    return json.dumps(figures)


def _counts(layout: Layout, after: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    reader = JournalReader.open(edge_path(layout.data, SITE))
    try:
        while page := reader.read(after, PAGE, 1 << 24):
            for stored in page:
                event = registry.decode(stored).event
                if isinstance(event, ScanJudged):
                    counts["verdict"] += 1
                    counts["refused"] += event.verdict not in CHANGES
                    counts["page"] += event.device.startswith("page/")
                counts["closed"] += isinstance(event, FulfilmentClosed)
            after = page[-1].seq
    finally:
        reader.close()
    return counts


def _verified(layout: Layout) -> str:
    found = [finding.text for finding in verify_all(layout.data) if finding.code != 0]
    return "; ".join(found) or "ok"
