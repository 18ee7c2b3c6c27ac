"""A TCP connection to a network scanner or to a serial-to-Ethernet box; we are the client.

A far end that lost its power says nothing: keepalive probes find it within about 25 s.
"""

from __future__ import annotations

import errno
import socket

from devices.transport.line import READ_BYTES_MAX, Waker
from edge.errors import DeviceError

CONNECT_LIMIT_S = 5.0
WRITE_LIMIT_S = 2.0
KEEPALIVE_IDLE_S = 10
KEEPALIVE_INTERVAL_S = 5
KEEPALIVE_PROBES = 3

UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


class TcpTransport:
    """One connection to ``host:port``; the name is looked up anew at each opening."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._waker = Waker()

    def open(self) -> None:
        """Connect within 5 s, with keepalive."""
        self.close()
        try:
            connected = socket.create_connection(self._address, CONNECT_LIMIT_S)
        except OSError as error:
            raise _cannot_connect(error) from error
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(WRITE_LIMIT_S)
        self._socket = connected

    def read(self, wait_ms: int) -> bytes:
        """Up to 4,096 bytes that are there, without waiting for more."""
        connected = self._opened()
        try:
            if not self._waker.readable(connected.fileno(), wait_ms):
                return b""
            data = connected.recv(READ_BYTES_MAX)
        except OSError as error:
            raise _closed() from error
        if not data:
            raise _closed()
        return data

    def write(self, data: bytes) -> None:
        """Send ``data``; gives up after two seconds with a far end that does not take it."""
        connected = self._opened()
        try:
            connected.sendall(data)
        except TimeoutError as error:
            raise DeviceError("stalled", "check the device and the network") from error
        except OSError as error:
            raise _closed() from error

    def wake(self) -> None:
        """End a waiting ``read``."""
        self._waker.wake()

    def close(self) -> None:
        """End the connection."""
        connected, self._socket = self._socket, None
        if connected is not None:
            connected.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise _closed()
        return self._socket


def _closed() -> DeviceError:
    return DeviceError("closed", "check the device's power and network")


def _cannot_connect(error: OSError) -> DeviceError:
    if isinstance(error, socket.gaierror):
        return DeviceError("unknown_host", "correct the host name, or check the name server")
    if isinstance(error, ConnectionRefusedError):
        return DeviceError("refused", "check the port number, and that no one else is connected")
    if isinstance(error, TimeoutError):
        return DeviceError("timeout", "check the device's power, address and network")
    if error.errno in UNREACHABLE:
        return DeviceError("unreachable", "check this computer's network and the address")
    return DeviceError("cannot_open", str(error))
