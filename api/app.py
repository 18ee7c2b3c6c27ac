"""The edge's application: REST, sign-in and pages over one site's heart."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Lifespan

from api.application import ApiSettings, Pages, Parts, assemble, equip
from api.auth.passwords import Passwords
from api.ports import EdgePorts
from api.rest import (
    accounts,
    floor,
    imports,
    journal,
    letters,
    orders,
    persons,
    stations,
    stock,
    tokens,
    users,
)

TITLE = "Tallydock edge"
REST = (
    orders.router,
    stations.router,
    stock.router,
    floor.router,
    journal.router,
    letters.router,
    imports.router,
    persons.router,
    accounts.router,
    users.router,
    tokens.router,
)


def edge_app(
    ports: EdgePorts,
    settings: ApiSettings,
    *,
    pages: Pages | None = None,
    passwords: Passwords | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """The application of one site; ``lifespan`` starts and stops what runs beside it."""
    parts = Parts(
        name=ports.site,
        accounts=ports.accounts,
        health=ports.health,
        clock=ports.clock,
        chance=ports.chance,
        passwords=passwords or Passwords(),
    )
    chosen = pages or Pages()
    app = assemble(TITLE, REST, pages=chosen.routers, lifespan=lifespan)
    equip(app, parts, settings, chosen)
    app.state.ports = ports
    return app
