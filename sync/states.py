"""The site's end of the exchange as one table (SYNC.md section 4).

Theory. The journal goes up as one numbered, hash-chained log. The only truth about how far it
came is central's position, which central stores with the events. So the site never reasons
from what it sent or what the broker confirmed: after each connect it asks (``hello``), central
answers where it stands (``welcome``), and the site sends what follows. Whenever anything looks
odd (silence, another hash, another epoch) it throws its idea away and asks again under a new
``session``; answers that carry an older session are not its own. So every fault, whatever it
was, is healed by the one path that each connect takes anyway.

    OFFLINE   no connection; the binding tries again for ever
    ASKING    hello is sent until a welcome fits; waits double from 1 s to 60 s
    FORKING   central's history differs from ours above a common ancestor: the heart was
              asked to open an epoch there, and nothing is sent until it stands in the store
    FLOWING   events go up in a window, acknowledgements move it
    REFUSED   central (or our own check) found an entry that is not what was once written; nothing
              after it is sent. The same question is put again each minute.

A row is (state, cause) -> state. A cause that has no row in a state is a bug in the pump,
not an event of the outside: messages that do not fit the state are dropped before they
become a cause.
"""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    OFFLINE = auto()
    ASKING = auto()
    FORKING = auto()
    FLOWING = auto()
    REFUSED = auto()


class Cause(Enum):
    CONNECTED = auto()
    DISCONNECTED = auto()
    LEVEL = auto()  # welcome: my epoch, and my hash at its position
    SEARCH = auto()  # welcome: the common ancestor lies between two points
    FENCED = auto()  # welcome: a person must choose between two writers first
    FORK = auto()  # welcome: the common ancestor is known, and central went on differently
    EPOCH_OPENED = auto()  # the heart journaled the epoch that was asked for
    PROGRESS = auto()  # ack ok
    GAP = auto()  # ack: central lacks something before what came
    DISAGREE = auto()  # ack: another epoch or chain, or a hash that is not mine
    CORRUPT = auto()  # ack refused, or an entry that fails our own check
    STALLED = auto()  # no progress for a while: go back and send again
    STALLED_AGAIN = auto()
    IDLE = auto()  # nothing to do for a minute: ask, as heartbeat and cure


TRANSITIONS: dict[State, dict[Cause, State]] = {
    State.OFFLINE: {
        Cause.CONNECTED: State.ASKING,
        Cause.DISCONNECTED: State.OFFLINE,
    },
    State.ASKING: {
        Cause.LEVEL: State.FLOWING,
        Cause.SEARCH: State.ASKING,
        Cause.FENCED: State.ASKING,
        Cause.FORK: State.FORKING,
        Cause.DISCONNECTED: State.OFFLINE,
    },
    State.FORKING: {
        Cause.EPOCH_OPENED: State.ASKING,
        Cause.DISCONNECTED: State.OFFLINE,
    },
    State.FLOWING: {
        Cause.PROGRESS: State.FLOWING,
        Cause.GAP: State.FLOWING,
        Cause.STALLED: State.FLOWING,
        Cause.STALLED_AGAIN: State.ASKING,
        Cause.DISAGREE: State.ASKING,
        Cause.IDLE: State.ASKING,
        Cause.CORRUPT: State.REFUSED,
        Cause.DISCONNECTED: State.OFFLINE,
    },
    State.REFUSED: {
        Cause.IDLE: State.ASKING,
        Cause.DISCONNECTED: State.OFFLINE,
    },
}
