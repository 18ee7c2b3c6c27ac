"""Every error is a problem detail (RFC 9457), in the caller's language."""

from __future__ import annotations

import logging

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.headers import SECURITY_HEADERS
from api.problem_kinds import BY_STATUS, KINDS
from api.problems import ProblemBody, field_problem
from edge.errors import Conflict, InvalidInput, NotFound, StoreDamaged, StoreUnavailable
from tests.unit.api.conftest import ClientOf
from tests.unit.api.fakes import World
from tests.unit.api.samples import order_row


def problem(response: Response, status: int, code: str) -> ProblemBody:
    """The response's problem, after what holds for every one of them."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value
    body = ProblemBody.model_validate_json(response.content)
    assert (body.status, body.code) == (status, code)
    assert body.type == f"urn:tallydock:problem:{code}"
    assert body.title
    assert body.detail
    return body


def test_an_unknown_address_is_404(admin: TestClient) -> None:
    body = problem(admin.get("/api/v1/no/such thing"), 404, "not_found")
    assert body.instance == "/api/v1/no/such%20thing"


def test_a_wrong_method_is_405_and_names_the_right_ones(admin: TestClient) -> None:
    response = admin.delete("/api/v1/stock")
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET"


def test_broken_json_is_400(admin: TestClient) -> None:
    response = admin.post(
        "/api/v1/orders", content=b'{"channel":', headers={"Content-Type": "application/json"}
    )
    problem(response, 400, "malformed")


def test_each_wrong_value_is_named_with_field_value_and_remedy(admin: TestClient) -> None:
    response = admin.post(
        "/api/v1/orders",
        json={"channel": "shop", "external_id": "1", "lines": [{"quantity": 3, "skuu": "A"}]},
    )
    body = problem(response, 422, "invalid")
    assert {error.field for error in body.errors} == {"lines[0].quantity", "lines[0].skuu"}
    assert all(error.remedy for error in body.errors)


def test_a_lone_surrogate_is_refused_and_not_an_internal_error(admin: TestClient) -> None:
    response = admin.post(
        "/api/v1/stations/pack-1/scans",
        content=rb'{"data": "\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    problem(response, 422, "invalid")


def test_the_language_is_the_callers(admin: TestClient) -> None:
    chinese = admin.get("/api/v1/nowhere", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    english = admin.get("/api/v1/nowhere", headers={"Accept-Language": "en-GB"})
    assert problem(chinese, 404, "not_found").title == KINDS["not_found"].zh
    assert problem(english, 404, "not_found").title == KINDS["not_found"].en
    assert chinese.headers["content-language"] == "zh-CN"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidInput("lines[0].quantity", "0", "send a quantity above zero"), 422, "invalid"),
        (NotFound("lines[0].sku", "NOPE", "import the item first"), 422, "invalid"),
        (NotFound("number", "SO-1", "no such order"), 404, "not_found"),
        (Conflict("number", "SO-1", "the order is packed"), 409, "conflict"),
        (StoreUnavailable("disk full"), 503, "store_unavailable"),
        (StoreDamaged("hz1", 7, "hash"), 500, "store_damaged"),
        (InvalidInput("Idempotency-Key", "k", "a new key", "key_reused"), 422, "key_reused"),
    ],
)
def test_errors_of_the_heart_keep_their_meaning(
    world: World, admin: TestClient, error: Exception, status: int, code: str
) -> None:
    world.queries.order_rows.append(order_row("SO-1"))
    world.commands.fail = error
    body = problem(admin.post("/api/v1/orders/SO-1/release"), status, code)
    if isinstance(error, InvalidInput):
        (wrong,) = body.errors
        assert (wrong.field, wrong.value, wrong.remedy) == (
            error.field,
            error.value,
            error.remedy,
        )


def test_a_store_that_does_not_write_says_when_to_try_again(
    world: World, admin: TestClient
) -> None:
    world.commands.fail = StoreUnavailable("disk full")
    response = admin.post("/api/v1/stations/pack-1/scans", json={"data": "x"})
    problem(response, 503, "store_unavailable")
    assert response.headers["retry-after"] == "1"


def test_a_fault_of_ours_tells_nothing_of_the_inside(
    world: World, admin: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    world.commands.fail = RuntimeError("the secret is 42")
    with caplog.at_level(logging.CRITICAL):
        response = admin.post("/api/v1/stations/pack-1/scans", json={"data": "x"})
    problem(response, 500, "internal")
    assert "42" not in response.text


def test_values_of_secret_fields_are_not_repeated() -> None:
    assert field_problem("password", "hunter22222", "longer", "x").value is None
    assert field_problem("sku", "A" * 999, "shorter", "x").value == "A" * 200


def test_a_browser_is_sent_to_the_sign_in_page(
    open_client: TestClient, client_of: ClientOf
) -> None:
    """Only where pages are mounted; the API itself always answers with a problem."""
    response = open_client.get("/api/v1/stock", headers={"Accept": "text/html"})
    problem(response, 401, "unauthenticated")
    assert client_of("packer").get("/api/v1/stock").status_code == 200


def test_every_status_and_code_has_words_in_both_languages() -> None:
    assert set(BY_STATUS.values()) <= set(KINDS)
    for status, code in BY_STATUS.items():
        assert KINDS[code].status == status
    assert all(kind.en and kind.zh for kind in KINDS.values())
    assert all(bool(kind.detail_en) == bool(kind.detail_zh) for kind in KINDS.values())
