"""The OpenAPI 3.1 document: what FastAPI derives, plus what it cannot know.

Every operation may answer with a problem (RFC 9457) and takes a bearer token or the session
cookie, but for those under /healthz, /readyz and /metrics, which are open.
"""

from __future__ import annotations

from fastapi import FastAPI

from api.problems import MEDIA_TYPE, ProblemBody

_REF = "#/components/schemas/{model}"

COOKIE = "tallydock_{site}"

PROBLEM_RESPONSE: dict[str, object] = {
    "description": "Any error, as problem details (RFC 9457).",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemBody")}}},
}


class DocumentedApp(FastAPI):
    """FastAPI whose document tells problems and ways to sign in."""

    def openapi(self) -> dict[str, object]:
        """The document, made once."""
        document = super().openapi()
        components = _child(document, "components")
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        }
        _add_problem(_child(components, "schemas"))
        document["security"] = [{"bearer": []}, {"session": []}]
        for path, operations in _child(document, "paths").items():
            for operation in _dicts(operations):
                _child(operation, "responses")["default"] = PROBLEM_RESPONSE
                if not path.startswith("/api/"):
                    operation["security"] = []
        return document


def _add_problem(schemas: dict[str, object]) -> None:
    problem = ProblemBody.model_json_schema(ref_template=_REF, mode="serialization")
    schemas.update(problem.pop("$defs"))
    schemas["ProblemBody"] = problem


def _child(parent: dict[str, object], name: str) -> dict[str, object]:
    child = parent.setdefault(name, {})
    assert isinstance(child, dict)
    return child


def _dicts(parent: object) -> list[dict[str, object]]:
    assert isinstance(parent, dict)
    return [child for child in parent.values() if isinstance(child, dict)]
