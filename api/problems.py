"""Every error as a problem detail (RFC 9457), in the caller's language.

    Problem            raised by this package; carries a code of ``problem_kinds`` and fields
    InvalidInput & co. raised by the heart; mapped by class (``edge.errors``)
    anything else      is a fault of ours: 500, logged, no inner detail told

``type`` is ``urn:tallydock:problem:{code}``; ``instance`` is the path that was asked for.
A browser that asked for a page gets the error page, or is sent to the sign-in page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.headers import SECURITY_HEADERS
from api.language import Language, negotiate
from api.problem_kinds import BY_STATUS, KINDS, Kind
from edge.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    Refused,
    SeveralInvalid,
    StoreDamaged,
    StoreUnavailable,
    TallydockError,
)
from edge.text.remedies import remedy_in

MEDIA_TYPE = "application/problem+json"
VALUE_LENGTH_MAX = 200
RETRY_AFTER_S = 1
SIGN_IN_PATH = "/sign-in"

log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One wrong value: where it stood, what came, what to send instead.

    In a file it stood in ``row`` (the heading is row 1) and ``column``.
    """

    field: str
    value: str | None
    remedy: str
    code: str
    row: int | None = None
    column: str | None = None


class ProblemBody(BaseModel):
    """RFC 9457 problem details; ``code`` is stable and meant for programs."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldProblem] = Field(default_factory=list)


class Problem(Exception):
    """An error answer; ``code`` is one of ``problem_kinds``."""

    def __init__(
        self,
        code: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        detail: str | None = None,
        first_is_detail: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind: Kind = KINDS[code]
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.detail, self._first_is_detail = detail, first_is_detail

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return self.kind.status

    def title(self, language: Language) -> str:
        """What kind of problem this is, as a heading."""
        return self.kind.zh if language == "zh-CN" else self.kind.en

    def detail_text(self, language: Language) -> str:
        """What to do, in one sentence."""
        if self.detail is not None:
            return self.detail
        general = self.kind.detail_zh if language == "zh-CN" else self.kind.detail_en
        if not self.errors or (general and not self._first_is_detail):
            return general or self.title(language)
        first = self.errors_in(language)[0]
        return f"{first.field}: {first.remedy}"

    def errors_in(self, language: Language) -> list[FieldProblem]:
        """The wrong values, each with its remedy in ``language``."""
        return [
            wrong.model_copy(update={"remedy": remedy_in(language, wrong.remedy)})
            for wrong in self.errors
        ]


ErrorPage = Callable[[Request, Problem, Language], Response]


def respond(problem: Problem, instance: str, language: Language) -> Response:
    """The problem as a response, with the headers that every answer bears."""
    body = ProblemBody(
        type=f"urn:tallydock:problem:{problem.code}",
        title=problem.title(language),
        status=problem.status,
        detail=problem.detail_text(language),
        instance=quote(instance, errors="replace"),
        code=problem.code,
        errors=problem.errors_in(language),
    )
    headers = {**SECURITY_HEADERS, "Content-Language": language, **problem.headers}
    return Response(
        body.model_dump_json(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers
    )


def from_error(error: TallydockError, in_path: Collection[str] = ()) -> Problem:
    """The problem that tells an error of the heart; ``in_path`` are the path's parameters."""
    match error:
        case InvalidInput():
            return _from_input(error, in_path)
        case Refused():
            return Problem("forbidden")
        case StoreUnavailable():
            return Problem("store_unavailable", headers={"Retry-After": str(RETRY_AFTER_S)})
        case StoreDamaged():
            return Problem("store_damaged", detail=str(error))
        case _:
            return Problem("internal")


def _from_input(error: InvalidInput, in_path: Collection[str]) -> Problem:
    """404 is for what the path names; an unknown name within a body is 422."""
    kind = error.code if error.code in KINDS else "invalid"
    if isinstance(error, Conflict):
        kind = "conflict"
    elif isinstance(error, NotFound):
        kind = "not_found" if error.field in in_path else "invalid"
    faults = error.faults if isinstance(error, SeveralInvalid) else (error,)
    wrong = [field_problem(one.field, one.value, one.remedy, one.code) for one in faults]
    return Problem(kind, errors=wrong, first_is_detail=True)


def field_problem(field: str, value: str | None, remedy: str, code: str) -> FieldProblem:
    """One wrong value; long values are cut, values of secret fields are not repeated."""
    secret = any(word in field.lower() for word in ("password", "secret", "token"))
    shown = None if secret or value is None else _printable(value[:VALUE_LENGTH_MAX])
    return FieldProblem(field=_printable(field), value=shown, remedy=_printable(remedy), code=code)


def _printable(text: str) -> str:
    """Lone surrogates, which JSON can spell and UTF-8 cannot, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def from_validation(error: RequestValidationError) -> Problem:
    """The problem that tells what a body, query or path has wrong."""
    found = error.errors()
    if any(entry["type"] == "json_invalid" for entry in found):
        return Problem("malformed")
    wrong = [
        field_problem(
            _dotted(entry["loc"]),
            entry["input"] if isinstance(entry.get("input"), str) else None,
            str(entry["msg"]),
            str(entry["type"]),
        )
        for entry in found
    ]
    return Problem("invalid", errors=wrong)


def _dotted(location: Sequence[str | int]) -> str:
    """``("body", "lines", 0, "sku")`` -> ``lines[0].sku``; the first part names body or query."""
    text = ""
    for part in location[1:] if len(location) > 1 else location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def install(app: FastAPI, language: Language, error_page: ErrorPage | None = None) -> None:
    """Make ``app`` answer every error as a problem; ``error_page`` renders them for browsers."""

    def answer(request: Request, problem: Problem) -> Response:
        chosen = negotiate(request.headers.get("accept-language"), language)
        if error_page is not None and wants_page(request):
            if problem.status == 401 and request.method == "GET":
                return RedirectResponse(_sign_in_address(request), status_code=303)
            return error_page(request, problem, chosen)
        return respond(problem, request.url.path, chosen)

    def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return answer(request, error)

    def on_heart_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, TallydockError)
        problem = from_error(error, request.path_params)
        if problem.status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error)
        return answer(request, problem)

    def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, from_validation(error))

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, _from_http(error))

    def on_fault(request: Request, _error: Exception) -> Response:
        return answer(request, Problem("internal"))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(TallydockError, on_heart_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_fault)


def wants_page(request: Request) -> bool:
    """A browser that navigates: it accepts HTML and asks for no address of the API."""
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith("/api/")


def _from_http(error: HTTPException) -> Problem:
    code = BY_STATUS.get(error.status_code)
    if code is None:
        code = "malformed" if error.status_code < 500 else "internal"
    return Problem(code, headers=error.headers)


def _sign_in_address(request: Request) -> str:
    target = request.url.path
    if request.url.query:
        target += f"?{request.url.query}"
    return f"{SIGN_IN_PATH}?next={quote(target, safe='/')}"
