"""Where the demo's files lie, and the configurations that it writes for its children."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

SITE = "hz1"
STATIONS = ("pack-1", "pack-2", "pack-3")
WORKED = ("pack-1", "pack-2")
PROGRAM = (sys.executable, "-m", "tallydock")


@dataclass(frozen=True, slots=True)
class Layout:
    """The demo's folder."""

    data: Path

    @property
    def manifest(self) -> Path:
        """demo.json: what runs where, for people and programs."""
        return self.data / "demo.json"

    @property
    def secrets(self) -> Path:
        """Folder of configurations, tokens and the broker's passwords (mode 0700)."""
        return self.data / "private"

    @property
    def edge_config(self) -> Path:
        """The site's TOML file."""
        return self.secrets / "edge.toml"

    @property
    def central_config(self) -> Path:
        """Central's TOML file."""
        return self.secrets / "central.toml"

    @property
    def token(self) -> Path:
        """The token that may do all, at the edge and at central."""
        return self.secrets / "token"

    def log(self, name: str) -> Path:
        """A child's output."""
        return self.data / "log" / f"{name}.log"

    def line(self, station: str) -> Path:
        """The link to a station's simulated serial port."""
        return self.data / "dev" / f"scanner-{station}"

    def socket(self, station: str) -> Path:
        """The control socket of a station's simulated scanner."""
        return self.line(station).with_name(self.line(station).name + ".sock")

    def transcript(self, station: str) -> Path:
        """What a station's simulated scanner sent."""
        return self.data / f"scanner-{station}.transcript"

    def prepare(self) -> None:
        """Make the folders."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        for folder in ("log", "dev"):
            (self.data / folder).mkdir(exist_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccess:
    """A broker's address and one login there; ``port_file`` says where it moved."""

    host: str
    port: int
    user: str
    password: str
    port_file: Path | None = None


def edge_toml(layout: Layout, port: int, broker: BrokerAccess) -> str:
    """The site's configuration: two scanners at two stations, a third station for a person."""
    devices = "".join(
        f'[devices."scanner-{station}"]\n'
        f'url = "serial:{layout.line(station)}?baud=9600&terminator=cr"\n'
        f'station = "{station}"\n\n'
        for station in WORKED
    )
    return f"""stations = {list(STATIONS)!r}

[site]
id = "{SITE}"
name = "杭州一仓 HZ-1"
number_prefix = "HZ"
time_zone = "Asia/Shanghai"

[web]
port = {port}

{devices}{_broker_toml(broker)}hello_jitter_ms = 200
"""


def central_toml(port: int, broker: BrokerAccess) -> str:
    """Central's configuration."""
    return f"""sites = ["{SITE}"]

[web]
port = {port}

{_broker_toml(broker)}"""


def _broker_toml(broker: BrokerAccess) -> str:
    follow = "" if broker.port_file is None else f'port_file = "{broker.port_file}"\n'
    return (
        f'[broker]\nurl = "mqtt://{broker.host}:{broker.port}"\n'
        f'user = "{broker.user}"\npassword = "{broker.password}"\n{follow}'
    )
