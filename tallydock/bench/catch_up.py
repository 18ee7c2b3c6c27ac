"""Line 16, ``catch-up``: a site that was offline sends central its day.

Two questions. How fast do events go from the pump through a broker into central's store, against
publishing the same bytes with the same window and waiting for nothing but the broker? And how
fast does central take messages in, against inserting the same events bare, a commit a message?
Central is a process of its own, as it is in real life.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from edge.clock import Clock
from edge.journal.reader import JournalReader
from edge.journal.sqlite import SqliteExecutor, open_reader
from sync.broker import EmbeddedBroker
from sync.broker_conf import User
from sync.mqtt import Broker
from tallydock.bench import journals, workload
from tallydock.bench.central_side import Applying
from tallydock.bench.houses import free_port, serving
from tallydock.bench.measure import ROUNDS_MIN, Comparison, Finding, Goal, take_turns
from tallydock.bench.publishing import Publisher
from tallydock.bench.sending import Sending
from tallydock.bench.windows import Growing
from tallydock.wiring.link_side import StoredMemory

LINE, NAME = 16, "catch-up"
SENT, APPLIED = Goal("at least", 0.5), Goal("at least", 0.25)
ROUNDS_LONG = 19
SLICE_LONG, SLICE_SHORT = 5000, 1000
SCANS_PER_SLICE = 0.55
LOGINS = (User(workload.SITE, "site", "site"), User("central", "central", "central"))


def run(folder: Path, clock: Clock, *, short: bool) -> list[Finding]:
    """Both ratios over the same journal."""
    rounds, events = (ROUNDS_MIN, SLICE_SHORT) if short else (ROUNDS_LONG, SLICE_LONG)
    path = journals.worked(folder, round((rounds + 2) * events * SCANS_PER_SLICE))
    return [
        _sent(folder, path, clock, rounds, events),
        _applied(folder, path, clock, rounds, events),
    ]


def _sent(folder: Path, path: Path, clock: Clock, rounds: int, events: int) -> Finding:
    with ExitStack() as stack:
        port = _broker(stack, folder / "broker", clock)
        web = free_port()
        config = folder / "central.toml"
        config.write_text(_central_toml(port, web))
        arguments = ("central", "--config", str(config), "--data", str(folder))
        stack.enter_context(serving("central", folder, "tallydock", arguments, web, clock))
        reader = stack.enter_context(closing(open_reader(path)))
        journal = Growing(JournalReader(reader))
        memory = StoredMemory(SqliteExecutor(reader))
        ours = stack.enter_context(closing(Sending(_login(port), journal, memory, clock)))
        port = _broker(stack, folder / "plain", clock)
        raw = stack.enter_context(closing(Publisher(_login(port), path, clock)))
        mine, bare = take_turns(
            rounds, (lambda number: ours.slice(number, events), lambda n: raw.slice(n, events))
        )
    return Comparison(
        line=LINE, name=f"{NAME} to central", unit="events/s", ours=mine, raw=bare, goal=SENT,
        raw_name="published, same bytes", note=f"slices of {events} events",
    )  # fmt: skip


def _applied(folder: Path, path: Path, clock: Clock, rounds: int, events: int) -> Finding:
    with closing(Applying(folder / "applied", path, clock)) as central:
        mine, bare = take_turns(
            rounds, (lambda n: central.apply(n, events), lambda n: central.insert(n, events))
        )
    return Comparison(
        line=LINE, name=f"{NAME} applied", unit="events/s", ours=mine, raw=bare, goal=APPLIED,
        raw_name="bare inserts, same commits", note=f"slices of {events} events",
    )  # fmt: skip


def _broker(stack: ExitStack, folder: Path, clock: Clock) -> int:
    broker = EmbeddedBroker(folder, LOGINS, clock)
    stack.callback(broker.stop)
    return broker.start()


def _login(port: int) -> Broker:
    site = LOGINS[0]
    return Broker(host="127.0.0.1", port=port, user=site.name, password=site.password)


def _central_toml(port: int, web: int) -> str:
    central = LOGINS[1]
    return (
        f'sites = ["{workload.SITE}"]\n\n[web]\nport = {web}\n\n[broker]\n'
        f'url = "mqtt://127.0.0.1:{port}"\nuser = "{central.name}"\n'
        f'password = "{central.password}"\n'
    )
