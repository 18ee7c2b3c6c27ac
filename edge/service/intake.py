"""From facts to inputs: which station a device belongs to, and who a read came from."""

from __future__ import annotations

from edge.domain.commands import ScanAtStation
from edge.domain.settings import SiteSettings
from edge.errors import InvalidInput, NotFound
from edge.facts import BarcodeRead
from edge.service.inputs import Origin, Scan

DATA_MAX = 4096


def scan_of_read(read: BarcodeRead, settings: SiteSettings) -> Scan:
    """The scan that a device's read is; NotFound when the device has no station."""
    device = read.origin.device
    station = settings.device_stations.get(device)
    if station is None:
        raise NotFound("device", device, "give it a station in the configuration")
    command = ScanAtStation(
        station=station,
        device=device,
        connection=read.origin.connection,
        sequence=read.origin.sequence,
        data=read.data if len(read.data) <= DATA_MAX else read.data[:DATA_MAX],
        symbology=read.symbology,
        retransmit=read.retransmit,
        fault=read.fault if len(read.data) <= DATA_MAX else "too_long",
    )
    return Scan(
        at_us=read.origin.at_us,
        monotonic_ns=read.origin.monotonic_ns,
        command=command,
        origin=Origin(actor=None, station=station),
    )


def scan_of_request(
    station: str, data: str, symbology: str | None, origin: Origin, at_us: int, monotonic_ns: int,
    settings: SiteSettings,
) -> Scan:  # fmt: skip
    """A scan from the page or a program; InvalidInput when it is no text a scanner can send."""
    if station not in settings.stations:
        raise NotFound("station", station, f"one of {', '.join(settings.stations)}")
    if not 1 <= len(data) <= DATA_MAX:
        raise InvalidInput("data", f"{len(data)} characters", f"send 1 to {DATA_MAX}")
    try:
        data.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("data", ascii(data), "send well-formed Unicode text") from error
    command = ScanAtStation(
        station=station,
        device=f"page/{station}",
        connection="",
        sequence=0,
        data=data,
        symbology=symbology,
    )
    return Scan(at_us=at_us, monotonic_ns=monotonic_ns, command=command, origin=origin)
