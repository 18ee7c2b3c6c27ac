"""A day's inputs from a seed: scans of every kind at three benches, and all that comes between.

The inputs are made before any is processed, so the same ones can be batched in many ways.
"""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from edge.domain.commands import (
    CancelOrder,
    ChangeOrder,
    Command,
    ErasePerson,
    HoldOrder,
    LineChange,
    ReceiveStock,
    ReleaseOrder,
)
from edge.domain.person import PersonDetails
from edge.domain.sessions import IDLE_TIMER
from edge.domain.sync_inputs import OpenEpoch, RecordDeadLetter, SaveCursor
from edge.service.inputs import Ask, FromLink, Input, OutageEnded, SavePerson, Scan, TimerDue
from tests.unit.domain.situations import SAMPLES
from tests.unit.floor import (
    CREAM,
    CUP,
    MILK,
    PHONE,
    TEA,
    TEA_CASE,
    TWIN,
    Floor,
    badge,
    code,
    order,
)

STATIONS = ("pack-1", "pack-2", "pack-3")
ORDERS = tuple(f"SO-{10_001 + index}" for index in range(6))
SKUS = ("TEA", "CUP", "MILK", "CREAM", "PHONE", "TWIN-8")

# What packers mostly do, so that walks get somewhere; now and then anything else.
USUAL = (
    *(TEA, CUP) * 6, *(code("UNDO"), code("NEXT"), code("CLOSE")) * 2, TEA_CASE, TWIN,
    f"01{MILK}1728010110L1", f"01{CREAM}10L2", f"01{PHONE}21S1", f"01{PHONE}21S2",
    *(code(verb) for verb in ("SHORT", "CANCEL", "TAKEOVER")),
    code("REASON", "MISSING"), code("CHOOSE", "1"),
    *(badge(user) for user in (1, 2, 3)),
    *(code("ORDER", number) for number in ORDERS),
)  # fmt: skip


def _scan(floor: Floor, dice: random.Random) -> Scan:
    station = dice.choice(STATIONS)
    if dice.random() < 0.2:
        sample = dice.choice(SAMPLES)
        return floor.scanning(
            station, sample.data, symbology=sample.symbology, fault=sample.fault,
            retransmit=dice.random() < 0.2,
        )  # fmt: skip
    data = dice.choice(USUAL)
    return floor.scanning(station, data, symbology="]C1" if data.startswith("01") else None)


def _command(dice: random.Random, index: int) -> Command:
    number, quantity = dice.choice(ORDERS), Decimal(dice.randint(1, 4))
    lines = [(dice.choice(SKUS), dice.randint(1, 3)) for _ in range(dice.randint(1, 3))]
    commands: list[Command] = [
        order(f"walk-{index}", *lines, draft=dice.random() < 0.2),
        ChangeOrder(number=number, lines=(LineChange(line=1, quantity=quantity),)),
        ChangeOrder(number=number, lines=(LineChange(line=0, quantity=quantity, sku="TEA"),)),
        CancelOrder(number=number, reason="customer"),
        HoldOrder(number=number, reason="payment"),
        ReleaseOrder(number=number),
        ReceiveStock(location="A-01-1", sku=dice.choice(SKUS), quantity=quantity, lot="L9"),
        ErasePerson(person=f"c-{dice.randint(1, 3)}"),
    ]
    return dice.choice(commands)


def _other(floor: Floor, dice: random.Random, index: int) -> Input:
    at_us = floor.tick()
    zeros = bytes(32)
    others: list[Input] = [
        TimerDue(at_us=at_us, kind=IDLE_TIMER, subject=dice.choice(STATIONS)),
        SavePerson(
            at_us=at_us, person=f"c-{dice.randint(1, 3)}", data=PersonDetails(name=f"n{index}")
        ),
        OutageEnded(at_us=at_us, began_at_us=at_us - 9, refused=index),
        FromLink(at_us=at_us, intent=SaveCursor(consumer="central", seq=index, hash=zeros)),
        FromLink(
            at_us=at_us,
            intent=OpenEpoch(counter=dice.randint(1, 9), nonce="0" * 16, base=index, lost=index),
        ),
        FromLink(
            at_us=at_us,
            intent=RecordDeadLetter(
                direction="down", topic="t", reason="r", payload=b"x", at_us=at_us
            ),
        ),
    ]
    return dice.choice(others)


def walk(floor: Floor, seed: int, steps: int) -> list[Input]:
    """``steps`` inputs for ``floor``, whose clock is sometimes set back by up to a minute."""
    dice = random.Random(seed)
    inputs: list[Input] = [
        floor.asking(order(f"start-{number}", *lines))
        for number, lines in enumerate(
            [(("TEA", 3), ("CUP", 1)), (("MILK", 1), ("PHONE", 1), ("TEA", 1))]
        )
    ]
    for user, station in enumerate(STATIONS, 1):
        inputs.append(floor.scanning(station, badge(user)))
        inputs.append(floor.scanning(station, code("ORDER", ORDERS[user - 1])))
    for index in range(steps):
        if dice.random() < 0.05:
            floor.now_us -= dice.randint(1, 60) * 1_000_000
        lot = dice.random()
        if lot < 0.8:
            inputs.append(_scan(floor, dice))
        elif lot < 0.95:
            inputs.append(floor.asking(_command(dice, index)))
        else:
            inputs.append(_other(floor, dice, index))
        if dice.random() < 0.03:
            inputs.append(_again(inputs[-1]))
    return inputs


def _again(input_: Input) -> Input:
    """The same scan or command once more, a moment later."""
    if isinstance(input_, Ask | Scan):
        return replace(input_, at_us=input_.at_us + 1)
    return input_
