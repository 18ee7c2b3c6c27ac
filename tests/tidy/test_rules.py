"""Each rule against a small offender, and against its nearest innocent neighbour."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.tidy import purity, sizes, wording
from tests.tidy.source import Finding, Source

Rule = Callable[[Source], Iterator[Finding]]

# What stands inside a function is its own affair.
_NESTED = "'''Doc.'''\ndef f():\n    '''Doc.'''\n    def g():\n" + "        x = 1\n" * 16

OFFENDERS: list[tuple[Rule, str, str]] = [
    (sizes.too_long, "edge/a.py", "x = 1\n" * 601),
    (sizes.too_long, "tests/a.py", "def f():\n" + "    x = 1\n" * 60),
    (sizes.long, "edge/a.py", "x = 1\n" * 401),
    (sizes.long, "edge/a.py", "class A:\n    def f(self):\n" + "        x = 1\n" * 40),
    (purity.reads_clock, "edge/a.py", "import time\ntime.time()"),
    (purity.reads_clock, "sync/a.py", "from time import monotonic as now\nnow()"),
    (purity.reads_clock, "edge/a.py", "import time\ntime.sleep(1)"),
    (purity.reads_clock, "api/a.py", "from datetime import datetime\ndatetime.now(UTC)"),
    (purity.reads_clock, "api/a.py", "import datetime as dt\ndt.date.today()"),
    (purity.reads_clock, "edge/a.py", "from sqlalchemy import func\nfunc.now()"),
    (purity.uses_chance, "devices/a.py", "import random\nrandom.random()"),
    (purity.uses_chance, "api/a.py", "from secrets import token_hex\ntoken_hex(4)"),
    (purity.uses_chance, "api/a.py", "import uuid\nuuid.uuid4()"),
    (purity.uses_chance, "edge/a.py", "import os\nos.urandom(8)"),
    (purity.reads_environment, "sync/a.py", "import os\nos.environ['A']"),
    (purity.reads_environment, "edge/clock.py", "from os import getenv\ngetenv('A')"),
    (purity.prints, "simulators/a.py", "print('x')"),
    (purity.prints, "tallydock/demo.py", "import sys\nsys.stdout.write('x')"),
    (purity.declares_table, "api/a.py", "class A(SQLModel, table=True):\n    x: int"),
    (purity.declares_table, "edge/journal/units.py", "run('create table a (x)')"),
    (purity.broad_except, "edge/a.py", "try:\n    x()\nexcept Exception:\n    pass"),
    (purity.broad_except, "edge/a.py", "try:\n    x()\nexcept:\n    y()"),
    (
        purity.broad_except,
        "edge/a.py",
        "try:\n    x()\nexcept (OSError, BaseException) as e:\n    y()",
    ),
    (purity.broad_except, "edge/a.py", "with contextlib.suppress(Exception):\n    x()"),
    (wording.empty_names, "edge/order_utils.py", ""),
    (wording.empty_names, "devices/info/port.py", ""),
    (wording.empty_names, "edge/a.py", "class OrderManager: ..."),
    (wording.empty_names, "edge/a.py", "def order_helper(): ..."),
    (wording.undocumented, "edge/a.py", "x = 1"),
    (wording.undocumented, "edge/a.py", "'''Doc.'''\nclass A:\n    x: int\n    def f(self): ..."),
    (wording.undocumented, "edge/a.py", "'''Doc.'''\ndef f():\n" + "    x = 1\n" * 15),
    (
        wording.undocumented,
        "edge/a.py",
        "'''D.'''\nclass _A:\n x = 1\nasync def f():\n" + " x = 1\n" * 15,
    ),
    (wording.escapes, "tests/a.py", "x = y  # type: ignore[attr-defined]"),
    (wording.escapes, "edge/a.py", "x = y  # noqa: E501"),
    (wording.escapes, "edge/a.py", "from typing import Any\ndef f(x: Any) -> None: ..."),
    (wording.escapes, "edge/a.py", "import typing\nx: list[typing.Any] = []"),
    (wording.left_behind, "edge/a.py", "x = 1  # TODO: finish"),
    (
        wording.skips,
        "tests/a.py",
        "import pytest\n@pytest.mark.skipif(x, reason='y')\ndef f(): ...",
    ),
    (wording.skips, "tests/a.py", "import pytest\npytest.importorskip('x')"),
]

INNOCENTS: list[tuple[Rule, str, str]] = [
    (sizes.too_long, "edge/a.py", "x = 1\n" * 600),
    (sizes.too_long, "edge/a.py", "def f():\n" + "    x = 1\n" * 59),
    (sizes.long, "edge/a.py", "x = 1\n" * 400),
    (purity.reads_clock, "edge/clock.py", "import time\ntime.time_ns()"),
    (purity.reads_clock, "devices/a.py", "import time\ntime.sleep(1)"),
    (purity.reads_clock, "edge/a.py", "def f(clock, time):\n    return clock.now_us() + time.hour"),
    (purity.reads_clock, "tests/a.py", "import time\ntime.monotonic()"),
    (purity.uses_chance, "edge/ids.py", "import secrets\nsecrets.SystemRandom()"),
    (purity.uses_chance, "edge/a.py", "def f(chance):\n    return chance.random()"),
    (purity.reads_environment, "tallydock/config/load.py", "import os\nos.environ"),
    (purity.prints, "tallydock/commands/verify_.py", "print('ok')"),
    (purity.prints, "edge/a.py", "def f(printer):\n    printer.print()"),
    (purity.declares_table, "edge/journal/tables_state.py", "class A(SQLModel, table=True): ..."),
    (purity.declares_table, "sync/central/migrations.py", "run('CREATE TABLE a (x)')"),
    (purity.broad_except, "edge/a.py", "try:\n    x()\nexcept Exception:\n    y()\n    raise"),
    (purity.broad_except, "edge/a.py", "try:\n    x()\nexcept OSError:\n    pass"),
    (wording.empty_names, "edge/information.py", "class Database: ..."),
    (wording.empty_names, "edge/a.py", "def canonical_data(): ..."),
    (wording.undocumented, "edge/__init__.py", ""),
    (wording.undocumented, "edge/a.py", "'''Doc.'''\nclass A:\n    x: int"),
    (wording.undocumented, "edge/a.py", "'''Doc.'''\ndef _f():\n" + "    x = 1\n" * 20),
    (wording.undocumented, "edge/a.py", _NESTED),
    (wording.escapes, "edge/a.py", "x = '# noqa'"),
    (wording.left_behind, "edge/a.py", "x = 1  # what is to do stands in the plan"),
    (wording.skips, "tests/a.py", "import pytest\n@pytest.mark.soak\ndef f(): ..."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "text"), OFFENDERS)
def test_rule_sees_an_offender(rule: Rule, path: str, text: str) -> None:
    findings = list(rule(Source.of(path, text)))
    assert findings
    assert {finding.path for finding in findings} == {path}


@pytest.mark.parametrize(("rule", "path", "text"), INNOCENTS)
def test_rule_lets_the_innocent_pass(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source.of(path, text))) == []


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "work/notes.md",
        "data = '/" + "root/store'",
        "cd /" + "home/ann/tally",
        "index = https://" + "pypi" + ".org/simple",
        "deb " + "deb.debian" + ".org stable",
        "fetch('https://" + "cdn.somewhere.io/x.js')",
    ],
)
def test_machines_registries_and_strange_hosts_are_seen(line: str) -> None:
    assert list(wording.names_machine("README.md", line))


@pytest.mark.parametrize(
    "line",
    [
        "http://www.w3.org/2000/svg",
        "http://127.0.0.1:8080/api/v1",
        "https://central.example/mqtt",
        "http://dock.lan:8080",
        "how it should be at /etc/tallydock and /var/lib/tallydock",
        "the homework/rooted paths are fine",
        "GET /work and /stations/work",
    ],
)
def test_standards_examples_and_system_paths_may_be_named(line: str) -> None:
    assert list(wording.names_machine("README.md", line)) == []
