"""For machines that watch: alive, ready, measured. Open to all; no name, code or order in it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from api.metrics import CONTENT_TYPE, HttpMeter, exposition
from api.ports import Health
from api.problems import Problem, field_problem

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """All is well."""

    status: Literal["ok"]


@router.get("/healthz")
async def is_alive() -> Alive:
    """200 as long as the process answers."""
    return Alive(status="ok")


@router.get("/readyz")
def is_ready(connection: HTTPConnection) -> Alive:
    """200 when this process can do its work, else 503 with the reasons."""
    faults = _health_of(connection).faults()
    if faults:
        errors = [
            field_problem("part", fault, "see the log and `doctor`", fault) for fault in faults
        ]
        raise Problem("not_ready", errors=errors, headers={"Retry-After": "1"})
    return Alive(status="ok")


@router.get("/metrics", response_class=PlainTextResponse)
def show_metrics(connection: HTTPConnection) -> Response:
    """Prometheus text format."""
    meter: HttpMeter = connection.app.state.meter
    families = [*_health_of(connection).families(), *meter.families()]
    return Response(exposition(families), headers={"Content-Type": CONTENT_TYPE})


def _health_of(connection: HTTPConnection) -> Health:
    health: Health = connection.app.state.health
    return health
