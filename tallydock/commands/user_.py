"""``tallydock user``: people who sign in, and tokens for programs.

    user add LOGIN --role ROLE --name NAME     a login, a badge, a place in the journal
    user password LOGIN                        a new password; open sessions end
    user disable LOGIN                         no password, badge, session or token works any more
    user list
    user token NAME --scopes journal --days 30 a secret for a program, printed this once

A password is asked for twice on the terminal or read from the first line of a file, and never
stands on the command line. There is none that anybody begins with. ``--central`` means central's
store instead of a site's.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tallydock.commands import site_choice

if TYPE_CHECKING:
    from tallydock.office.ports import Login, Office

ROLES = ("packer", "supervisor", "admin", "auditor")


def add_arguments(parser: ArgumentParser) -> None:
    """An action with its own arguments, and the site."""
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="a new user")
    add.add_argument("login")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--name", help="the person's name; else the login")
    add.add_argument("--badge", help="digits and capital letters; else one is drawn")
    add.add_argument("--language", choices=("zh-CN", "en"), default="zh-CN")
    password = actions.add_parser("password", help="a new password for a login")
    password.add_argument("login")
    for one in (add, password):
        one.add_argument("--password-file", type=Path, help="file whose first line it is")
    disable = actions.add_parser("disable", help="let a login work no longer")
    disable.add_argument("login")
    token = actions.add_parser("token", help="a token for a program")
    token.add_argument("name")
    token.add_argument("--login", help="whose token; else the program gets a login of its own")
    token.add_argument("--scopes", required=True, help="all, a role or rights, with commas between")
    token.add_argument("--days", type=int, help="how long it works; else for ever")
    listing = actions.add_parser("list", help="all logins")
    for one in (add, password, disable, token, listing):
        one.add_argument("--json", action="store_true", help="an object a line")
        one.add_argument("--central", action="store_true", help="central's logins, not a site's")
        site_choice.add_arguments(one)


def run(args: Namespace) -> int:
    """Do what was asked, in the store or through the service."""
    actions = {
        "add": _add,
        "password": _password,
        "disable": _disable,
        "token": _token,
        "list": _list,
    }
    actions[args.action](args)
    return 0


def _add(args: Namespace) -> None:
    from tallydock.office.ports import Newcomer

    newcomer = Newcomer(
        login=args.login,
        name=args.name or args.login,
        role=args.role,
        badge=args.badge,
        language=args.language,
    )
    password = _new_password(args)
    with _office(args) as office:
        _tell(args, office.add(newcomer, password))


def _password(args: Namespace) -> None:
    password = _new_password(args)
    with _office(args) as office:
        office.set_password(args.login, password)
    _done(args, "has a new password")


def _disable(args: Namespace) -> None:
    with _office(args) as office:
        office.disable(args.login)
    _done(args, "is disabled")


def _token(args: Namespace) -> None:
    from dataclasses import asdict

    from tallydock.office.ports import TokenWish
    from tallydock.report import complain, say, say_json

    scopes = tuple(dict.fromkeys(filter(None, args.scopes.split(","))))
    wish = TokenWish(name=args.name, login=args.login, scopes=scopes, days=args.days)
    with _office(args) as office:
        token = office.make_token(wish)
    if args.json:
        say_json(asdict(token))
        return
    until = f"until {token.expires_at}" if token.expires_at is not None else "for ever"
    complain(f"{token.name}: {', '.join(token.scopes)}, {until}. It is not shown again:")
    say(token.token)


def _list(args: Namespace) -> None:
    """Reading needs no lock, so it works beside the service."""
    from tallydock.office.books import Register
    from tallydock.office.desk import logins_of
    from tallydock.stores import CENTRAL, existing, existing_central

    if site_choice.remote(args) is not None:
        with _office(args) as office:
            found = list(office.logins())
    elif args.central:
        found = logins_of(Register(existing_central(args.data), CENTRAL))
    else:
        site, path = existing(args.data, args.site)
        found = logins_of(Register(path, site))
    for login in found:
        _tell(args, login)


@contextmanager
def _office(args: Namespace) -> Iterator[Office]:
    """Whoever does it: the service that was named, or we in its store."""
    from edge.clock import SystemClock
    from edge.ids import SystemChance
    from tallydock.office.books import SiteBook, central_book
    from tallydock.office.desk import Desk
    from tallydock.office.remote import RemoteOffice
    from tallydock.stores import central_path

    clock, chance = SystemClock(), SystemChance()
    service = site_choice.remote(args)
    if service is not None:
        yield RemoteOffice(service, clock, chance)
    elif args.central:
        with central_book(central_path(args.data), chance) as book:
            yield Desk(book, clock, chance)
    else:
        with site_choice.offline(args) as site:
            yield Desk(SiteBook(site), clock, chance)


def _new_password(args: Namespace) -> str:
    """From the file, or twice from the terminal; InvalidInput."""
    from getpass import getpass

    from edge.errors import InvalidInput

    if args.password_file is not None:
        try:
            lines = args.password_file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            remedy = f"give a readable file: {error}"
            raise InvalidInput("--password-file", str(args.password_file), remedy) from error
        return str(lines[0]) if lines else ""
    if not sys.stdin.isatty():
        raise InvalidInput("--password-file", "", "there is no terminal to ask for the password")
    password = getpass(f"Password of {args.login}: ")
    if getpass("Once more: ") != password:
        raise InvalidInput("password", "", "the two differ: begin again")
    return password


def _tell(args: Namespace, login: Login) -> None:
    from dataclasses import asdict

    from tallydock.report import say, say_json

    if args.json:
        say_json(asdict(login))
    else:
        badge = f"  badge code {login.badge_code}" if login.badge_code is not None else ""
        say(f"{login.login}  {login.role}  {login.state}{badge}")


def _done(args: Namespace, what: str) -> None:
    from tallydock.report import say, say_json

    if args.json:
        say_json({"login": args.login, "done": args.action})
    else:
        say(f"{args.login} {what}")
