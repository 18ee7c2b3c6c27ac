"""The broker of a configuration, as the link's thread wants it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.errors import InvalidInput
from sync.mqtt import Broker
from tallydock.config import BrokerConfig


def broker_of(config: BrokerConfig) -> Broker:
    """InvalidInput for an address that is none, and for plain MQTT beyond this machine."""
    broker = Broker.from_url(config.url, Path(config.ca) if config.ca is not None else None)
    loopback = broker.host == "localhost" or broker.host.startswith("127.") or broker.host == "::1"
    if not broker.tls and not loopback:
        raise InvalidInput("broker.url", broker.host, "bytes leave this machine: use mqtts://")
    return replace(
        broker, user=config.user or broker.user, password=config.password or broker.password
    )
