"""The demo's processes as a victim: who runs, who is up, and the killing of them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

TALLYDOCK = (sys.executable, "-m", "tallydock")
WITHIN_S = 60
START_WITHIN_S = 240
LOOK_EVERY_S = 0.05
SITE = "hz1"
WORKED = ("pack-1", "pack-2")


def until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Poll; AssertionError if ``condition`` does not come true."""
    for _ in range(int(within_s / LOOK_EVERY_S)):
        if condition():
            return
        time.sleep(LOOK_EVERY_S)
    raise AssertionError(f"in vain waited for: {what}")


class House:
    """``tallydock demo`` with two packers at work, who have ``orders`` to work in all."""

    def __init__(self, folder: Path, orders: int, speed: float) -> None:
        self.data = folder / "data"
        self._port = free_port()
        self._log = folder / "demo.log"
        options = ["--port", str(self._port), "--orders", str(orders), "--speed", str(speed)]
        with self._log.open("wb") as log:
            command = [*TALLYDOCK, "demo", "--data", str(self.data), *options]
            self._demo = subprocess.Popen(command, stdout=log, stderr=log)
        self._struck: dict[str, int] = {}

    def wait_at_work(self) -> None:
        """Until everything was started."""
        last = f"packer-{WORKED[-1]}"
        until(lambda: last in self.pids(), f"{last} is started", START_WITHIN_S)

    @property
    def url(self) -> str:
        return str(self._manifest()["url"])

    @property
    def token(self) -> str:
        return str(self._manifest()["token"])

    def pids(self) -> dict[str, int]:
        """Process ids by name, as the demo tells them; empty before it does."""
        found = self._manifest().get("pids", {})
        assert isinstance(found, dict)
        return found

    def packers_at_work(self) -> bool:
        return any(f"packer-{station}" in self.pids() for station in WORKED)

    def kill(self, name: str) -> None:
        """End it as a power cut does. It must be up; it may be down for long after."""
        self._struck[name] = self.pids()[name]
        os.kill(self._struck[name], signal.SIGKILL)

    def wait_up(self, name: str) -> None:
        """Until the one that was killed last runs again and answers."""
        until(lambda: self.pids()[name] != self._struck.get(name), f"{name} is started again")
        address = {"edge": "url", "central": "central_url"}.get(name)
        if address is not None:
            url = str(self._manifest()[address])
            until(lambda: ask(url, "/readyz")[0] == 200, f"{name} answers")

    def central_holds(self) -> str:
        """ "SEQ HASH" of the site's journal at central."""
        manifest = self._manifest()
        _, body = ask(str(manifest["central_url"]), "/api/v1/sites", str(manifest["token"]))
        (site,) = json.loads(body)["items"]
        return f"{site['through']} {site['hash']}"

    def stop(self) -> int:
        """End it as Ctrl-C does; the exit code."""
        if self._demo.poll() is None:
            self._demo.send_signal(signal.SIGINT)
        try:
            return self._demo.wait(WITHIN_S)
        except subprocess.TimeoutExpired:
            self._demo.kill()  # its children end with it
            self._demo.wait()
            raise

    def _manifest(self) -> dict[str, object]:
        file = self.data / "demo.json"
        assert self._demo.poll() is None, self._log.read_text()
        return dict(json.loads(file.read_bytes())) if file.exists() else {}


def ask(url: str, path: str, token: str = "") -> tuple[int, bytes]:
    """GET; status 0 when nobody answers."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
