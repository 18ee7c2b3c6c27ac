"""The thin binding to paho-mqtt: one connection at a time.

Nothing is decided here. paho's thread tells the owner what happens; the owner (see
``sync.worker``) opens, publishes and closes. Sessions are clean, messages go with QoS 1, and
a PUBACK means nothing (SYNC.md sections 1 and 2). A ``Connection`` lives for one connect; the
next one is a new object, with a new will, and nothing of the old one is queued in it.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import InvalidInput
from sync.ports import Outgoing

KEEP_ALIVE_S = 30
CONNECT_TIMEOUT_S = 5.0
INFLIGHT_MAX = 100
PORTS = {"mqtt": 1883, "mqtts": 8883}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where a broker is and who we are there; ``ca_file`` is for ``mqtts`` with a CA of one's own.

    ``cert_file`` and ``key_file`` are a client certificate, instead of a password.
    """

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @classmethod
    def from_url(cls, url: str, ca_file: Path | None = None) -> Broker:
        """``mqtt[s]://[user:password@]host[:port]``; InvalidInput names what is wrong."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/"):
            shown = url.rpartition("@")[2]
            raise InvalidInput("broker", shown, "write mqtt://user:password@host:port or mqtts://")
        try:
            port = parts.port or PORTS[parts.scheme]
        except ValueError as error:
            raise InvalidInput("broker", parts.hostname, "write a port up to 65535") from error
        return cls(
            host=parts.hostname,
            port=port,
            tls=parts.scheme == "mqtts",
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            ca_file=ca_file,
        )


class Up(NamedTuple):
    """Connected, and every subscription is granted."""

    connection: Connection


class Down(NamedTuple):
    """The connection ended, or was refused."""

    connection: Connection
    why: str


class Came(NamedTuple):
    """A message was delivered."""

    connection: Connection
    topic: str
    payload: bytes


Happening = Up | Down | Came


class Connection:
    """One connection: tells ``Up`` once, ``Came`` for messages, ``Down`` once at the end.

    ``tell`` answers False after a short wait when its owner has no room; paho's thread then
    tries again, and the broker feels it.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        subscriptions: Sequence[str],
        will: Outgoing | None,
        tell: Callable[[Happening], bool],
    ) -> None:
        self._broker, self._tell = broker, tell
        self._subscriptions = [(topic, 1) for topic in subscriptions]
        self._closing = self._ended = False
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(INFLIGHT_MAX)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set_context(_tls(broker))
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        self._client = client

    def open(self) -> None:
        """Connect; OSError when there is no broker. The rest is told on the queue."""
        self._client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_S)
        self._client.loop_start()

    def publish(self, message: Outgoing) -> None:
        """Hand a message to paho; if the connection is gone, so is the message."""
        self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def close(self, last: Sequence[Outgoing] = (), wait_s: float = 1.0) -> None:
        """Send the ``last`` words, say goodbye, and stop paho's thread."""
        sent = [
            self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
            for message in last
        ]
        for receipt in sent:
            if receipt.rc is MQTTErrorCode.MQTT_ERR_SUCCESS:
                receipt.wait_for_publish(wait_s)
        self._closing = True
        self._client.disconnect()
        self._client.loop_stop()

    # --- paho's thread ----------------------------------------------------------------------

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._end(f"refused: {reason}")
        else:
            client.subscribe(self._subscriptions)

    def _on_subscribe(
        self,
        client: paho.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._end("a subscription was refused: check the grants")
            client.disconnect()
        else:
            self._put(Up(self))

    def _on_message(
        self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage
    ) -> None:
        self._put(Came(self, message.topic, bytes(message.payload)))

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._end(str(reason))

    def _end(self, why: str) -> None:
        if not self._ended:
            self._ended = True
            self._put(Down(self, why))

    def _put(self, event: Happening) -> None:
        """Wait for room, unless the owner is closing and reads no more."""
        while not self._closing and not self._tell(event):
            pass


def _tls(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or later, the broker's certificate checked against the configured CA."""
    context = ssl.create_default_context(cafile=broker.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.cert_file is not None:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context
