"""``user`` keeps logins, badges and tokens; a password never stands on the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.auth.passwords import Passwords
from api.auth.secret import fingerprint
from edge.codes.commands import Command, parse
from edge.journal import queries
from tallydock.stores import CENTRAL, central_path, edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call, Said
from tests.unit.commands.warehouse import SITE, floor

PASSWORD = "correct horse battery"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with a password."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\nanother line\n")
    return path


@pytest.fixture
def add(data: Path, secret: Path, call: Call) -> Call:
    """Add a user to the site."""

    def run(login: str, *more: object) -> Said:
        place = ("--data", data, "--password-file", secret, "--json")
        return call("user", "add", login, *place, *(more or ("--role", "packer")))

    return run


def shown(said: Said) -> dict[str, str]:
    """What a successful command told programs."""
    assert said.code == 0, said.faults
    fields: dict[str, str] = json.loads(said.lines[0])
    return fields


def matches(path: Path, site: str, login: str, password: str) -> bool:
    """Whether one could sign in."""
    with queries.snapshot(path, site) as reads:
        ((_, _, password_hash, _, disabled),) = reads.credentials("login", login)
    return not disabled and asyncio.run(Passwords().matches(password_hash, password))


def test_a_user_gets_a_login_a_badge_and_an_event(data: Path, add: Call) -> None:
    added = shown(add("ann", "--role", "supervisor", "--name", "Ann Example", "--badge", "77A"))
    assert matches(edge_path(data, SITE), SITE, "ann", PASSWORD)
    assert parse(added["badge_code"]) == Command("BADGE", "77A")
    last = tampering.journal(edge_path(data, SITE))[-1]
    assert last[2] == f"user/{added['user']}"
    assert b'"actor":"cli"' in last[3]
    assert b"Ann" not in last[3]
    with queries.snapshot(edge_path(data, SITE), SITE) as reads:
        assert reads.person_name(added["user"]) == "Ann Example"


def test_the_badge_that_was_drawn_works_at_the_bench(data: Path, add: Call) -> None:
    code = shown(add("ann"))["badge_code"]
    with floor(data) as site:
        assert site.scan_anew(code) == ["signed_in"]


def test_a_login_and_a_badge_are_taken_once(data: Path, add: Call) -> None:
    shown(add("ann", "--role", "packer", "--badge", "77A"))
    before = len(tampering.journal(edge_path(data, SITE)))
    assert "login: 'ann'" in add("ann").faults[0]
    assert "badge: '77A'" in add("bob", "--role", "packer", "--badge", "77A").faults[0]
    assert len(tampering.journal(edge_path(data, SITE))) == before


@pytest.mark.parametrize(
    ("login", "more"),
    [
        ("Ann", ("--role", "packer")),
        (".ann", ("--role", "packer")),
        ("ann", ("--role", "packer", "--badge", "7-")),
        ("ann", ("--role", "packer", "--badge", "lower")),
        ("ann", ("--role", "packer", "--name", "x" * 101)),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    data: Path, add: Call, login: str, more: tuple[str, ...]
) -> None:
    before = tampering.journal(edge_path(data, SITE))
    said = add(login, *more)
    assert (said.code, said.lines) == (2, [])
    assert tampering.journal(edge_path(data, SITE)) == before
    assert tampering.run(edge_path(data, SITE), "DELETE FROM person WHERE id LIKE 'u_%_%'") == 0


@pytest.mark.parametrize("weak", ["short", "", "ann ann ann"])
def test_a_weak_password_is_refused(add: Call, secret: Path, weak: str) -> None:
    secret.write_text(weak)
    said = add("ann")
    assert said.code == 2
    assert "password" in said.faults[0]


def test_without_a_terminal_the_password_comes_from_a_file(
    data: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    said = call("user", "add", "ann", "--role", "packer", "--data", data)
    assert said.code == 2
    assert "--password-file" in said.faults[0]


@pytest.mark.parametrize(("second", "code"), [(PASSWORD, 0), ("something else", 2)])
def test_on_a_terminal_the_password_is_asked_for_twice(
    data: Path, call: Call, monkeypatch: pytest.MonkeyPatch, second: str, code: int
) -> None:
    typed: Iterator[str] = iter((PASSWORD, second))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert call("user", "add", "ann", "--role", "packer", "--data", data).code == code


def test_a_new_password_ends_the_sessions(data: Path, add: Call, call: Call, secret: Path) -> None:
    add("ann")
    path = edge_path(data, SITE)
    tampering.run(path, "INSERT INTO login_session VALUES (x'00', 'ann', 1, 2)")
    secret.write_text("another horse battery")
    said = call("user", "password", "ann", "--data", data, "--password-file", secret)
    assert said == (0, ["ann has a new password"], [])
    assert matches(path, SITE, "ann", "another horse battery")
    assert not matches(path, SITE, "ann", PASSWORD)
    assert tampering.run(path, "DELETE FROM login_session") == 0


def test_a_disabled_user_is_gone_from_page_and_floor(data: Path, add: Call, call: Call) -> None:
    code = shown(add("ann"))["badge_code"]
    path = edge_path(data, SITE)
    tampering.run(path, "INSERT INTO login_session VALUES (x'00', 'ann', 1, 2)")
    assert call("user", "disable", "ann", "--data", data).lines == ["ann is disabled"]
    assert not matches(path, SITE, "ann", PASSWORD)
    assert tampering.run(path, "DELETE FROM login_session") == 0
    with floor(data) as site:
        assert site.scan_anew(code) == ["unknown_code"]
    assert call("verify", "--data", data).code == 0


def test_the_last_admin_is_not_locked_out(data: Path, add: Call, call: Call) -> None:
    add("ann", "--role", "admin")
    call("user", "token", "robot", "--scopes", "all", "--data", data)
    assert "last admin" in call("user", "disable", "ann", "--data", data).faults[0]
    add("eve", "--role", "admin")
    assert call("user", "disable", "ann", "--data", data).code == 0
    assert "last admin" in call("user", "disable", "eve", "--data", data).faults[0]


@pytest.mark.parametrize("action", ["disable", "password"])
def test_an_unknown_login_is_told(data: Path, call: Call, secret: Path, action: str) -> None:
    more = ("--password-file", secret) if action == "password" else ()
    said = call("user", action, "nobody", "--data", data, *more)
    assert said.code == 2
    assert "no such login" in said.faults[0]


def test_a_token_is_told_once_and_only_its_hash_is_kept(data: Path, call: Call) -> None:
    said = call("user", "token", "nightly", "--scopes", "journal", "--days", "30", "--data", data)
    (token,) = said.lines
    path = edge_path(data, SITE)
    with queries.snapshot(path, SITE) as reads:
        ((kept, name, user, scopes, expires_at),) = reads.tokens()
        ((login, owner, password_hash, role, _),) = reads.credentials()
    assert (kept, name, scopes) == (fingerprint(token), "nightly", "journal")
    assert (login, owner, password_hash, role) == ("nightly", user, "", "auditor")
    assert expires_at is not None
    assert token not in said.faults[0]
    for file in path.parent.iterdir():
        assert token.encode() not in file.read_bytes()
        assert bytes.fromhex(token) not in file.read_bytes()


@pytest.mark.parametrize(
    ("scopes", "role"),
    [("floor", "packer"), ("users.read", "auditor"), ("orders,scan", "supervisor"),
     ("orders,journal", "admin"), ("all", "admin")],
)  # fmt: skip
def test_a_programs_login_has_the_least_role_for_its_scopes(
    data: Path, call: Call, scopes: str, role: str
) -> None:
    call("user", "token", "robot", "--scopes", scopes, "--data", data)
    assert call("user", "list", "--data", data).lines == [f"robot  {role}  program"]


def test_a_token_of_a_login_and_a_second_one_of_a_program(
    data: Path, add: Call, call: Call
) -> None:
    add("ann")
    mine = ("user", "token", "handheld", "--login", "ann", "--scopes", "scan", "--data", data)
    told = json.loads(call(*mine, "--json").lines[0])
    assert (told["login"], told["scopes"], told["expires_at"]) == ("ann", ["scan"], None)
    program = ("user", "token", "robot", "--data", data, "--scopes")
    assert call(*program, "journal").code == 0
    assert call(*program, "journal").code == 0
    assert "a login has this name" in call(*program, "all").faults[0]
    assert "a login has this name" in call("user", "token", "ann", *program[3:], "all").faults[0]


@pytest.mark.parametrize(
    "wrong", [("--scopes", "everything"), ("--scopes", ","), ("--scopes", "all", "--days", "0")]
)
def test_a_wrong_token_is_refused(data: Path, call: Call, wrong: tuple[str, ...]) -> None:
    assert call("user", "token", "robot", *wrong, "--data", data).code == 2
    assert call("user", "list", "--data", data).lines == []


def test_a_list_works_while_the_service_runs(data: Path, add: Call, call: Call) -> None:
    code = shown(add("ann", "--role", "auditor"))["badge_code"]
    with floor(data):
        said = call("user", "list", "--data", data)
        assert said.lines == [f"ann  auditor  active  badge code {code}"]
        assert "in use" in add("bob").faults[0]


def test_central_has_logins_of_its_own(tmp_path: Path, secret: Path, call: Call) -> None:
    place = ("--central", "--data", tmp_path)
    added = call("user", "add", "zoe", "--role", "admin", *place, "--password-file", secret)
    assert added == (0, ["zoe  admin  active"], [])
    assert call("user", "list", *place).lines == ["zoe  admin  active"]
    assert matches(central_path(tmp_path), CENTRAL, "zoe", PASSWORD)
    assert call("user", "token", "robot", "--scopes", "sites", *place).code == 0
    badge = ("--badge", "1", "--role", "admin", "--password-file", secret)
    assert call("user", "add", "yan", *place, *badge).code == 2
    assert "last admin" in call("user", "disable", "zoe", *place).faults[0]


@pytest.mark.parametrize("place", [(), ("--central",)])
def test_a_damaged_store_exits_3(data: Path, call: Call, place: tuple[str, ...]) -> None:
    path = central_path(data) if place else edge_path(data, SITE)
    path.write_bytes(b"no store")
    for command in (("list",), ("token", "robot", "--scopes", "all")):
        said = call("user", *command, "--data", data, *place)
        assert said.code == 3
        assert "the file is damaged" in said.faults[0]


def test_a_store_that_is_not_there_has_no_logins(tmp_path: Path, call: Call) -> None:
    assert call("user", "list", "--central", "--data", tmp_path).code == 2
    assert call("user", "list", "--data", tmp_path).code == 2
