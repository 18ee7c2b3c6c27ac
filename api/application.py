"""What the edge's and central's applications have in common.

Middleware, outermost first: security headers, counting, body limit, origin check; inside them
the error answers and the routes. A refusal by one of them is counted and bears the headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan

from api.auth import routes as auth_routes
from api.auth.gate import Gate
from api.auth.origin import OriginCheck
from api.auth.passwords import Passwords
from api.auth.throttle import LoginThrottle
from api.document import DocumentedApp
from api.headers import STATIC_PREFIX, SecurityHeaders
from api.language import Language
from api.limits import IMPORT_BYTES_MAX, BodyLimit
from api.metrics import HttpMeter, MeterAnswers
from api.ports import Accounts, Health
from api.problems import ErrorPage, install
from api.rest import health
from edge.clock import Clock
from edge.ids import Chance

API = "/api/v1"
API_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """``language``: what is answered when the caller asks for none of ours. ``origins``: pages
    on other addresses (a proxy's, such as ``https://dock.lan``) that may use this server.
    """

    language: Language = "zh-CN"
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What the pages add: routers, a folder served under /static, a page for errors."""

    routers: Sequence[APIRouter] = ()
    static: Path | None = None
    error_page: ErrorPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What both applications need of the parts around them; ``name`` is the site or central."""

    name: str
    accounts: Accounts
    health: Health
    clock: Clock
    chance: Chance
    passwords: Passwords = field(default_factory=Passwords)


def assemble(
    title: str,
    rest: Sequence[APIRouter],
    *,
    pages: Sequence[APIRouter] = (),
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """All routes, and nothing behind them yet: enough to describe the interface."""
    app = DocumentedApp(
        title=title,
        version=API_VERSION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_name_of,
    )
    for router in rest:
        app.include_router(router, prefix=API)
    for router in (health.router, auth_routes.router, *pages):
        app.include_router(router)
    return app


def equip(app: FastAPI, parts: Parts, settings: ApiSettings, pages: Pages) -> None:
    """Give the routes of ``app`` what they stand on, and put the protections around them."""
    app.state.gate = _gate(parts, settings)
    app.state.health = parts.health
    app.state.meter = HttpMeter()
    _protect(app, settings, app.state.meter)
    install(app, settings.language, pages.error_page)
    if pages.static is not None:
        app.mount(STATIC_PREFIX, StaticFiles(directory=pages.static), name="static")


def _name_of(route: APIRoute) -> str:
    """Operations are named as their functions, whatever becomes of their paths."""
    return route.name


def _gate(parts: Parts, settings: ApiSettings) -> Gate:
    return Gate(
        accounts=parts.accounts,
        clock=parts.clock,
        chance=parts.chance,
        cookie=f"tallydock_{parts.name}",
        language=settings.language,
        passwords=parts.passwords,
        throttle=LoginThrottle(parts.clock),
    )


def _protect(app: FastAPI, settings: ApiSettings, meter: HttpMeter) -> None:
    """Each middleware that is added goes around those that were added before."""
    app.add_middleware(OriginCheck, language=settings.language, origins=settings.origins)
    larger = {f"{API}/imports/": IMPORT_BYTES_MAX}
    app.add_middleware(BodyLimit, language=settings.language, larger=larger)
    app.add_middleware(MeterAnswers, meter=meter)
    app.add_middleware(SecurityHeaders)
