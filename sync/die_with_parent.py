"""Runs a program that ends when its parent ends, however that dies (Linux, prctl(2)).

    python die_with_parent.py PARENT_PID PROGRAM [ARGUMENT ...]

It stands alone and imports nothing of ours, so that it starts fast. The kernel watches the
*thread* that started this process: start it from a thread that lives as long as the program should.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the program; exit 1 when the parent is gone already."""
    parent, program = int(arguments[1]), arguments[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv)
