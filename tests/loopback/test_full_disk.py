"""A disk that is full, under a real service: no verdict is told, the fault is, and it passes.

Two disks: the kernel refuses to let the service's files grow (anywhere), and a file system of
4 MiB that is really full (where the tests may mount one).
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.codes.commands import build
from tests.contract.brokers import until
from tests.loopback.test_cli_service import SITE, Service, tallydock

MEDIA = ("limit", "tmpfs") if os.geteuid() == 0 else ("limit",)
SPACE = "4m"
RECOVERS_S = 30.0


class Answer(NamedTuple):
    """Status and JSON."""

    status: int
    body: dict[str, object]


class Floor:
    """The service as a page uses it."""

    def __init__(self, service: Service) -> None:
        self._port = service.port
        self._token = service.token_file.read_text().strip()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        sent = {"Authorization": f"Bearer {self._token}", "Accept-Language": "en", **headers}
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, content, {"Content-Type": "application/json", **sent})
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read() or b"{}"))
        finally:
            connection.close()

    def scan(self, data: str, key: str | None = None) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.call("POST", "/api/v1/stations/pack-1/scans", {"data": data}, **headers)

    def head(self) -> int:
        """Last event's seq."""
        after = 0
        while True:
            page = self.call("GET", f"/api/v1/journal?after={after}").body
            last = page["next"]
            assert isinstance(last, int)
            if last == after:
                return after
            after = last


Filled = Callable[[Service], "Medium"]


class Medium(NamedTuple):
    """A disk under a running service."""

    fill: Callable[[], None]
    free: Callable[[], None]


@contextmanager
def disk(kind: str, folder: Path) -> Iterator[Filled]:
    """The folder's disk, of which a service's store may take part."""
    (folder / "data").mkdir()
    if kind == "limit":
        yield lambda service: Medium(
            lambda: _limit(service.process.pid, 4096),
            lambda: _limit(service.process.pid, resource.RLIM_INFINITY),
        )
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SPACE},mode=700", "tallydock-test"]
    subprocess.run([*mount, str(folder / "data")], check=True)
    ballast = folder / "data" / "ballast"
    try:
        yield lambda _service: Medium(lambda: _fill(ballast), ballast.unlink)
    finally:
        subprocess.run(["umount", str(folder / "data")], check=True)


def _limit(pid: int, size_bytes: int) -> None:
    """How large the process may let a file become; the hard limit stays."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def _fill(ballast: Path) -> None:
    """Write until the last block is taken."""
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 512, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


@pytest.mark.parametrize("kind", MEDIA)
def test_a_full_disk_gives_no_verdict_and_is_survived_without_a_restart(
    tmp_path: Path, kind: str
) -> None:
    with disk(kind, tmp_path) as filled:
        service = Service(tmp_path)
        try:
            survive(Floor(service), filled(service))
            assert service.process.poll() is None, "the same process all along"
        finally:
            service.stop()
        verified = tallydock("verify", "--data", service.data)
        assert verified.returncode == 0, verified.stdout
        assert verified.stdout.startswith(f"{SITE}: ok seq ")


def survive(floor: Floor, medium: Medium) -> None:
    """Scan, fill the disk, scan in vain, make room, scan."""
    assert floor.scan("before").body["verdict"] == "not_signed_in"
    head = floor.head()
    medium.fill()
    refused = 0
    while floor.scan("a scan", f"try-{refused}").status == 200:
        refused += 1
        assert refused < 20_000, "the disk never filled"
    for n in range(3):
        answer = floor.scan(build("BADGE", "1"), f"in-vain-{n}")
        assert answer.status == 503
        assert answer.body["code"] == "store_unavailable"
        assert "verdict" not in answer.body
    ready = floor.call("GET", "/readyz")
    assert (ready.status, "disk" in json.dumps(ready.body)) == (503, True)
    assert floor.call("GET", "/healthz").status == 200
    assert floor.call("GET", "/api/v1/stations/pack-1").body["disk"] == "failing"
    told = floor.head() - head
    assert told == refused, "each verdict that was told is there, and no other"
    medium.free()
    assert until(lambda: floor.scan("after", "after").status == 200, RECOVERS_S)
    assert floor.call("GET", "/readyz").status == 200
    assert floor.call("GET", "/api/v1/stations/pack-1").body["disk"] == "ok"
    events = floor.call("GET", f"/api/v1/journal?after={head + told}").body["events"]
    assert isinstance(events, list)
    assert [entry["event"]["type"] for entry in events] == ["OutageRecorded", "ScanJudged"]
    assert events[0]["event"]["data"]["refused"] >= 4
