"""The demo as a whole: broker, central, edge, scanners and packers, and what is told of them."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from edge.clock import EPOCH, Clock
from edge.errors import InvalidInput, TallydockError
from edge.ids import Chance
from sync.broker import PORT_FILE, EmbeddedBroker
from sync.broker_conf import User, users, write_secret
from sync.mqtt import Broker
from sync.topics import CENTRAL
from tallydock.demo import closing
from tallydock.demo.children import Family, Recipe
from tallydock.demo.layout import (
    PROGRAM,
    SITE,
    STATIONS,
    WORKED,
    BrokerAccess,
    Layout,
    central_toml,
    edge_toml,
)
from tallydock.demo.people import PEOPLE, seed_people
from tallydock.demo.seeding import Door, bring_in, bring_orders, is_ready
from tallydock.demo.warehouse import warehouse

READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
OPERATOR = "demo"
ORDERS = 64
SPARE_ORDERS = 8
WORK_WITHIN_S = 1_800.0


class NotReady(TallydockError):
    """A part of the demo did not come up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for on the command line; ``orders`` None: work for ever."""

    port: int
    broker: str | None
    orders: int | None
    exit: bool
    speed: float


@dataclass(slots=True)
class Demo:
    """One run of the demo. ``say`` prints a line for people."""

    layout: Layout
    wishes: Wishes
    clock: Clock
    chance: Chance
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> tuple[int, str | None]:
        """Exit code, and the last line of ``--exit``."""
        check_port(self.wishes.port)
        self.layout.prepare()
        self.say("Starting the broker, central and the edge ...")
        passwords, token = seed_people(self.layout, self.clock, self.chance)
        write_secret(self.layout.token, token.encode())
        embedded, site, central, operator = self._brokers()
        central_port = free_port()
        write_secret(
            self.layout.edge_config, edge_toml(self.layout, self.wishes.port, site).encode()
        )
        write_secret(self.layout.central_config, central_toml(central_port, central).encode())
        manifest = Manifest(
            self.layout, passwords, token, self.wishes.port, central_port, operator, embedded
        )
        family = Family(manifest.write)
        try:
            return self._work(family, manifest, token, embedded)
        finally:
            family.end()
            if embedded is not None:
                embedded.stop()

    def _brokers(
        self,
    ) -> tuple[EmbeddedBroker | None, BrokerAccess, BrokerAccess, BrokerAccess]:
        if self.wishes.broker is not None:
            outside = Broker.from_url(self.wishes.broker)
            access = BrokerAccess(
                host=outside.host,
                port=outside.port,
                user=outside.user or "",
                password=outside.password or "",
            )
            return None, access, access, access
        logins = self._logins()
        folder = self.layout.data / "broker"
        embedded = EmbeddedBroker(folder, logins.values(), self.clock)
        port = embedded.start()
        found = [
            BrokerAccess(
                host="127.0.0.1",
                port=port,
                user=name,
                password=logins[name].password,
                port_file=folder / PORT_FILE,
            )
            for name in (SITE, CENTRAL, OPERATOR)
        ]
        return embedded, found[0], found[1], found[2]

    def _logins(self) -> dict[str, User]:
        """The broker's users, with the sites that were added since."""
        passwords = self.layout.secrets / "broker-passwords"
        return users([SITE], {OPERATOR: "operator"}, passwords, self.chance)

    def _work(
        self, family: Family, manifest: Manifest, token: str, embedded: EmbeddedBroker | None
    ) -> tuple[int, str | None]:
        for station in WORKED:
            family.add(self._scanner(station))
        family.add(self._service("central", "central", self.layout.central_config))
        family.add(self._service("edge", "run", self.layout.edge_config))
        family.start()
        edge, central = Door(manifest.url, token), Door(manifest.central_url, token)
        for url in (manifest.central_url, manifest.url):
            wait_ready(url, self.stopping)
        began = closing.beginning(self.layout)
        self._furnish(edge, central, began.seq)
        wanted = self.wishes.orders
        shares = [None, None] if wanted is None else [(wanted + 1) // 2, wanted // 2]
        for index, station in enumerate(WORKED):
            if shares[index] != 0:
                family.add(self._packer(station, index, shares[index], manifest.url), once=True)
        manifest.write(family.pids())
        self._tell(manifest)
        if wanted is None or not self.wishes.exit:
            while not self.stopping.wait(LOOK_EVERY_S):
                manifest.refresh()
                if embedded is not None:
                    embedded.admit(self._logins().values())
            return 0, None
        return self._finish(family, manifest, central, began, wanted)

    def _furnish(self, edge: Door, central: Door, began_seq: int) -> None:
        today = (EPOCH + timedelta(microseconds=self.clock.now_us())).date()
        house = warehouse(1, today, ORDERS)
        if not edge.get("/orders?limit=1")["items"]:
            bring_in(house, edge, central)
        released = edge.get("/orders?status=released&limit=1000")["items"]
        waiting = len(released) if isinstance(released, list) else 0
        needed = (self.wishes.orders or 0) + SPARE_ORDERS
        if waiting < needed:
            more = warehouse(began_seq, today, max(needed, ORDERS)).orders
            bring_orders([order.renamed(f"R{began_seq}") for order in more], edge, central)

    def _finish(
        self, family: Family, manifest: Manifest, central: Door, began: closing.Beginning,
        wanted: int,
    ) -> tuple[int, str]:  # fmt: skip
        packers = {f"packer-{station}" for station in WORKED} & set(family.started)
        for _ in range(int(WORK_WITHIN_S / LOOK_EVERY_S)):
            if packers <= set(family.finished()) or self.stopping.wait(LOOK_EVERY_S):
                break
            manifest.refresh()
        family.end([*packers, *(f"scanner-{station}" for station in WORKED)])
        held = closing.drain(self.layout, central)
        family.end(["edge", "central"])
        figures = closing.summary(self.layout, began, held)
        faults = closing.faults_of(figures, wanted)
        if faults and figures["verify"] == "ok":
            figures["verify"] = "; ".join(faults)
        return (1 if faults else 0), closing.as_line(figures)

    # --- children --------------------------------------------------------------------------

    def _service(self, name: str, command: str, config: os.PathLike[str]) -> Recipe:
        arguments = (command, "--config", str(config), "--data", str(self.layout.data))
        return Recipe(name, (*PROGRAM, *arguments), self.layout.log(name))

    def _scanner(self, station: str) -> Recipe:
        name = f"scanner-{station}"
        arguments = (
            "simulate", "scanner", "--link", str(self.layout.line(station)),
            "--transcript", str(self.layout.transcript(station)), "--json",
        )  # fmt: skip
        return Recipe(name, (*PROGRAM, *arguments), self.layout.log(name))

    def _packer(self, station: str, index: int, orders: int | None, url: str) -> Recipe:
        name = f"packer-{station}"
        arguments = [
            "simulate", "packer", "--station", station, "--badge", PEOPLE[index].badge,
            "--scanner", str(self.layout.socket(station)), "--api", url,
            "--token-file", str(self.layout.token), "--seed", str(index + 1),
            "--speed", str(self.wishes.speed), "--json",
        ]  # fmt: skip
        if orders is not None:
            arguments += ["--orders", str(orders)]
        return Recipe(name, (*PROGRAM, *arguments), self.layout.log(name))

    def _tell(self, manifest: Manifest) -> None:
        self.say("")
        self.say(f"  Floor and stations   {manifest.url}")
        self.say(f"  Central              {manifest.central_url}")
        self.say(f"  Everything as JSON   {self.layout.manifest}")
        self.say("")
        for person in PEOPLE:
            word = manifest.passwords[person.login]
            self.say(f"  {person.login:11} {word:18} badge {person.badge_code}")
        self.say("")
        self.say(f"  Two simulated packers work at {' and '.join(WORKED)} with simulated scanners.")
        self.say("  Join them: sign in as packer-3, open the station pack-3, scan its badge there.")
        self.say("  Ctrl-C ends it.")


class Manifest:
    """demo.json, replaced as a whole whenever a process id changes."""

    def __init__(
        self,
        layout: Layout,
        passwords: Mapping[str, str],
        token: str,
        port: int,
        central_port: int,
        operator: BrokerAccess,
        broker: EmbeddedBroker | None,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.central_url = f"http://127.0.0.1:{central_port}"
        self.passwords = passwords
        self._layout, self._token, self._operator, self._broker = layout, token, operator, broker
        self._pids: Mapping[str, int] = {}
        self._written: tuple[Mapping[str, int], int] | None = None
        self._lock = threading.Lock()

    def write(self, pids: Mapping[str, int]) -> None:
        """Take note of the children's process ids."""
        with self._lock:
            self._pids = pids
        self.refresh()

    def refresh(self) -> None:
        """Write the file anew if anything changed, the broker included."""
        with self._lock:
            pids, port = dict(self._pids), self._operator.port
            if self._broker is not None:
                pids["broker"], port = self._broker.pid, self._broker.port
            if (pids, port) == self._written:
                return
            self._written = (pids, port)
            content = {
                "url": self.url,
                "central_url": self.central_url,
                "users": dict(self.passwords),
                "token": self._token,
                "stations": list(STATIONS),
                "gates": [],
                "mqtt": {
                    "host": self._operator.host,
                    "port": port,
                    "user": self._operator.user,
                    "password": self._operator.password,
                },
                "pids": pids,
            }
            write_secret(self._layout.manifest, json.dumps(content, indent=2).encode())


def check_port(port: int) -> None:
    """InvalidInput when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            remedy = f"{error.strerror}: choose another with --port"
            raise InvalidInput("--port", str(port), remedy, "port_in_use") from error


def free_port() -> int:
    """A port that the system chose."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_ready(url: str, stopping: threading.Event) -> None:
    """Until /readyz says yes; NotReady when it takes too long."""
    for _ in range(int(READY_WITHIN_S / LOOK_EVERY_S)):
        if is_ready(url):
            return
        if stopping.wait(LOOK_EVERY_S):
            break
    raise NotReady(f"{url} did not come up: see the log folder")
