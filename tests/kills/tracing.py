"""``tallydock run`` under strace, with one token and one station."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from pathlib import Path

from tests.kills.house import SITE, TALLYDOCK, WITHIN_S, ask, free_port, until

STATION = "pack-1"
PASSWORD = "correct horse battery"
CALLS = "fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg,sendmmsg"


class Traced:
    """The service; ``trace`` is complete after ``stop``."""

    def __init__(self, folder: Path) -> None:
        self.trace = folder / "trace"
        self._log = folder / "log"
        self._port = free_port()
        config = folder / "site.toml"
        config.write_text(
            f'stations = ["{STATION}"]\n[site]\nid = "{SITE}"\n[web]\nport = {self._port}\n'
        )
        place = ["--config", str(config), "--data", str(folder / "data")]
        self._token = _new_token(folder, place)
        # -D: the child is the service itself, strace stands beside; -s: a page is shown whole.
        strace = ["strace", "-D", "-f", "-y", "-s", "5000", "-e", f"trace={CALLS}"]
        strace += ["-o", str(self.trace)]
        with self._log.open("wb") as log:
            command = [*strace, *TALLYDOCK, "run", *place]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until(self._is_up, "the traced service answers")
        except AssertionError:
            self._process.kill()
            self._process.wait()
            raise

    def scan(self, code: str) -> dict[str, object]:
        """The answer to one scan."""
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=WITHIN_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        body = json.dumps({"data": code})
        try:
            line.request("POST", f"/api/v1/stations/{STATION}/scans", body, headers)
            return dict(json.load(line.getresponse()))
        finally:
            line.close()

    def stop(self) -> None:
        """End the service, and wait until its end is in the trace."""
        self._process.terminate()
        self._process.wait(WITHIN_S)
        last = re.compile(rf"^{self._process.pid} +\+\+\+ ", re.MULTILINE)
        until(lambda: bool(last.search(self.read())), "strace saw the end")

    def read(self) -> str:
        """The trace so far, which holds binary pages in strace's way of writing them."""
        return self.trace.read_text(encoding="utf-8", errors="replace")

    def _is_up(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        return ask(f"http://127.0.0.1:{self._port}", "/readyz")[0] == 200


def _new_token(folder: Path, place: list[str]) -> str:
    """What an operator does before the first start."""
    secret = folder / "password"
    secret.write_text(PASSWORD)
    admin = ["ann", "--role", "admin", "--password-file", str(secret)]
    token = ["robot", "--scopes", "all", "--days", "1"]
    _run(["user", "add", *admin, *place])
    return _run(["user", "token", *token, *place]).strip()


def _run(arguments: list[str]) -> str:
    command = [*TALLYDOCK, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=WITHIN_S)
    return done.stdout
