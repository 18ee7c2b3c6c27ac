"""Central's application: REST, sign-in and its page over all sites."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Lifespan

from api.application import ApiSettings, Pages, Parts, assemble, equip
from api.auth.passwords import Passwords
from api.central import letters, orders, persons, sites, stock
from api.central.ports import CentralPorts
from api.rest import accounts, tokens

TITLE = "Tallydock central"
REST = (
    sites.router,
    orders.router,
    stock.router,
    letters.router,
    persons.router,
    accounts.router,
    tokens.router,
)


def central_app(
    ports: CentralPorts,
    settings: ApiSettings,
    *,
    pages: Pages | None = None,
    passwords: Passwords | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """Central's application; ``lifespan`` starts and stops what runs beside it."""
    parts = Parts(
        name="central",
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
