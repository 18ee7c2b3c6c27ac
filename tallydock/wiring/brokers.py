"""The broker of a configuration, as the link's thread wants it."""

from __future__ import annotations

from collections.abc import Callable
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


def follower_of(config: BrokerConfig) -> Callable[[Broker], Broker] | None:
    """Where the broker is now, for a broker that may move; None when it stays.

    A file that is not there, or holds no port, changes nothing: the next attempt looks again.
    """
    if config.port_file is None:
        return None
    file = Path(config.port_file)

    def follow(broker: Broker) -> Broker:
        try:
            return replace(broker, port=int(file.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return broker

    return follow
