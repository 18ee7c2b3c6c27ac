"""What the exchange counts on in a broker, and what it must be safe from (SYNC.md sections 2, 9).

One suite for every broker; a broker that passes may be named in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.ports import Outgoing
from sync.topics import everyones, topic
from tests.contract.brokers import (
    BrokerUnderTest,
    Client,
    Fake,
    Mosquitto,
    RealBroker,
    make_users,
    nats,
    until,
)

STATES = everyones("state")
EVENTS = everyones("events")
HZ1_STATE, HZ1_EVENTS, HZ1_ACK = topic("hz1", "state"), topic("hz1", "events"), topic("hz1", "ack")
HZ2_EVENTS, HZ2_STATE, HZ2_ACK = topic("hz2", "events"), topic("hz2", "state"), topic("hz2", "ack")
HZ1_COMMANDS = topic("hz1", "commands")


@pytest.fixture(params=["fake", "nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BrokerUnderTest]:
    logins = make_users(tmp_path)
    if request.param == "fake":
        yield Fake(logins)
    elif request.param == "nats":
        with nats(tmp_path, logins) as server:
            under_test = RealBroker(server.port, logins)
            yield under_test
            under_test.close()
    else:
        child = Mosquitto(tmp_path, logins)
        under_test = RealBroker(child.port, logins)
        yield under_test
        under_test.close()
        child.kill()


def connected(client: Client | None) -> Client:
    assert client is not None
    return client


def hears(client: Client, *messages: tuple[str, bytes]) -> bool:
    """Whether all of ``messages`` arrive, in this order."""
    return until(lambda: [m for m in client.received() if m in messages] == list(messages))


def test_a_message_reaches_who_is_connected(broker: BrokerUnderTest) -> None:
    central = connected(broker.connect("central", [EVENTS]))
    connected(broker.connect("hz1")).publish(Outgoing(HZ1_EVENTS, b"one"))
    assert hears(central, (HZ1_EVENTS, b"one"))


def test_a_topic_keeps_its_order(broker: BrokerUnderTest) -> None:
    central = connected(broker.connect("central", [EVENTS]))
    site = connected(broker.connect("hz1"))
    messages = [b"%d" % number for number in range(200)]
    for message in messages:
        site.publish(Outgoing(HZ1_EVENTS, message))
    assert hears(central, *((HZ1_EVENTS, message) for message in messages))


def test_a_retained_state_meets_who_comes_later(broker: BrokerUnderTest) -> None:
    site = connected(broker.connect("hz1"))
    early = connected(broker.connect("central", [STATES]))
    site.publish(Outgoing(HZ1_STATE, b"old", retain=True))
    site.publish(Outgoing(HZ1_STATE, b"new", retain=True))
    assert hears(early, (HZ1_STATE, b"new"))
    late = connected(broker.connect("central", [STATES]))
    assert hears(late, (HZ1_STATE, b"new"))
    assert (HZ1_STATE, b"old") not in late.received()


def test_a_cut_line_speaks_the_will(broker: BrokerUnderTest) -> None:
    central = connected(broker.connect("central", [STATES]))
    site = connected(broker.connect("hz1", will=Outgoing(HZ1_STATE, b"dead", retain=True)))
    site.break_off()
    assert hears(central, (HZ1_STATE, b"dead"))


def test_a_clean_goodbye_does_not(broker: BrokerUnderTest) -> None:
    central = connected(broker.connect("central", [STATES, EVENTS]))
    connected(broker.connect("hz1", will=Outgoing(HZ1_STATE, b"dead", retain=True))).close()
    connected(broker.connect("hz2")).publish(Outgoing(HZ2_EVENTS, b"after"))
    assert hears(central, (HZ2_EVENTS, b"after"))
    assert (HZ1_STATE, b"dead") not in central.received()


def test_nothing_is_kept_for_who_was_away(broker: BrokerUnderTest) -> None:
    name = "td-hz1-0000000000000000"
    connected(broker.connect("hz1", [HZ1_ACK], client_id=name)).close()
    central = connected(broker.connect("central", [EVENTS]))
    ear = connected(broker.connect("ear", ["tallydock/v1/#"]))
    central.publish(Outgoing(HZ1_ACK, b"missed"))
    assert hears(ear, (HZ1_ACK, b"missed"))
    back = connected(broker.connect("hz1", [HZ1_ACK], client_id=name))
    central.publish(Outgoing(HZ1_ACK, b"present"))
    assert hears(back, (HZ1_ACK, b"present"))
    assert (HZ1_ACK, b"missed") not in back.received()


def test_the_same_client_id_throws_the_holder_out(broker: BrokerUnderTest) -> None:
    first = connected(broker.connect("hz1", client_id="td-hz1-1111111111111111"))
    connected(broker.connect("hz1", client_id="td-hz1-1111111111111111"))
    assert until(lambda: not first.is_alive())


def test_a_message_of_one_mebibyte_passes(broker: BrokerUnderTest) -> None:
    central = connected(broker.connect("central", [EVENTS]))
    large = bytes(1024 * 1024)
    connected(broker.connect("hz1")).publish(Outgoing(HZ1_EVENTS, large))
    assert hears(central, (HZ1_EVENTS, large))


@pytest.mark.parametrize("forged", [HZ2_EVENTS, HZ2_STATE, HZ1_ACK, HZ1_COMMANDS, HZ2_ACK])
def test_a_site_cannot_speak_for_others(broker: BrokerUnderTest, forged: str) -> None:
    ear = connected(broker.connect("ear", ["tallydock/v1/#"]))
    liar = connected(broker.connect("hz1"))
    liar.publish(Outgoing(forged, b"forged"))
    liar.publish(Outgoing(HZ1_EVENTS, b"own"))
    # Dropped, so that what follows is heard; or thrown out for it.
    assert until(lambda: bool(ear.received()) or not liar.is_alive())
    assert (forged, b"forged") not in ear.received()


def test_a_forged_will_is_not_spoken(broker: BrokerUnderTest) -> None:
    ear = connected(broker.connect("ear", ["tallydock/v1/#"]))
    site = broker.connect("hz1", will=Outgoing(HZ2_STATE, b"forged", retain=True))
    if site is not None:  # a broker may also refuse the connection for it
        site.break_off()
    connected(broker.connect("hz2")).publish(Outgoing(HZ2_EVENTS, b"own"))
    assert hears(ear, (HZ2_EVENTS, b"own"))
    assert (HZ2_STATE, b"forged") not in ear.received()


@pytest.mark.parametrize("foreign", [HZ2_ACK, EVENTS, "tallydock/v1/#"])
def test_a_site_hears_only_its_own(broker: BrokerUnderTest, foreign: str) -> None:
    nosy = broker.connect("hz1", [HZ1_ACK, foreign])
    central = connected(broker.connect("central", [EVENTS]))
    central.publish(Outgoing(HZ2_ACK, b"not for hz1"))
    connected(broker.connect("hz2")).publish(Outgoing(HZ2_EVENTS, b"own"))
    central.publish(Outgoing(HZ1_ACK, b"for hz1"))
    assert hears(central, (HZ2_EVENTS, b"own"))
    if nosy is not None:  # refused at once, or granted but silent
        assert hears(nosy, (HZ1_ACK, b"for hz1"))
        assert all(name == HZ1_ACK for name, _ in nosy.received())


def test_a_wrong_password_is_refused(broker: BrokerUnderTest) -> None:
    assert broker.connect("hz1", login="guess") is None
