"""The raw limit of sending: the same bytes, published with QoS 1 and the pump's own window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import paho.mqtt.client as paho
from msgspec import Raw
from paho.mqtt.enums import CallbackAPIVersion

from edge.clock import Clock
from edge.domain.sync_inputs import NO_EPOCH, Epoch
from edge.journal.chain import ZERO_HASH, StoredEvent
from edge.journal.reader import JournalReader
from sync.batch import BATCH_BYTES_MAX
from sync.envelope import EVENTS_MAX, Events, WirePosition, encode
from sync.flight import WINDOW_BATCHES
from sync.mqtt import Broker
from sync.topics import topic
from tallydock.bench.measure import NS_PER_S
from tallydock.bench.workload import SITE

SESSION = "0123456789abcdef"
EPOCH = Epoch(1, SESSION)
NOWHERE = WirePosition(epoch=NO_EPOCH, through=0, hash=ZERO_HASH.hex())
TAKEN_WITHIN_S = 60.0


def batches(path: Path, after: int, upto: int) -> Iterator[bytes]:
    """The messages in which the pump would send the events after ``after`` up to ``upto``."""
    with closing(JournalReader.open(path)) as journal:
        previous = journal.hash_at(after) or ZERO_HASH
        while after < upto:
            limit = min(EVENTS_MAX, upto - after)
            events = journal.read(after, limit, BATCH_BYTES_MAX)
            yield message(after, previous, events)
            after, previous = events[-1].seq, events[-1].hash


def message(after: int, previous: bytes, events: list[StoredEvent]) -> bytes:
    """One batch as it stands on the wire."""
    return encode(
        Events(
            site=SITE,
            session=SESSION,
            epoch=EPOCH,
            sent_at=events[0].seq,
            first_seq=after + 1,
            prev_hash=previous.hex(),
            last_hash=events[-1].hash.hex(),
            position=NOWHERE,
            events=[Raw(event.body) for event in events],
        )
    )


class Publisher:
    """A client of paho's that publishes what the pump would send."""

    def __init__(self, broker: Broker, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.max_inflight_messages_set(WINDOW_BATCHES)
        self._client.username_pw_set(broker.user, broker.password)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def slice(self, number: int, events: int) -> float:
        """Events a second until the broker took the slice ``number``."""
        messages = list(batches(self._path, number * events, (number + 1) * events))
        name = topic(SITE, "events")
        began_ns = self._clock.monotonic_ns()
        for receipt in [self._client.publish(name, payload, qos=1) for payload in messages]:
            receipt.wait_for_publish(TAKEN_WITHIN_S)
            assert receipt.is_published()
        return events * NS_PER_S / (self._clock.monotonic_ns() - began_ns)
