"""The table role x operation, and what a token's scopes stand for.

A caller may do what its user's role allows **and** its token's or session's scopes cover:
a token never lets a user do more than the user could by signing in.

    operation        packer  supervisor  auditor  admin
    read floor         x         x          x       x    stations, orders, stock, devices, lists
    scan               x         x                  x    scans and work at a station
    write orders                 x                  x    place, change, cancel, hold, release
    import                       x                  x    CSV files
    read journal                            x       x    events, stream
    read users                              x       x
    write users                                     x    users, passwords, tokens
    erase persons                                   x
    write sites                                     x    central: repair of a site's link
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from edge.domain.rows import Role


class Operation(Enum):
    """What can be allowed or forbidden; the value is the scope that covers just this."""

    READ_FLOOR = "floor"
    SCAN = "scan"
    WRITE_ORDERS = "orders"
    IMPORT = "import"
    READ_JOURNAL = "journal"
    READ_USERS = "users.read"
    WRITE_USERS = "users"
    ERASE_PERSONS = "persons"
    WRITE_SITES = "sites"


_FLOOR = frozenset({Operation.READ_FLOOR, Operation.SCAN})

ALLOWED: dict[Role, frozenset[Operation]] = {
    "packer": _FLOOR,
    "supervisor": _FLOOR | {Operation.WRITE_ORDERS, Operation.IMPORT},
    "auditor": frozenset({Operation.READ_FLOOR, Operation.READ_JOURNAL, Operation.READ_USERS}),
    "admin": frozenset(Operation),
}

ALL_SCOPE = "all"

SCOPES: dict[str, frozenset[Operation]] = {
    ALL_SCOPE: frozenset(Operation),
    **{str(role): operations for role, operations in ALLOWED.items()},
    **{operation.value: frozenset({operation}) for operation in Operation},
}


def permitted(role: Role, scopes: Iterable[str]) -> frozenset[Operation]:
    """What the role allows and at least one scope covers; unknown scopes cover nothing."""
    nothing: frozenset[Operation] = frozenset()
    covered = nothing.union(*(SCOPES.get(scope, nothing) for scope in scopes))
    return ALLOWED[role] & covered
