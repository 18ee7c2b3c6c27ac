"""The commands as a shell runs them: a scanner in one process, a watcher in another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import InvalidInput
from edge.ids import seeded
from simulators.control import RemoteTrigger
from simulators.scanner_program import socket_of
from tallydock import devices_cli as cli
from tests.contract.bench import LIMIT_S

RUNNER = """
import sys
from argparse import ArgumentParser
from edge.clock import SystemClock
from edge.ids import seeded
from tallydock import devices_cli as cli

name, *arguments = sys.argv[1:]
parser = ArgumentParser()
getattr(cli, f"add_{name}_arguments")(parser)

def write(line):
    print(line, flush=True)

sys.exit(getattr(cli, f"run_{name}")(parser.parse_args(arguments), write, SystemClock(), seeded(1)))
"""


class Process:
    """One command in a process of its own, its lines collected."""

    def __init__(self, name: str, *arguments: str, typed: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, name, *arguments, "--json"],
            stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self) -> dict[str, object]:
        assert self.process.stdout is not None
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer

    def type(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(LIMIT_S)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        return code


def test_a_watcher_prints_what_a_scanner_sends(tmp_path: Path) -> None:
    link, transcript = tmp_path / "scanner", tmp_path / "codes"
    scanner = Process(
        "scanner", "--link", str(link), "--transcript", str(transcript), "--aim", "on", typed=True
    )
    url = scanner.line()["url"]
    assert url == f"serial:{link}?baud=9600&terminator=cr"
    watcher = Process("watch", str(url))
    ready = watcher.line()
    assert (ready["fact"], ready["state"], ready["reason"]) == ("DeviceHealth", "ready", None)
    scanner.type("4006381333931\n010952123454321310L1<GS>21S\n")
    first, second = watcher.line(), watcher.line()
    assert first == {
        "fact": "BarcodeRead",
        "device": url,
        "sequence": 2,
        "at": first["at"],
        "data": "]E04006381333931",
        "raw": b"]E04006381333931".hex(),
        "symbology": "]E0",
    }
    assert second["data"] == "]C1010952123454321310L1\x1d21S"
    assert scanner.line() == {"sent": first["data"]}
    assert scanner.line() == {"sent": second["data"]}
    assert [json.loads(line) for line in transcript.read_text().splitlines()] == [
        first["data"], second["data"],
    ]  # fmt: skip
    assert scanner.end() == 0
    gone = watcher.line()
    assert (gone["state"], gone["reason"]) == ("absent", "unplugged")
    assert watcher.end(signal.SIGINT) == 0


def test_a_scanner_that_is_restarted_is_read_again_at_the_same_path(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    first = Process("scanner", "--link", str(link))
    watcher = Process("watch", str(first.line()["url"]))
    assert watcher.line()["state"] == "ready"
    first.process.kill()
    first.wait()
    assert watcher.line()["state"] == "absent"
    second = Process("scanner", "--link", str(link), typed=True)
    second.line()
    assert watcher.line()["state"] == "ready"
    second.type("A\n")
    assert watcher.line()["data"] == "A"
    assert second.end() == 0
    assert watcher.end() == 0


def test_a_watcher_that_is_killed_loses_no_code_that_was_not_taken(tmp_path: Path) -> None:
    link, transcript = tmp_path / "scanner", tmp_path / "codes"
    scanner = Process("scanner", "--link", str(link), "--transcript", str(transcript))
    url = str(scanner.line()["url"])
    trigger = RemoteTrigger(socket_of(link), threading.Event())
    watcher = Process("watch", url)
    assert watcher.line()["state"] == "ready"
    assert trigger.scan("A") == "sent"
    assert watcher.line()["data"] == "A"
    watcher.process.kill()
    watcher.wait()
    again = Process("watch", url)
    assert trigger.scan("B") == "sent"
    assert again.line()["state"] == "ready"
    assert again.line()["data"] == "B"
    trigger.close()
    assert [json.loads(line) for line in transcript.read_text().splitlines()] == ["A", "B"]
    assert again.end() == 0
    assert scanner.end() == 0


def run(name: str, *arguments: str) -> tuple[int, list[str]]:
    parser = ArgumentParser()
    add = {"watch": cli.add_watch_arguments, "packer": cli.add_packer_arguments,
           "scanner": cli.add_scanner_arguments}[name]  # fmt: skip
    add(parser)
    lines: list[str] = []
    body = {"watch": cli.run_watch, "packer": cli.run_packer, "scanner": cli.run_scanner}[name]
    code = body(parser.parse_args(arguments), lines.append, SystemClock(), seeded(1))
    return code, lines


def test_a_device_that_never_appears_is_a_no(tmp_path: Path) -> None:
    code, lines = run("watch", f"serial:{tmp_path}/none", "--seconds", "0.3", "--json")
    assert code == 1
    assert [(json.loads(line)["state"], json.loads(line)["reason"]) for line in lines] == [
        ("absent", "no_device")
    ]


def test_a_capture_is_watched_to_its_end(tmp_path: Path) -> None:
    capture = tmp_path / "bench.trace"
    capture.write_text("2026-09-21T14:13:20.000000Z < 410d420d\n2026-09-21T14:13:20.001Z < ff0d\n")
    code, lines = run("watch", f"replay:{capture}")
    assert code == 0
    assert [line.split("  ", 1)[1] for line in lines] == [
        "ready", "'A'", "'B'", "'\\\\xff'  (encoding)", "absent: ended",
    ]  # fmt: skip


def test_what_is_mistyped_is_refused(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with pytest.raises(InvalidInput, match="did you mean 'serial'"):
        run("watch", "serail:/dev/ttyS0")
    packer = ["--station", "a", "--badge", "b", "--scanner", "c", "--api", "http://127.0.0.1:1"]
    with pytest.raises(InvalidInput, match="token-file"):
        run("packer", *packer, "--token-file", str(token))
    token.write_text("t")
    with pytest.raises(InvalidInput, match="positive"):
        run("packer", *packer, "--token-file", str(token), "--speed", "0")
    with pytest.raises(InvalidInput, match="address such as"):
        run("packer", *packer, "--token-file", str(token), "--api", "localhost")
    with pytest.raises(SystemExit):
        run("scanner", "--link", "x", "--suffix", "crr")
    with pytest.raises(InvalidInput, match="link"):
        run("scanner", "--link", str(tmp_path / "none" / "x"))
