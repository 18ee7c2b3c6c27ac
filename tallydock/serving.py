"""Serving an application with uvicorn: one process, one worker, sockets bound beforehand."""

from __future__ import annotations

import logging
import socket
import sys

import uvicorn
from fastapi import FastAPI

from edge.errors import InvalidInput
from tallydock.config import WebConfig

BACKLOG = 512
SWITCH_EVERY_S = 0.0005
"""How soon the event loop lets the heart's thread go on: it comes back from the disk often, and
would wait ten times as long by Python's own measure.
"""


def bind(web: WebConfig) -> socket.socket:
    """The listening socket; InvalidInput when the port is in use or not allowed."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((web.host, web.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        remedy = f"{error.strerror or error}: choose another port"
        raise InvalidInput("web.port", str(web.port), remedy, "port_in_use") from error
    return listener


def address_of(listener: socket.socket, web: WebConfig) -> str:
    """The address to open in a browser."""
    host = f"[{web.host}]" if ":" in web.host else web.host
    scheme = "https" if web.certificate is not None else "http"
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


def serve(app: FastAPI, listener: socket.socket, web: WebConfig) -> None:
    """Serve until SIGINT or SIGTERM; raises SystemExit when the application cannot start."""
    sys.setswitchinterval(SWITCH_EVERY_S)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        ssl_certfile=web.certificate,
        ssl_keyfile=web.key,
        server_header=False,
        timeout_graceful_shutdown=3,
        ws_max_size=64 * 1024,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(1)
