"""From a device's URL to the driver that speaks to it.

Our own drivers are listed here; others offer theirs as entry points of the group
``tallydock.drivers``, each an object that satisfies devices.connection.Driver. A driver from
outside cannot take the place of one of ours, and one that cannot be loaded is kept by name in
``broken`` instead of stopping all the other devices.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from devices.barcode.driver import ReplayScanner, SerialScanner, TcpScanner
from devices.connection import Assembly, Driver
from devices.url import parse_url, suggest
from edge.errors import InvalidInput

ENTRY_POINT_GROUP = "tallydock.drivers"
BUILT_IN: tuple[Driver, ...] = (SerialScanner(), TcpScanner(), ReplayScanner())


class Registry:
    """The drivers by URL scheme. ``broken``: entry point name -> why it could not be loaded."""

    def __init__(self, drivers: Iterable[Driver] = BUILT_IN) -> None:
        self._drivers: dict[str, Driver] = {}
        self.broken: dict[str, str] = {}
        for driver in drivers:
            self.add(driver)

    def add(self, driver: Driver) -> None:
        """Offer ``driver``; InvalidInput when its scheme is taken."""
        if driver.scheme in self._drivers:
            raise InvalidInput(
                "driver.scheme", driver.scheme, "this scheme is taken; choose another"
            )
        self._drivers[driver.scheme] = driver

    def add_entry_point(self, entry: EntryPoint) -> None:
        """Load a driver from outside; a failure is noted, not raised."""
        try:
            driver: Driver = entry.load()
            self.add(driver)
        except (ImportError, AttributeError, InvalidInput) as error:
            self.broken[entry.name] = str(error)

    def schemes(self) -> list[str]:
        """Every scheme that a URL may begin with."""
        return sorted(self._drivers)

    def assemble(self, text: str) -> Assembly:
        """The device that the URL names, not yet opened; InvalidInput when it names none."""
        url = parse_url(text)
        driver = self._drivers.get(url.scheme)
        if driver is None:
            raise InvalidInput(
                "url.scheme", url.scheme, suggest("scheme", url.scheme, self._drivers)
            )
        return driver.assemble(url)


def installed() -> Registry:
    """Our drivers and those that other installed packages offer."""
    registry = Registry()
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        registry.add_entry_point(entry)
    return registry
