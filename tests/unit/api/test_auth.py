"""Who asks, and what they may do."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from api.app import edge_app
from api.application import ApiSettings
from api.auth.passwords import Passwords, check_strength
from api.auth.roles import ALLOWED, SCOPES, Operation, permitted
from api.auth.routes import safe_target
from api.auth.secret import fingerprint, new_secret
from api.auth.throttle import FAILURES_PER_ADDRESS_MAX, FAILURES_PER_LOGIN_MAX, LoginThrottle
from edge.clock import ManualClock
from edge.domain.rows import Role
from edge.errors import InvalidInput
from edge.ids import SystemChance
from tests.unit.api.conftest import CHEAP, PASSWORD, ClientOf, add_user
from tests.unit.api.fakes import World
from tests.unit.api.samples import NOW_US
from tests.unit.api.test_problems import problem

HOUR_US = 3_600_000_000


def sign_in(client: TestClient, login: str, password: str = PASSWORD, target: str = "/") -> str:
    """Post the form; the address that the answer leads to."""
    form = {"login": login, "password": password, "next": target}
    response = client.post("/sign-in", data=form)
    assert response.status_code == 303
    return response.headers["location"]


# --- tokens -------------------------------------------------------------------------------


def test_without_a_token_there_is_a_challenge(open_client: TestClient) -> None:
    response = open_client.get("/api/v1/orders")
    problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


def test_an_unknown_token_is_refused(open_client: TestClient) -> None:
    response = open_client.get("/api/v1/orders", headers={"Authorization": "Bearer guess"})
    problem(response, 401, "token_invalid")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "", "Bearer \x80\xff"])
def test_other_authorization_is_refused(open_client: TestClient, value: str) -> None:
    headers = {b"authorization": value.encode("latin-1")}
    assert open_client.get("/api/v1/orders", headers=headers).status_code == 401


def test_a_token_ends_at_its_expiry_and_says_so(world: World, client_of: ClientOf) -> None:
    client = client_of("supervisor", expires_at=NOW_US + HOUR_US)
    world.clock.advance_us(HOUR_US - 1)
    assert client.get("/api/v1/orders").status_code == 200
    world.clock.advance_us(1)
    problem(client.get("/api/v1/orders"), 401, "token_expired")


def test_a_disabled_users_token_is_worth_nothing(world: World, client_of: ClientOf) -> None:
    client = client_of("supervisor")
    known = world.accounts.by_login["supervisor"]
    world.accounts.by_login["supervisor"] = replace(known, disabled=True)
    problem(client.get("/api/v1/orders"), 401, "token_invalid")
    world.accounts.by_login.clear()
    problem(client.get("/api/v1/orders"), 401, "token_invalid")


def test_only_the_hash_of_a_token_is_known_to_the_store(world: World, admin: TestClient) -> None:
    made = admin.post(
        "/api/v1/tokens", json={"name": "erp", "login": "admin", "scopes": ["journal"]}
    )
    secret = made.json()["token"]
    assert len(bytes.fromhex(secret)) == 32
    assert fingerprint(secret) in world.accounts.by_token
    assert secret not in repr(world.accounts.by_token)
    assert secret not in admin.get("/api/v1/tokens").text
    headers = {"Authorization": f"Bearer {secret}"}
    assert admin.get("/api/v1/journal", headers=headers).status_code == 200
    problem(admin.get("/api/v1/orders", headers=headers), 403, "forbidden")
    revoked = admin.delete(f"/api/v1/tokens/{made.json()['id']}")
    assert revoked.status_code == 204
    problem(admin.get("/api/v1/journal", headers=headers), 401, "token_invalid")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": ["everything"]}, "scopes[0]"),
        ({"login": "nobody"}, "login"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
    ],
)
def test_a_token_that_could_never_work_is_not_made(
    admin: TestClient, change: dict[str, object], field: str
) -> None:
    draft = {"name": "erp", "login": "admin", "scopes": ["all"], **change}
    body = problem(admin.post("/api/v1/tokens", json=draft), 422, "invalid")
    assert body.errors[0].field == field


def test_secrets_are_256_random_bits() -> None:
    secrets = {new_secret(SystemChance()) for _ in range(50)}
    assert len(secrets) == 50
    assert {len(secret) for secret in secrets} == {64}


# --- roles --------------------------------------------------------------------------------

ROUTES: list[tuple[str, str, Operation]] = [
    ("GET", "/api/v1/orders", Operation.READ_FLOOR),
    ("GET", "/api/v1/orders/SO-1", Operation.READ_FLOOR),
    ("GET", "/api/v1/orders/SO-1/history", Operation.READ_FLOOR),
    ("POST", "/api/v1/orders", Operation.WRITE_ORDERS),
    ("PATCH", "/api/v1/orders/SO-1", Operation.WRITE_ORDERS),
    ("POST", "/api/v1/orders/SO-1/hold", Operation.WRITE_ORDERS),
    ("POST", "/api/v1/orders/SO-1/release", Operation.WRITE_ORDERS),
    ("POST", "/api/v1/orders/SO-1/cancel", Operation.WRITE_ORDERS),
    ("GET", "/api/v1/stations", Operation.READ_FLOOR),
    ("GET", "/api/v1/stations/pack-1", Operation.READ_FLOOR),
    ("GET", "/api/v1/stations/pack-1/work", Operation.READ_FLOOR),
    ("POST", "/api/v1/stations/pack-1/scans", Operation.SCAN),
    ("GET", "/api/v1/stock", Operation.READ_FLOOR),
    ("GET", "/api/v1/devices", Operation.READ_FLOOR),
    ("GET", "/api/v1/exceptions", Operation.READ_FLOOR),
    ("GET", "/api/v1/gates", Operation.READ_FLOOR),
    ("GET", "/api/v1/shipments", Operation.READ_FLOOR),
    ("GET", "/api/v1/invoices", Operation.READ_FLOOR),
    ("GET", "/api/v1/labels", Operation.READ_FLOOR),
    ("GET", "/api/v1/journal", Operation.READ_JOURNAL),
    ("GET", "/api/v1/dead-letters", Operation.READ_JOURNAL),
    ("GET", "/api/v1/stream", Operation.READ_JOURNAL),
    ("POST", "/api/v1/imports/items", Operation.IMPORT),
    ("POST", "/api/v1/persons/p1/erase", Operation.ERASE_PERSONS),
    ("GET", "/api/v1/users", Operation.READ_USERS),
    ("POST", "/api/v1/users", Operation.WRITE_USERS),
    ("PATCH", "/api/v1/users/admin", Operation.WRITE_USERS),
    ("GET", "/api/v1/tokens", Operation.READ_USERS),
    ("POST", "/api/v1/tokens", Operation.WRITE_USERS),
    ("DELETE", f"/api/v1/tokens/{'0' * 64}", Operation.WRITE_USERS),
]

FORBIDDEN = [
    (role, method, path)
    for role in ALLOWED
    for method, path, operation in ROUTES
    if operation not in ALLOWED[role]
]


BODIES: dict[tuple[str, str], dict[str, object]] = {
    ("POST", "/api/v1/orders"): {
        "channel": "shop",
        "external_id": "1",
        "lines": [{"sku": "TEA-1", "quantity": "1"}],
    },
    ("PATCH", "/api/v1/orders/SO-1"): {"lines": [{"line": 1, "quantity": "1"}]},
    ("POST", "/api/v1/orders/SO-1/hold"): {"reason": "payment"},
    ("POST", "/api/v1/orders/SO-1/cancel"): {"reason": "customer"},
    ("POST", "/api/v1/stations/pack-1/scans"): {"data": "x"},
    ("POST", "/api/v1/users"): {
        "login": "anna",
        "name": "Anna",
        "badge": "1",
        "role": "packer",
        "password": PASSWORD,
    },
    ("POST", "/api/v1/tokens"): {"name": "erp", "login": "admin", "scopes": ["all"]},
}


@pytest.mark.parametrize(("role", "method", "path"), FORBIDDEN)
def test_what_a_role_may_not_do_is_403(
    client_of: ClientOf, role: Role, method: str, path: str
) -> None:
    body = BODIES.get((method, path), {})
    problem(client_of(role).request(method, path, json=body), 403, "forbidden")


def test_every_route_of_the_api_is_in_the_table_above(admin: TestClient) -> None:
    document = admin.get("/api/v1/openapi.json").json()
    served = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/api/") and path != "/api/v1/me"
    }
    names = {"{number}": "SO-1", "{station}": "pack-1", "{kind}": "items", "{person}": "p1"}
    names |= {"{login}": "admin", "{token}": "0" * 64}
    for name, value in names.items():
        served = {(method, path.replace(name, value)) for method, path in served}
    assert served == {(method, path) for method, path, _ in ROUTES}


def test_no_role_goes_beyond_the_admins_and_the_auditor_changes_nothing() -> None:
    assert all(operations <= ALLOWED["admin"] for operations in ALLOWED.values())
    reading = {Operation.READ_FLOOR, Operation.READ_JOURNAL, Operation.READ_USERS}
    assert ALLOWED["auditor"] == reading
    assert Operation.READ_JOURNAL not in ALLOWED["supervisor"]


def test_a_token_never_lets_a_user_do_more_than_the_role() -> None:
    for role in ALLOWED:
        for scope in SCOPES:
            assert permitted(role, [scope]) <= ALLOWED[role]
    assert permitted("packer", ["admin"]) == ALLOWED["packer"]
    assert permitted("admin", ["unheard of"]) == frozenset()
    assert permitted("admin", ["journal", "scan"]) == {Operation.READ_JOURNAL, Operation.SCAN}


def test_me_tells_who_is_asking(client_of: ClientOf) -> None:
    assert client_of("auditor", "journal").get("/api/v1/me").json() == {
        "user": "u-auditor",
        "login": "auditor",
        "role": "auditor",
        "rights": ["journal"],
    }


# --- signing in ---------------------------------------------------------------------------


def test_signing_in_opens_a_session_and_signing_out_ends_it(
    world: World, open_client: TestClient
) -> None:
    add_user(world, "supervisor")
    assert sign_in(open_client, "supervisor", target="/orders?status=held") == "/orders?status=held"
    assert open_client.get("/api/v1/orders").status_code == 200
    cookie = open_client.cookies["tallydock_hz1"]
    out = open_client.post("/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    open_client.cookies.set("tallydock_hz1", cookie)
    problem(open_client.get("/api/v1/orders"), 401, "session_expired")


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_lines(world: World) -> None:
    add_user(world, "packer")
    app = edge_app(world.ports(), ApiSettings(), passwords=Passwords(CHEAP))
    form = {"login": "packer", "password": PASSWORD}
    for scheme, secure in (("http", False), ("https", True)):
        client = TestClient(app, base_url=f"{scheme}://dock.lan", follow_redirects=False)
        flags = client.post("/sign-in", data=form).headers["set-cookie"].lower().split("; ")
        assert {"httponly", "samesite=strict", "path=/"} <= set(flags)
        assert ("secure" in flags) is secure


def test_the_store_knows_only_the_hash_of_a_session(world: World, open_client: TestClient) -> None:
    add_user(world, "packer")
    sign_in(open_client, "packer")
    secret = open_client.cookies["tallydock_hz1"]
    assert list(world.accounts.by_session) == [fingerprint(secret)]


def test_a_session_ends_by_itself(world: World, open_client: TestClient) -> None:
    add_user(world, "supervisor")
    sign_in(open_client, "supervisor")
    world.clock.advance_us(12 * HOUR_US)
    problem(open_client.get("/api/v1/orders"), 401, "session_expired")


@pytest.mark.parametrize(
    ("login", "password"),
    [("packer", "wrong"), ("nobody", PASSWORD), ("packer", ""), ("packer", PASSWORD * 20)],
)
def test_a_wrong_name_and_a_wrong_password_look_alike(
    world: World, open_client: TestClient, login: str, password: str
) -> None:
    add_user(world, "packer")
    expected = "/sign-in?error=bad_credentials&next=%2F"
    form = {"login": login, "password": password}
    response = open_client.post("/sign-in", data=form)
    assert response.headers["location"] == expected
    assert "set-cookie" not in response.headers


def test_disabled_users_and_machines_cannot_sign_in(world: World, open_client: TestClient) -> None:
    disabled = replace(add_user(world, "packer"), disabled=True)
    machine = replace(add_user(world, "supervisor"), password_hash="")
    world.accounts.by_login |= {"packer": disabled, "supervisor": machine}
    assert "bad_credentials" in sign_in(open_client, "packer")
    assert "bad_credentials" in sign_in(open_client, "supervisor", "")


def test_guessing_is_slowed_down_and_time_heals(world: World, open_client: TestClient) -> None:
    add_user(world, "packer")
    for _ in range(FAILURES_PER_LOGIN_MAX):
        assert "bad_credentials" in sign_in(open_client, "packer", "guess")
    assert "too_many_requests" in sign_in(open_client, "packer")
    world.clock.advance_us(301_000_000)
    assert sign_in(open_client, "packer") == "/"


def test_a_colleague_at_another_address_is_not_locked_out() -> None:
    throttle = LoginThrottle(ManualClock())
    for _ in range(FAILURES_PER_LOGIN_MAX):
        throttle.failed("10.0.0.66", "boss")
    assert throttle.wait_s("10.0.0.66", "BOSS") > 0
    assert throttle.wait_s("10.0.0.66", "other") == 0
    assert throttle.wait_s("10.0.0.7", "boss") == 0


def test_an_address_that_tries_many_names_is_stopped_too() -> None:
    throttle = LoginThrottle(ManualClock())
    for index in range(FAILURES_PER_ADDRESS_MAX):
        throttle.failed("10.0.0.66", f"user{index}")
    assert throttle.wait_s("10.0.0.66", "anybody") > 0


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb", "x"]
)
def test_a_redirect_never_leaves_this_server(target: str) -> None:
    assert safe_target(target) == "/"


def test_a_kiosk_hands_in_a_token_instead_of_a_password(
    world: World, open_client: TestClient, client_of: ClientOf
) -> None:
    secret = client_of("packer").headers["Authorization"].removeprefix("Bearer ")
    form = {"token": secret, "next": "/stations/pack-1"}
    response = open_client.post("/sign-in/token", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/stations/pack-1")
    world.clock.advance_us(24 * HOUR_US)
    assert open_client.get("/api/v1/stations").status_code == 200


def test_a_narrow_token_does_not_become_a_wide_session(
    open_client: TestClient, client_of: ClientOf
) -> None:
    narrow = client_of("admin", "journal").headers["Authorization"].removeprefix("Bearer ")
    response = open_client.post("/sign-in/token", data={"token": narrow})
    problem(response, 403, "forbidden")
    problem(open_client.post("/sign-in/token", data={"token": "x"}), 401, "token_invalid")


# --- passwords ----------------------------------------------------------------------------


def test_passwords_are_argon2id_and_salted() -> None:
    passwords = Passwords()
    first, second = (passwords.hash_now(PASSWORD, "anna") for _ in range(2))
    assert first.startswith("$argon2id$")
    assert first != second


def test_a_password_matches_only_itself() -> None:
    async def check() -> tuple[bool, bool, bool, bool]:
        passwords = Passwords(CHEAP)
        stored = await passwords.hash(PASSWORD, "anna")
        return (
            await passwords.matches(stored, PASSWORD),
            await passwords.matches(stored, PASSWORD + " "),
            await passwords.matches("no hash", PASSWORD),
            await passwords.matches(None, "nobody has this password"),
        )

    assert asyncio.run(check()) == (True, False, False, False)


def test_an_unknown_user_costs_as_much_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock: the same hasher does the same work, whether there is a user or not."""
    work: list[list[str]] = []

    def verify(self: PasswordHasher, stored: str, password: str) -> bool:
        del self, password
        work.append(stored.split("$")[1:4])
        return True

    passwords = Passwords(CHEAP)
    known = CHEAP.hash(PASSWORD)
    monkeypatch.setattr(PasswordHasher, "verify", verify)
    asyncio.run(passwords.matches(known, "x"))
    asyncio.run(passwords.matches(None, "x"))
    assert len(work) == 2
    assert work[0] == work[1], "another algorithm, version or cost"


@pytest.mark.parametrize("password", ["short", "", "x" * 257, "annaannaanna1"])
def test_weak_passwords_are_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_strength(password, "anna")
    assert not password or password not in str(caught.value)
