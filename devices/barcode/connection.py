"""Frames of a scanner become BarcodeRead facts; what they betray about its settings is counted.

A plain text scanner has no handshake, so nothing here can prove a repeated transmission: two
equal frames are two scans, and whether the second one counts is for the heart to decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.barcode.framing import Frame, LineFramer
from devices.connection import Moment, Origins
from edge.facts import BarcodeRead
from edge.requests import Beep, Request

AIM_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z]")  # ISO/IEC 15424: ] code letter, modifier
GROUP_SEPARATOR = b"\x1d"
SURE_AFTER_READS = 5
PATIENCE_MS = 500
BELL = b"\x07"
WORTH_A_BEEP = ("wrong", "over", "needs", "hold", "unknown")


@dataclass(slots=True)
class Diagnosis:
    """Counters of one device over all its openings; they tell how the scanner is set up."""

    reads: int = 0
    with_aim_id: int = 0
    with_separator: int = 0
    faulty: int = 0
    noise: int = 0

    def counters(self) -> Mapping[str, int]:
        """For the device's page. ``aim_id_off`` and ``separator_seen`` are 0 or 1.

        Without AIM identifier and U+001D a GS1 code whose variable-length part does not stand
        last cannot be split with certainty (GS1 General Specifications, section 7.8).
        """
        return {
            "reads": self.reads,
            "faulty": self.faulty,
            "noise": self.noise,
            "aim_id_off": int(self.reads >= SURE_AFTER_READS and not self.with_aim_id),
            "separator_seen": int(self.with_separator > 0),
        }


class BarcodeConnection:
    """One opening of a line on which a scanner sends text."""

    def __init__(
        self,
        origins: Origins,
        framer: LineFramer,
        diagnosis: Diagnosis,
        *,
        patience_ms: int = PATIENCE_MS,
        bell: bool = False,
    ) -> None:
        self._origins = origins
        self._framer = framer
        self._diagnosis = diagnosis
        self._patience_ms = patience_ms
        self._bell = bell

    @property
    def patience_ms(self) -> int:
        """The idle gap, where silence ends a frame."""
        return self._patience_ms

    def receive(self, data: bytes, moment: Moment) -> Sequence[BarcodeRead]:
        """The scans that ``data`` completes."""
        noise = self._framer.noise
        frames = self._framer.receive(data, moment.at_ns, moment.since_ns)
        self._diagnosis.noise += self._framer.noise - noise
        return [self._read(frame, moment) for frame in frames]

    def tick(self, moment: Moment) -> Sequence[BarcodeRead]:
        """The scan that silence completes. A scanner that says nothing is not dead: it is idle."""
        return [self._read(frame, moment) for frame in self._framer.tick(moment.at_ns)]

    def request(self, request: Request) -> bytes | None:
        """A bell for a scan that needs attention, if the scanner is set to beep on BEL."""
        rings = self._bell and isinstance(request, Beep) and request.signal in WORTH_A_BEEP
        return BELL if rings else None

    def lost(self) -> int:
        """Throw away the half frame that a pulled plug leaves."""
        return self._framer.reset()

    def _read(self, frame: Frame, moment: Moment) -> BarcodeRead:
        text, fault = _decode(frame)
        aim = AIM_IDENTIFIER.match(text)
        self._diagnosis.reads += 1
        self._diagnosis.with_aim_id += aim is not None
        self._diagnosis.with_separator += GROUP_SEPARATOR in frame.data
        self._diagnosis.faulty += fault is not None
        return BarcodeRead(
            origin=self._origins.next(moment),
            raw=frame.data,
            data=text,
            symbology=aim.group() if aim else None,
            fault=fault,
        )


def _decode(frame: Frame) -> tuple[str, str | None]:
    """The frame's text and its fault; bytes that are no UTF-8 are shown as escapes."""
    try:
        return frame.data.decode("utf-8"), frame.fault
    except UnicodeDecodeError:
        return frame.data.decode("utf-8", "backslashreplace"), frame.fault or "encoding"
