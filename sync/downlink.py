"""Central's way down to the site: commands and persons.

The pump judges no command. It rebuilds the hashes of what came, leaves out what the site has
already, and hands the rest to the heart, whose transaction decides whether each follows.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Raw

from edge.domain.sync_inputs import ApplyCommand, CommandPosition, StorePersons
from edge.ids import Chance
from sync.backoff import Backoff
from sync.command_chain import ChainedCommand, canonical_data, command_hash
from sync.envelope import PERSONS_MAX, Commands, Need, Persons, WireCommand
from sync.mail import Mail
from sync.ports import SECOND, Moment, PersonReader, SiteState
from sync.timers import Timers
from sync.wire_persons import from_wire, pages

NEED_WAIT_US = (1 * SECOND, 60 * SECOND)
NEED_LOOK_US = 1 * SECOND


class Timer(Enum):
    NEED = auto()


class Downlink:
    """One site's receiving end of the command log, and both ends of the persons' exchange."""

    def __init__(
        self, site: str, memory: SiteState, persons: PersonReader, chance: Chance, mail: Mail
    ) -> None:
        self.timers: Timers[Timer] = Timers()
        self._site, self._memory, self._persons, self._mail = site, memory, persons, mail
        self._need_wait = Backoff(*NEED_WAIT_US, chance)

    def look_for_needs(self, now: Moment) -> None:
        """Something was written that may refer to persons: look soon."""
        self.timers.ensure(Timer.NEED, now.steady_us + NEED_LOOK_US)

    def commands(self, message: Commands) -> bool:
        """Hand on what the site may lack; whether there was any. InvalidInput on a bad command."""
        position = self._memory.command_position()
        previous = bytes.fromhex(message.prev_hash)
        wanted: list[ApplyCommand] = []
        for number, wire in enumerate(message.commands, message.first_number):
            command = self._rebuild(message, number, wire, previous)
            previous = command.hash
            if _is_news(command, position):
                wanted.append(command)
        for command in wanted:
            self._mail.intend(command)
        return bool(wanted)

    def persons(self, message: Persons, now: Moment) -> None:
        """Rows that central sent."""
        rows = from_wire(message.rows)
        if rows:
            self._mail.intend(StorePersons(rows=rows))
            self._need_wait.reset()
            self.look_for_needs(now)

    def answer(self, need: Need, session: str, now: Moment) -> None:
        """Central lacks rows; send those that are here."""
        for page in pages(self._persons.rows(need.ids)):
            message = Persons(
                site=self._site,
                session=session,
                epoch=self._memory.site_epoch(),
                sent_at=self._mail.stamp(now),
                rows=page,
            )
            self._mail.send("events", message)

    def tick(self, session: str, now: Moment) -> None:
        """Ask for persons whom this site cannot resolve, until there are none."""
        if not self.timers.take(Timer.NEED, now.steady_us):
            return
        missing = self._persons.missing(PERSONS_MAX)
        if not missing:
            self._need_wait.reset()
            return
        need = Need(
            site=self._site,
            session=session,
            epoch=self._memory.site_epoch(),
            sent_at=self._mail.stamp(now),
            ids=list(missing),
        )
        self._mail.send("events", need)
        self.timers.set(Timer.NEED, now.steady_us + self._need_wait.next_us())

    def _rebuild(
        self, message: Commands, number: int, wire: WireCommand, previous: bytes
    ) -> ApplyCommand:
        data = canonical_data(wire.data)
        chained = ChainedCommand(
            site=self._site,
            epoch=message.epoch,
            number=number,
            id=wire.id,
            type=wire.type,
            version=wire.version,
            data=Raw(data),
        )
        return ApplyCommand(
            epoch=message.epoch,
            number=number,
            prev_hash=previous,
            hash=command_hash(previous, chained),
            id=wire.id,
            type=wire.type,
            version=wire.version,
            data=data,
        )


def _is_news(command: ApplyCommand, position: CommandPosition) -> bool:
    if command.epoch == position.epoch:
        return command.number > position.through
    return command.epoch.counter > position.epoch.counter
