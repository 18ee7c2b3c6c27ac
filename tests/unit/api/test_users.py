"""Users, and the erasure of persons."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from edge.domain.commands import AddUser, ErasePerson
from edge.domain.rows import User
from edge.errors import Conflict
from tests.unit.api.conftest import CHEAP, PASSWORD, add_user
from tests.unit.api.fakes import World
from tests.unit.api.test_auth import sign_in
from tests.unit.api.test_problems import problem

ANNA = {
    "login": "anna",
    "name": "Anna Ångström",
    "badge": "7001",
    "role": "packer",
    "password": PASSWORD,
    "language": "en",
}


def user_row(user: str) -> User:
    return User(
        id=user,
        badge="7001",
        role="packer",
        language="en",
        active=True,
        person=user,
        person_version=1,
        person_digest="d" * 64,
    )


def test_a_new_user_has_an_id_that_tells_nothing(world: World, admin: TestClient) -> None:
    response = admin.post("/api/v1/users", json=ANNA)
    assert response.status_code == 201, response.text
    user = response.json()["user"]
    assert response.json() == {"user": user, "login": "anna", "role": "packer", "disabled": False}
    ((newcomer, actor),) = world.commands.entered
    assert (newcomer.name, newcomer.badge, newcomer.language) == ("Anna Ångström", "7001", "en")
    assert actor == "user/u-admin"
    assert "anna" not in user
    assert CHEAP.verify(world.accounts.by_login["anna"].password_hash, PASSWORD)


def test_a_user_sent_twice_under_one_key_is_one_user(world: World, admin: TestClient) -> None:
    headers = {"Idempotency-Key": "new-anna"}
    first, again = (admin.post("/api/v1/users", json=ANNA, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(world.commands.entered) == 1
    other = {**ANNA, "login": "berta"}
    separate = admin.post(
        "/api/v1/users", json={**other, "login": "carla"}, headers={"Idempotency-Key": "new-carla"}
    )
    assert separate.json()["user"] != first.json()["user"]
    problem(admin.post("/api/v1/users", json=other, headers=headers), 422, "key_reused")
    assert "berta" not in world.accounts.by_login


def test_a_taken_badge_makes_no_login(world: World, admin: TestClient) -> None:
    world.commands.fail = Conflict("badge", "7001", "it belongs to u2: give another")
    problem(admin.post("/api/v1/users", json=ANNA), 409, "conflict")
    assert "anna" not in world.accounts.by_login


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"login": "Anna B"}, "login"),
        ({"badge": "77-1"}, "badge"),
        ({"role": "boss"}, "role"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_value_is_named(
    world: World, admin: TestClient, change: dict[str, str], field: str
) -> None:
    body = problem(admin.post("/api/v1/users", json={**ANNA, **change}), 422, "invalid")
    assert body.errors[0].field == field
    assert world.commands.submitted == []
    assert field != "password" or body.errors[0].value is None


def test_a_new_password_ends_the_sessions(
    world: World, admin: TestClient, open_client: TestClient
) -> None:
    add_user(world, "packer")
    sign_in(open_client, "packer")
    changed = {"password": "another good password"}
    assert admin.patch("/api/v1/users/packer", json=changed).status_code == 200
    problem(open_client.get("/api/v1/orders"), 401, "session_expired")
    assert sign_in(open_client, "packer", changed["password"]) == "/"


def test_a_disabled_users_badge_stops_working_too(world: World, admin: TestClient) -> None:
    add_user(world, "packer")
    world.queries.user_rows.append(user_row("u-packer"))
    response = admin.patch("/api/v1/users/packer", json={"disabled": True})
    assert response.json()["disabled"] is True
    ((command, _),) = world.commands.submitted
    assert isinstance(command, AddUser)
    assert (command.active, command.badge) == (False, "7001")
    assert world.accounts.by_login["packer"].disabled


def test_the_last_admin_stays(world: World, admin: TestClient) -> None:
    for change in ({"disabled": True}, {"role": "packer"}):
        problem(admin.patch("/api/v1/users/admin", json=change), 409, "conflict")
    add_user(world, "admin", login="second")
    assert admin.patch("/api/v1/users/second", json={"role": "packer"}).status_code == 200
    problem(admin.patch("/api/v1/users/nobody", json={}), 404, "not_found")


def test_users_are_listed_without_anything_secret(world: World, admin: TestClient) -> None:
    for name in ("bert", "anna"):
        add_user(world, "packer", login=name)
    first = admin.get("/api/v1/users?limit=2").json()
    assert [row["login"] for row in first["items"]] == ["admin", "anna"]
    rest = admin.get("/api/v1/users", params={"cursor": first["next_cursor"]})
    assert [row["login"] for row in rest.json()["items"]] == ["bert"]
    assert "argon2" not in rest.text


def test_erasing_a_person_is_recorded(world: World, admin: TestClient) -> None:
    response = admin.post("/api/v1/persons/c-1/erase")
    assert response.json() == {"person": "c-1", "recorded": {"seq": 1, "hash": f"{1:064x}"}}
    assert world.commands.submitted == [(ErasePerson(person="c-1"), "user/u-admin")]
