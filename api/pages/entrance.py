"""Where people come in: the home address, signing in, the choice of language, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth.routes import safe_target
from api.language import Language
from api.pages.render import LANGUAGE_COOKIE, Renderer, language_of
from api.pages.site import Site
from api.problems import SIGN_IN_PATH, Problem

YEAR_S = 365 * 24 * 3600
KNOWN_ERRORS = frozenset({"bad_credentials", "too_many_requests"})

router = APIRouter()

Target = Annotated[str, Query(alias="next", max_length=512)]


@router.get("/")
async def home(site: Site) -> Response:
    """To where this house's people look first."""
    return RedirectResponse(site.home, status_code=303)


@router.get(SIGN_IN_PATH)
def sign_in(request: Request, site: Site, target: Target = "/", error: str = "") -> Response:
    """The form; ``error`` says why the last attempt failed."""
    return site.renderer.page(
        request,
        "sign_in.html",
        identity=None,
        target=safe_target(target),
        error=error if error in KNOWN_ERRORS else "",
    )


@router.get("/language/{language}")
async def choose_language(language: Language, target: Target = "/") -> Response:
    """Remember the reader's language and go back."""
    response = RedirectResponse(safe_target(target), status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax")
    return response


def error_page(renderer: Renderer) -> Callable[[Request, Problem, Language], Response]:
    """Shows a problem to a browser, with the way back."""

    def show(request: Request, problem: Problem, _negotiated: Language) -> Response:
        language = language_of(request)
        response = renderer.page(
            request,
            "error.html",
            identity=None,
            status=problem.status,
            title=problem.title(language),
            detail=problem.detail_text(language),
            back=_came_from(request),
        )
        response.headers.update(problem.headers)
        return response

    return show


def _came_from(request: Request) -> str:
    """The page whose form failed; else the home page."""
    if request.method != "POST":
        return "/"
    return safe_target(urlsplit(request.headers.get("referer", "")).path or "/")
