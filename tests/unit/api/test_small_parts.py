"""Languages, cursors, request digests."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.idempotency import request_digest
from api.language import negotiate
from api.paging import decode_cursor, encode_cursor
from api.problems import Problem
from tests.unit.api.test_problems import problem


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("zh-TW", "zh-CN"),
        ("fr, de", "zh-CN"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0.3, zh;q=0.8", "zh-CN"),
        ("en, zh", "en"),
        ("*", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("en;q=nan, zh;q=2", "zh-CN"),
        ("en;q", "zh-CN"),
        (";;,,q=1", "zh-CN"),
    ],
)
def test_the_language_of_an_answer(header: str | None, language: str) -> None:
    assert negotiate(header, "zh-CN") == language


@given(st.text())
def test_no_header_breaks_the_negotiation(header: str) -> None:
    assert negotiate(header, "en") in ("en", "zh-CN")


@given(st.integers(0, 2**53), st.text(max_size=40))
def test_a_cursor_names_the_key_it_was_made_of(at_us: int, number: str) -> None:
    assert decode_cursor(encode_cursor((at_us, number)), int, str) == (at_us, number)


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(Problem):
        decode_cursor(text, int, str, int, str, int)


@pytest.mark.parametrize("cursor", ["x", "!!!!", "中", encode_cursor(("a",)), encode_cursor((1,))])
def test_a_bad_cursor_is_named(admin: TestClient, cursor: str) -> None:
    body = problem(admin.get("/api/v1/orders", params={"cursor": cursor}), 422, "invalid")
    assert (body.errors[0].field, body.errors[0].code) == ("cursor", "bad_cursor")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1e2"])
def test_a_bad_limit_is_named(admin: TestClient, limit: str) -> None:
    for path in ("orders", "stock", "devices", "journal", "gates", "users", "tokens"):
        body = problem(admin.get(f"/api/v1/{path}", params={"limit": limit}), 422, "invalid")
        assert body.errors[0].field == "limit"


def test_a_digest_goes_by_the_content_of_json() -> None:
    digest = request_digest("POST", "/a?", b'{"a": 1, "b": [2]}')
    assert digest == request_digest("POST", "/a?", b'{"b":[2],"a":1}')
    others = [
        ("POST", "/a?", b'{"a": 1, "b": [3]}'),
        ("POST", "/b?", b'{"a": 1, "b": [2]}'),
        ("PUT", "/a?", b'{"a": 1, "b": [2]}'),
        ("POST", "/a?", b"not json"),
        ("POST", "/a?", b""),
    ]
    assert len({digest, *(request_digest(*other) for other in others)}) == 6
