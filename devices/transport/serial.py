"""A serial port: RS-232, a USB-CDC device, a Bluetooth port, or a pseudo-terminal.

pyserial is used with its traps closed: the port is opened exclusively (two readers of one
port each get half of a code), a write has a limit (the default waits for ever), and a pulled plug
shows itself as SerialException, as bare OSError or as ``termios.error``, which is no OSError.
"""

from __future__ import annotations

import errno
import termios
from dataclasses import dataclass
from typing import Literal

import serial

from devices.transport.line import READ_BYTES_MAX, Waker
from edge.errors import DeviceError

WRITE_LIMIT_S = 2.0

Parity = Literal["none", "even", "odd"]

PARITIES: dict[Parity, str] = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
}

FAILURES = (OSError, termios.error)
"""What pyserial raises when a port fails; SerialException is an OSError."""

OPEN_REASONS = {
    errno.ENOENT: ("no_device", "plug the device in, or correct the path"),
    errno.ENXIO: ("no_device", "plug the device in, or correct the path"),
    errno.ENODEV: ("no_device", "plug the device in, or correct the path"),
    errno.EIO: ("no_device", "plug the device in, or correct the path"),
    errno.EACCES: ("permission", "let this user read the port (group dialout)"),
    errno.EPERM: ("permission", "let this user read the port (group dialout)"),
    errno.EAGAIN: ("busy", "end the other program that uses this port"),
    errno.EBUSY: ("busy", "end the other program that uses this port"),
    errno.ENOTTY: ("not_a_port", "name a serial port"),
    errno.ENOTDIR: ("not_a_port", "name a serial port"),
    errno.EISDIR: ("not_a_port", "name a serial port"),
}


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How bits are put on the wire; a USB-CDC device or a pseudo-terminal ignores them."""

    baud: int = 9600
    bits: int = 8
    parity: Parity = "none"
    stop: int = 1


class SerialTransport:
    """One serial port by its path; the path is looked up anew at each opening."""

    def __init__(self, path: str, settings: LineSettings) -> None:
        self._path = path
        self._settings = settings
        self._port: serial.Serial | None = None
        self._waker = Waker()

    def open(self) -> None:
        """Open the port for us alone; bytes that nobody has read before are thrown away."""
        self.close()
        try:
            self._port = serial.Serial(
                self._path,
                baudrate=self._settings.baud,
                bytesize=self._settings.bits,
                parity=PARITIES[self._settings.parity],
                stopbits=self._settings.stop,
                timeout=0,
                write_timeout=WRITE_LIMIT_S,
                exclusive=True,
            )
        except FAILURES as error:
            raise _cannot_open(error) from error

    def read(self, wait_ms: int) -> bytes:
        """Up to 4,096 bytes that are there, without waiting for more."""
        port = self._opened()
        try:
            if not self._waker.readable(port.fileno(), wait_ms):
                return b""
            return port.read(READ_BYTES_MAX)
        except FAILURES as error:
            raise _unplugged() from error

    def write(self, data: bytes) -> None:
        """Send ``data``; gives up after two seconds with a device that does not take it."""
        port = self._opened()
        try:
            port.write(data)
        except serial.SerialTimeoutException as error:
            raise DeviceError("stalled", "check the cable and the flow control") from error
        except FAILURES as error:
            raise _unplugged() from error

    def wake(self) -> None:
        """End a waiting ``read``."""
        self._waker.wake()

    def close(self) -> None:
        """Close the port; a port that is gone already closes without complaint."""
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except FAILURES:
                return  # nothing is left to give back

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise _unplugged()
        return self._port


def _unplugged() -> DeviceError:
    return DeviceError("unplugged", "plug the device in again")


def _cannot_open(error: OSError | termios.error) -> DeviceError:
    number = error.errno if isinstance(error, OSError) else error.args[0]
    known = OPEN_REASONS.get(number) if isinstance(number, int) else None
    if known is None:
        return DeviceError("cannot_open", str(error))
    return DeviceError(*known)
