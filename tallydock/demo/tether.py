"""Run a command that ends with its parent: ``python -I tether.py PARENT_PID COMMAND...``.

Run as a file, so that nothing but the standard library is loaded: it asks the kernel for a
signal at the parent's death and then becomes the command, with the same process id.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Never returns."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("the parent has ended")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
