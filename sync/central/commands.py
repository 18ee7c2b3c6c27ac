"""Central's command log, the sending end (SYNC.md section 6).

Orders are given once and kept for good; their numbering lives for one epoch. A new epoch numbers
from 1 what no event of the site's present log answers. It is opened when the site's history
changed under us (an orphan may have been an answer), and when the site knows a position that
we do not (this central was restored from a backup).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from msgspec import Raw

from edge.domain.sync_inputs import Epoch
from edge.ids import Chance, hex_bits, uuid7
from edge.journal.chain import ZERO_HASH
from sync.backoff import Backoff
from sync.central.ports import CentralTransaction, CommandLog, NumberedCommand, Order
from sync.command_chain import COMMAND_BYTES_MAX, ChainedCommand, command_hash
from sync.envelope import COMMANDS_MAX, Commands, WireCommand, WirePosition
from sync.mail import Mail
from sync.ports import SECOND, Moment
from sync.timers import Timers

WINDOW_COMMANDS = 16
RESEND_US = (5 * SECOND, 60 * SECOND)
MESSAGE_DATA_BYTES_MAX = 2 * COMMAND_BYTES_MAX

SiteTimer = tuple[Literal["commands", "need", "catch_up"], str]


@dataclass(slots=True)
class _Pace:
    """What was sent to a site in this process; forgetting it costs a repeat, nothing else."""

    sent: int
    wait: Backoff


class CommandDesk:
    """Gives numbers, follows the sites' positions, sends and repeats."""

    def __init__(self, session: str, chance: Chance, mail: Mail, timers: Timers[SiteTimer]) -> None:
        self._session, self._chance, self._mail, self._timers = session, chance, mail, timers
        self._paces: dict[str, _Pace] = {}

    def log(self, tx: CentralTransaction, site: str) -> CommandLog:
        """The site's command log; its first epoch is opened here."""
        log = tx.commands.log(site)
        if log is None:
            log = CommandLog(epoch=Epoch(1, hex_bits(64, self._chance)))
            tx.commands.save_log(site, log)
        return log

    def give(
        self, tx: CentralTransaction, site: str, kind: str, version: int, data: bytes, now: Moment
    ) -> Order:
        """Add a command to the log; ``data`` is canonical JSON (``canonical_data``)."""
        order = Order(
            id=uuid7(now.wall_us, self._chance),
            type=kind,
            version=version,
            data=data,
            at_us=now.wall_us,
        )
        tx.commands.add_order(site, order)
        self._number(tx, site, self.log(tx, site), [order])
        return order

    def position(self, tx: CentralTransaction, site: str, at: WirePosition) -> None:
        """The site says how far it came: our idea of it follows, also backwards."""
        log = self.log(tx, site)
        if at.epoch.counter < log.epoch.counter:
            self._acked(tx, site, log, 0)
        elif at.epoch != log.epoch or self._is_unknown(tx, site, log, at):
            self.open_epoch(tx, site, at.epoch.counter + 1)
        elif at.through != log.acked:
            self._acked(tx, site, log, at.through)

    def open_epoch(self, tx: CentralTransaction, site: str, counter: int) -> None:
        """Number from 1 the orders that no event answers."""
        log = CommandLog(epoch=Epoch(counter, hex_bits(64, self._chance)))
        tx.commands.clear_numbers(site)
        tx.commands.save_log(site, log)
        self._paces.pop(site, None)
        self._number(tx, site, log, tx.commands.unanswered(site))

    def send_new(self, tx: CentralTransaction, site: str, now: Moment) -> None:
        """Send what the window allows and was not sent yet."""
        log = self.log(tx, site)
        pace = self._pace(site, log)
        high = min(log.length, log.acked + WINDOW_COMMANDS)
        if log.acked >= log.length:
            self._timers.cancel(("commands", site))
            return
        if pace.sent < high:
            pace.sent = self._send(tx, site, log, max(pace.sent, log.acked), high, now)
        self._timers.ensure(("commands", site), now.steady_us + pace.wait.next_us())

    def repeat(self, tx: CentralTransaction, site: str, now: Moment) -> None:
        """Nothing was heard of what was sent: send it again."""
        self._pace(site, self.log(tx, site)).sent = 0
        self.send_new(tx, site, now)

    def _acked(self, tx: CentralTransaction, site: str, log: CommandLog, through: int) -> None:
        if through != log.acked:
            tx.commands.save_log(site, replace(log, acked=through))
        pace = self._pace(site, log)
        if through > log.acked:
            pace.wait.reset()
            self._timers.cancel(("commands", site))
        elif through < log.acked:
            pace.sent = through

    def _is_unknown(
        self, tx: CentralTransaction, site: str, log: CommandLog, at: WirePosition
    ) -> bool:
        held = tx.commands.hash_at(site, at.through) if at.through <= log.length else None
        return held is None or held.hex() != at.hash

    def _pace(self, site: str, log: CommandLog) -> _Pace:
        fresh = _Pace(log.acked, Backoff(*RESEND_US, self._chance))
        return self._paces.setdefault(site, fresh)

    def _number(
        self, tx: CentralTransaction, site: str, log: CommandLog, orders: list[Order]
    ) -> None:
        numbered: list[NumberedCommand] = []
        number, previous = log.length, log.hash
        for order in orders:
            number += 1
            previous = command_hash(previous, _chained(site, log.epoch, number, order))
            numbered.append(NumberedCommand(number=number, hash=previous, order=order))
        tx.commands.number(site, numbered)
        tx.commands.save_log(site, replace(log, length=number, hash=previous))

    def _send(
        self,
        tx: CentralTransaction,
        site: str,
        log: CommandLog,
        after: int,
        through: int,
        now: Moment,
    ) -> int:
        """Send commands ``after`` + 1 up to ``through``, as many as fit; the last one sent."""
        batch = _fitting(tx.commands.numbered(site, after, min(through - after, COMMANDS_MAX)))
        previous = tx.commands.hash_at(site, after) or ZERO_HASH
        message = Commands(
            site=site,
            session=self._session,
            epoch=log.epoch,
            sent_at=self._mail.stamp(now),
            first_number=after + 1,
            prev_hash=previous.hex(),
            commands=[_wire(command.order) for command in batch],
        )
        self._mail.send("commands", message)
        return batch[-1].number


def _fitting(commands: list[NumberedCommand]) -> list[NumberedCommand]:
    size = 0
    for index, command in enumerate(commands):
        size += len(command.order.data)
        if index and size > MESSAGE_DATA_BYTES_MAX:
            return commands[:index]
    return commands


def _chained(site: str, epoch: Epoch, number: int, order: Order) -> ChainedCommand:
    return ChainedCommand(
        site=site,
        epoch=epoch,
        number=number,
        id=order.id,
        type=order.type,
        version=order.version,
        data=Raw(order.data),
    )


def _wire(order: Order) -> WireCommand:
    return WireCommand(id=order.id, type=order.type, version=order.version, data=Raw(order.data))
