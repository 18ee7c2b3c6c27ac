"""The embedded broker's users and their grants, and its configuration text (SYNC.md 8 and 9).

A site may publish its own events and state and hear its own acknowledgements and commands; central
the reverse, of all sites; nothing else passes. An ``observer`` hears everything and says
nothing; an ``operator`` may do both, for a demo and its tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from edge.errors import Conflict
from edge.ids import Chance, hex_bits
from sync.topics import CENTRAL, DOWN, ROOT, UP, everyones, topic

PASSWORD_BITS = 256

Role = Literal["site", "central", "observer", "operator"]


@dataclass(frozen=True, slots=True)
class User:
    """One login of the broker; a site's ``name`` is the site."""

    name: str
    role: Role
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grants:
    """MQTT topic filters that a user may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def grants(user: User) -> Grants:
    """What a user may do, and nothing else."""
    match user.role:
        case "site":
            return Grants(
                tuple(topic(user.name, leaf) for leaf in UP),
                tuple(topic(user.name, leaf) for leaf in DOWN),
            )
        case "central":
            return Grants(
                tuple(everyones(leaf) for leaf in DOWN), tuple(everyones(leaf) for leaf in UP)
            )
        case "observer":
            return Grants((), (f"{ROOT}/#",))
        case "operator":
            return Grants((f"{ROOT}/#",), (f"{ROOT}/#",))


def users(
    sites: Iterable[str], others: Mapping[str, Role], passwords: Path, chance: Chance
) -> dict[str, User]:
    """Users by name; passwords are made once and kept in ``passwords`` (mode 0600).

    Who stands in the file and is none of ``others`` is a site that was added later.
    """
    roles: dict[str, Role] = {CENTRAL: "central", **others, **dict.fromkeys(sites, "site")}
    known = _known(passwords)
    missing = roles.keys() - known.keys()
    for name in sorted(missing):
        known[name] = hex_bits(PASSWORD_BITS, chance)
    if missing:
        write_secret(passwords, msgspec.json.encode(known, order="sorted"))
    return {name: User(name, roles.get(name, "site"), word) for name, word in known.items()}


def add_site(site: str, passwords: Path, chance: Chance, *, renew: bool = False) -> User:
    """A new password for ``site``; Conflict when it has one and shall keep it."""
    known = _known(passwords)
    if site in known and not renew:
        raise Conflict("site", site, "it has a password, which is told once: renew it with --renew")
    known[site] = hex_bits(PASSWORD_BITS, chance)
    write_secret(passwords, msgspec.json.encode(known, order="sorted"))
    return User(site, "site", known[site])


def _known(passwords: Path) -> dict[str, str]:
    if not passwords.exists():
        return {}
    return msgspec.json.decode(passwords.read_bytes(), type=dict[str, str])


def nats_config(state: Path, port: int, logins: Iterable[User]) -> str:
    """Text for ``nats-server -c``; ``port`` -1 lets the system choose."""
    accounts = "\n".join(nats_login(user) for user in logins)
    return f"""\
server_name: tallydock
host: 127.0.0.1
port: -1
log_file: {_quoted(str(state / "broker.log"))}
logfile_size_limit: 10MB
jetstream {{ store_dir: {_quoted(str(state / "streams"))}, max_file_store: 1GB }}
mqtt {{ host: 127.0.0.1, port: {port}, ack_wait: "10s", max_ack_pending: 1000 }}
max_payload: 2MB
authorization {{
  users: [
{accounts}
  ]
}}
"""


def write_secret(path: Path, content: bytes) -> None:
    """Replace a file by one that only its owner can read."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.rename(path)


def nats_login(user: User) -> str:
    """A user with its password and grants, as an entry of NATS's ``authorization.users``."""
    granted = grants(user)
    publish = ", ".join(_quoted(name) for name in _subjects(granted.publish))
    subscribe = ", ".join(_quoted(name) for name in (*_subjects(granted.subscribe), "$MQTT.sub.>"))
    speak = f"allow: [{publish}]" if publish else 'deny: ">"'
    return (
        f"    {{ user: {_quoted(user.name)}, password: {_quoted(user.password)},"
        f" allowed_connection_types: [MQTT],\n"
        f"      permissions: {{ publish: {{ {speak} }},"
        f" subscribe: {{ allow: [{subscribe}] }} }} }}"
    )


def _subjects(filters: Iterable[str]) -> list[str]:
    """The NATS subjects of MQTT filters; our names hold no dots, and ``x/#`` means x as well."""
    subjects: list[str] = []
    for name in filters:
        subject = name.replace("/", ".").replace("+", "*")
        subjects += [subject[:-2], f"{subject[:-1]}>"] if subject.endswith(".#") else [subject]
    return subjects


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
