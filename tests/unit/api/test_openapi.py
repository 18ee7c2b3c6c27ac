"""The OpenAPI documents: checked in, true, and complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.openapi import NAMES, document, main

CHECKED_IN = Path(__file__).parents[3] / "docs" / "openapi"

Node = dict[str, object]


@pytest.mark.parametrize("name", NAMES)
def test_the_document_that_is_checked_in_is_the_one_that_the_code_makes(name: str) -> None:
    assert (CHECKED_IN / f"{name}.json").read_bytes() == document(name), "run `make openapi`"


def test_it_is_written_where_one_says(tmp_path: Path) -> None:
    main(tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "central.json",
        "edge.json",
    ]


def test_the_server_hands_out_the_same_document(admin: TestClient) -> None:
    served = admin.get("/api/v1/openapi.json").json()
    assert served == msgspec.json.decode(document("edge"))


def operations(whole: Node) -> Iterator[tuple[str, str, Node]]:
    paths = whole["paths"]
    assert isinstance(paths, dict)
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield path, method, operation


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_says_what_it_answers_and_how_it_fails(name: str) -> None:
    whole = msgspec.json.decode(document(name), type=Node)
    assert whole["openapi"] == "3.1.0"
    names = []
    for path, method, operation in operations(whole):
        responses = operation["responses"]
        assert isinstance(responses, dict)
        assert "default" in responses, (path, method)
        assert list(responses["default"]["content"]) == ["application/problem+json"]
        assert any(status.startswith("2") for status in responses)
        assert operation["summary"]
        assert operation["description"], (path, method)
        names.append(operation["operationId"])
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_answers_with_a_shape_that_is_not_described(name: str) -> None:
    whole = msgspec.json.decode(document(name), type=Node)
    for path, method, operation in operations(whole):
        responses = operation["responses"]
        assert isinstance(responses, dict)
        for status, response in responses.items():
            for media_type, content in response.get("content", {}).items():
                if media_type == "application/json":
                    assert content.get("schema"), (path, method, status)


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_somewhere(name: str) -> None:
    whole = msgspec.json.decode(document(name), type=Node)
    for reference in references(whole):
        node: object = whole
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(node, dict)
            assert part in node, reference
            node = node[part]


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, child in node.items():
            if key == "$ref":
                yield child
            else:
                yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


@pytest.mark.parametrize("name", NAMES)
def test_writes_to_the_floor_take_an_idempotency_key(name: str) -> None:
    whole = msgspec.json.decode(document(name), type=Node)
    free = {"make_token", "revoke_token", "add_site", "unfence_site", "store_person"}
    for path, method, operation in operations(whole):
        if method == "get" or operation["operationId"] in free:
            continue
        parameters = operation.get("parameters", [])
        assert isinstance(parameters, list)
        assert "idempotency-key" in [entry["name"].lower() for entry in parameters], path


def test_only_health_and_metrics_are_open() -> None:
    for name in NAMES:
        whole = msgspec.json.decode(document(name), type=Node)
        open_paths = {
            path for path, _, operation in operations(whole) if operation.get("security") == []
        }
        assert open_paths == {"/healthz", "/readyz", "/metrics"}
        assert whole["security"] == [{"bearer": []}, {"session": []}]
