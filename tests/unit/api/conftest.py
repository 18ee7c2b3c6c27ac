"""An edge application over fakes, and clients with one role each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from api.app import edge_app
from api.application import ApiSettings
from api.auth.passwords import Passwords
from api.auth.secret import fingerprint
from api.ports import ApiToken, Credential
from edge.domain.rows import Role
from tests.unit.api.fakes import World

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

ClientOf = Callable[..., TestClient]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def open_client(world: World) -> Iterator[TestClient]:
    """Nobody is signed in."""
    app = edge_app(world.ports(), ApiSettings(language="en"), passwords=Passwords(CHEAP))
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def client_of(world: World, open_client: TestClient) -> ClientOf:
    """A client with a token of a user of ``role``, or narrower by ``scopes``."""

    def make(role: Role, *scopes: str, expires_at: int | None = None) -> TestClient:
        secret = f"secret of {role} {scopes}"
        add_user(world, role)
        token = ApiToken(
            sha256=fingerprint(secret),
            name=role,
            user=f"u-{role}",
            scopes=scopes or ("all",),
            expires_at=expires_at,
        )
        world.accounts.by_token[token.sha256] = token
        client = TestClient(open_client.app, raise_server_exceptions=False, follow_redirects=False)
        client.headers["Authorization"] = f"Bearer {secret}"
        return client

    return make


@pytest.fixture
def admin(client_of: ClientOf) -> TestClient:
    return client_of("admin")


def add_user(world: World, role: Role, *, login: str | None = None) -> Credential:
    """A user of ``role`` who can sign in with PASSWORD."""
    credential = Credential(
        login=login or role,
        user=f"u-{login or role}",
        password_hash=CHEAP.hash(PASSWORD),
        role=role,
    )
    world.accounts.by_login[credential.login] = credential
    return credential
