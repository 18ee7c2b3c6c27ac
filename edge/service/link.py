"""What the link to central writes: cursors, epochs, commands, persons, dead letters.

A command is applied alone, in the unit of its input: the answer event, its effects and the
position (SYNC section 6). Journal order: CommandAccepted, then the effects; or CommandRefused.
"""

from __future__ import annotations

from functools import partial

import msgspec

from edge.domain import rules
from edge.domain.commands import (
    CancelOrder,
    ChangeOrder,
    Command,
    DefineItem,
    ErasePerson,
    HoldOrder,
    PlaceOrder,
    ReleaseOrder,
)
from edge.domain.events import CommandAccepted, CommandRefused, EpochOpened, Event
from edge.domain.sync_inputs import (
    ApplyCommand,
    Epoch,
    OpenEpoch,
    RecordDeadLetter,
    SaveCursor,
    StorePersons,
    position_after,
)
from edge.errors import InvalidInput
from edge.journal import beside, persons
from edge.journal.chain import Position
from edge.quantity import parse_quantity
from edge.service.heart import Entry, Heart
from edge.service.inputs import FromLink
from edge.service.outcome import Outcome

CENTRAL = "central"

FROM_CENTRAL: dict[tuple[str, int], type[Command]] = {
    (kind.__name__, 1): kind
    for kind in (
        PlaceOrder, ChangeOrder, CancelOrder, HoldOrder, ReleaseOrder, DefineItem, ErasePerson,
    )
}  # fmt: skip
"""(type, version) of the commands that central may send."""


def handle(heart: Heart, entry: Entry, wanted: FromLink) -> Outcome:
    """Write what the pump wants written."""
    executor = heart.store.executor
    match wanted.intent:
        case SaveCursor() as save:
            beside.save_cursor(executor, save.consumer, Position(save.seq, save.hash))
        case RecordDeadLetter() as letter:
            beside.keep_dead_letter(
                executor, letter.at_us, letter.direction, letter.topic, letter.reason,
                letter.payload,
            )  # fmt: skip
        case StorePersons() as sent:
            for row in sent.rows:
                persons.store(executor, row)
        case OpenEpoch() as epoch:
            _open_epoch(heart, entry, epoch, wanted.at_us)
        case ApplyCommand() as command:
            _apply(heart, entry, command, wanted.at_us)
    return Outcome(wanted, tuple(entry.written))


def _open_epoch(heart: Heart, entry: Entry, wanted: OpenEpoch, at_us: int) -> None:
    """A counter that is not above the present one was overtaken; nothing happens."""
    if wanted.counter <= heart.epoch.counter:
        return
    heart.epoch = Epoch(wanted.counter, wanted.nonce)
    beside.save_epoch(heart.store.executor, heart.epoch)
    opened = EpochOpened(
        counter=wanted.counter, nonce=wanted.nonce, base=wanted.base, lost=wanted.lost
    )
    heart.record(entry, [opened], at_us=at_us)


def refuse(heart: Heart, entry: Entry, command: ApplyCommand, why: str, at_us: int) -> None:
    """Answer a command that could not be processed, and go on behind it: it would not get better.

    A command that does not follow is left alone.
    """
    executor = heart.store.executor
    after = position_after(beside.command_position(executor), command)
    if after is None:
        return
    if beside.answered_at(executor, command.id) is None:
        refused = _refusal(command, why, None)
        heart.record(entry, [refused], at_us=at_us, actor=CENTRAL, causation=command.id)
        beside.save_answered(executor, command.id, entry.written[-1].meta.seq)
    beside.save_command_position(executor, after)


def _apply(heart: Heart, entry: Entry, command: ApplyCommand, at_us: int) -> None:
    executor = heart.store.executor
    after = position_after(beside.command_position(executor), command)
    if after is None:
        return
    if beside.answered_at(executor, command.id) is None:
        answer, effects = _answer(heart, command, at_us)
        heart.record(entry, [answer, *effects], at_us=at_us, actor=CENTRAL, causation=command.id)
        beside.save_answered(executor, command.id, entry.written[0].meta.seq)
    beside.save_command_position(executor, after)


def _answer(heart: Heart, command: ApplyCommand, at_us: int) -> tuple[Event, tuple[Event, ...]]:
    try:
        asked = _decode(command)
        if isinstance(asked, ErasePerson):
            persons.erase(heart.store.executor, asked.person, at_us)
        moment = heart.moment(at_us)
        decision = heart.settled(partial(rules.decide, heart.store.state, asked, moment))
    except InvalidInput as error:
        return _refusal(command, error.code, error.field), ()
    accepted = CommandAccepted(command=command.id, number=command.number, command_type=command.type)
    return accepted, decision.events


def _refusal(command: ApplyCommand, why: str, field: str | None) -> CommandRefused:
    return CommandRefused(
        command=command.id,
        number=command.number,
        command_type=command.type,
        why=why,
        field=field,
    )


def _decode(command: ApplyCommand) -> Command:
    kind = FROM_CENTRAL.get((command.type, command.version))
    if kind is None:
        raise InvalidInput("type", command.type, "upgrade this site", "unknown_command")
    try:
        asked = msgspec.json.decode(command.data, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidInput("data", str(error), "send what the type asks for", "bad_data") from error
    _check_quantities(asked)
    return asked


def _check_quantities(command: Command) -> None:
    """What the REST interface and the CSV reader have seen to in commands from there."""
    match command:
        case PlaceOrder(lines=lines):
            for index, line in enumerate(lines):
                parse_quantity(str(line.quantity), f"lines[{index}].quantity")
        case ChangeOrder(lines=changes):
            for index, change in enumerate(changes):
                field = f"lines[{index}].quantity"
                if parse_quantity(str(change.quantity), field, positive=False) < 0:
                    raise InvalidInput(field, str(change.quantity), "send 0 or more")
        case DefineItem(packagings=packagings):
            for index, packaging in enumerate(packagings):
                parse_quantity(str(packaging.quantity), f"packagings[{index}].quantity")
