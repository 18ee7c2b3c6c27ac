"""Configuration: one TOML file and TALLYDOCK_* variables, checked before anything starts.

The config dataclasses live with what they configure; here they are only assembled. A key that
nobody knows is refused together with the nearest one that exists. This module is the only one
that reads the environment.

A variable TALLYDOCK_SITE_ID sets ``id`` in ``[site]``; TALLYDOCK_BROKER_PASSWORD ``password`` in
``[broker]``. Values from the environment win over the file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.domain.settings import SiteSettings
from edge.errors import InvalidInput

PREFIX = "TALLYDOCK_"
SITE_ID = r"^[a-z0-9][a-z0-9-]{0,31}$"
T = TypeVar("T", bound=msgspec.Struct)


class SiteConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[site]``: who this site is, and the rules that its operator sets."""

    id: str
    name: str = ""
    number_prefix: str = "SO"
    company_prefix: str = "9521234"
    sscc_extension: int = 3
    number_block_size: int = 1000
    time_zone: str = "UTC"
    guard_ms: int = 0
    shelf_life_days_min: int = 0
    idle_minutes_max: int = 720
    language: str = "zh-CN"


class DeviceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[devices.NAME]``: where a device is, and the station that it belongs to."""

    url: str
    station: str


class WebConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[web]``: where pages and REST are served; both TLS files or none."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: str | None = None
    key: str | None = None
    origins: list[str] = []


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[broker]``: ``mqtt://host:port`` (loopback only) or ``mqtts://host:port``.

    ``port_file``: where an embedded broker writes its port, which wins over that of ``url``.
    """

    url: str
    user: str = ""
    password: str = ""
    ca: str | None = None
    port_file: str | None = None
    hello_jitter_ms: int = 5000


class EdgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file of a site."""

    site: SiteConfig
    stations: list[str]
    devices: dict[str, DeviceConfig] = {}
    web: WebConfig = WebConfig()
    broker: BrokerConfig | None = None

    def settings(self) -> SiteSettings:
        """What the rules depend on."""
        site = self.site
        return SiteSettings(
            site=site.id,
            number_prefix=site.number_prefix,
            company_prefix=site.company_prefix,
            sscc_extension=site.sscc_extension,
            number_block_size=site.number_block_size,
            time_zone=site.time_zone,
            guard_ms=site.guard_ms,
            shelf_life_days_min=site.shelf_life_days_min,
            idle_minutes_max=site.idle_minutes_max,
            stations=tuple(self.stations),
            device_stations={name: device.station for name, device in self.devices.items()},
        )


class CentralConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file of central."""

    broker: BrokerConfig
    web: WebConfig = WebConfig(port=8090)
    language: str = "zh-CN"
    time_zone: str = "UTC"
    sites: list[str] = []


def load_edge(path: Path, environment: Mapping[str, str] | None = None) -> EdgeConfig:
    """A site's configuration; InvalidInput names the key, the value and the remedy."""
    config = _load(path, EdgeConfig, environment)
    for name, device in config.devices.items():
        if device.station not in config.stations:
            raise InvalidInput(
                f"devices.{name}.station", device.station, f"one of {', '.join(config.stations)}"
            )
    if config.web.certificate is None and not _is_loopback(config.web.host):
        raise InvalidInput(
            "web.certificate", "", f"give certificate and key, or serve on 127.0.0.1, not "
            f"{config.web.host}"
        )  # fmt: skip
    return config


def load_central(path: Path, environment: Mapping[str, str] | None = None) -> CentralConfig:
    """Central's configuration; InvalidInput as for a site."""
    return _load(path, CentralConfig, environment)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _load(path: Path, kind: type[T], environment: Mapping[str, str] | None) -> T:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput("config", str(path), "no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("config", str(path), f"this is no TOML: {error}") from error
    _overlay(raw, os.environ if environment is None else environment)
    _check_keys(raw, kind, "")
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(_path(str(error)), "", str(error).split(" - at")[0]) from error


def _path(message: str) -> str:
    _, _, place = message.partition("`$")
    return place.strip("`.") or "config"


def _overlay(raw: dict[str, object], environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not name.startswith(PREFIX):
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("_")
        table = raw.setdefault(section, {})
        if not key or not isinstance(table, dict):
            raise InvalidInput(name, value, "name it TALLYDOCK_SECTION_KEY, as in the file")
        table[key] = int(value) if value.isdecimal() and key.endswith(_NUMBERS) else value


_NUMBERS = ("port", "_ms", "_min", "_max", "_size", "extension")


def _check_keys(raw: Mapping[str, object], kind: type[msgspec.Struct], at: str) -> None:
    """Refuse keys that no field has, with the nearest that one has."""
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in raw.items():
        if key not in fields:
            near = get_close_matches(key, fields, 1)
            hint = f"did you mean {at}{near[0]}?" if near else f"known here: {', '.join(fields)}"
            raise InvalidInput(f"{at}{key}", "", hint)
        for inner in _structs(fields[key]):
            if isinstance(value, dict):
                _check_keys(value, inner, f"{at}{key}.")
        if key == "devices" and isinstance(value, dict):
            for name, device in value.items():
                if isinstance(device, dict):
                    _check_keys(device, DeviceConfig, f"devices.{name}.")


def _structs(hint: object) -> list[type[msgspec.Struct]]:
    parts = getattr(hint, "__args__", (hint,))
    return [
        part
        for part in parts
        if isinstance(part, type) and issubclass(part, msgspec.Struct) and part is not DeviceConfig
    ]
