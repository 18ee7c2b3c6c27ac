"""Our own codes: ``TD-VERB[-ARGUMENT]-CHECK``, printed as Code 128 or QR.

    TD-UNDO-D            take back the last item
    TD-ORDER-SO-10001-X  open the order SO-10001 (X stands for its check character)

The check character is ISO/IEC 7064 MOD 37,36 over all letters and digits before it, ``TD``
included, hyphens left out. An argument has digits, capital letters and single hyphens, none at
its ends. A code that begins with ``TD-`` is a command or nothing: a wrong one is refused and
never guessed at.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from edge.codes.check_digits import mod37_36
from edge.codes.readings import Refusal, refuse
from edge.errors import InvalidInput

PREFIX = "TD-"

# Verb -> whether it takes an argument.
VERBS: dict[str, bool] = {
    "BADGE": True,
    "CANCEL": False,
    "CHOOSE": True,
    "CLOSE": False,
    "CONFIRM": False,
    "HELP": False,
    "NEXT": False,
    "ORDER": True,
    "REASON": True,
    "REPRINT": False,
    "SHORT": False,
    "SIGNOFF": False,
    "TAKEOVER": False,
    "UNDO": False,
}

ARGUMENT_LENGTH_MAX = 48
_ARGUMENT = re.compile(rf"(?=.{{1,{ARGUMENT_LENGTH_MAX}}}\Z)[0-9A-Z]+(?:-[0-9A-Z]+)*")
_CODE = re.compile(r"TD-([A-Z]+)(?:-([0-9A-Z]+(?:-[0-9A-Z]+)*))?-([0-9A-Z])")
_ALPHABET = re.compile(r"[0-9A-Z-]*")


class Command(NamedTuple):
    """A verb of ``VERBS`` and its argument, None where it takes none."""

    verb: str
    argument: str | None


def build(verb: str, argument: str | None = None) -> str:
    """The text of a code; InvalidInput for an unknown verb or an impossible argument."""
    if verb not in VERBS:
        raise InvalidInput("verb", verb, f"send one of {', '.join(VERBS)}")
    if VERBS[verb] != (argument is not None):
        remedy = f"{verb} needs an argument" if VERBS[verb] else f"{verb} takes no argument"
        raise InvalidInput("argument", argument, remedy)
    if argument is not None and not _ARGUMENT.fullmatch(argument):
        remedy = f"send 1 to {ARGUMENT_LENGTH_MAX} digits, capital letters and single hyphens"
        raise InvalidInput("argument", argument, remedy)
    head = f"{PREFIX}{verb}" if argument is None else f"{PREFIX}{verb}-{argument}"
    return f"{head}-{_check(head)}"


def is_command(text: str) -> bool:
    """Whether ``text`` claims to be one of our codes."""
    return text.startswith(PREFIX)


def parse(text: str) -> Command | Refusal:
    """Verb and argument of a text for which ``is_command`` holds.

    Refused: charset (foreign characters), length (cut off), check_digit, unknown (right check
    character, but no verb of ours, or an argument too many or too few).
    """
    if not _ALPHABET.fullmatch(text):
        return refuse("charset", field="command")
    match = _CODE.fullmatch(text)
    if match is None or len(match[2] or "") > ARGUMENT_LENGTH_MAX:
        return refuse("length", field="command", n=str(len(text)), allowed="TD-VERB-ARGUMENT-CHECK")
    verb, argument, got = match.groups()
    want = _check(text[:-2])
    if got != want:
        return refuse("check_digit", field="command", got=got, want=want)
    if VERBS.get(verb) != (argument is not None):
        return refuse("unknown", data=text)
    return Command(verb, argument)


def _check(head: str) -> str:
    return mod37_36(head.replace("-", ""))
