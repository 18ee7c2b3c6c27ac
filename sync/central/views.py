"""What central's pages show of the exchange."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.sync_inputs import Epoch
from sync.central.ports import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """One site. ``lag`` is how far central is behind the head that the site last named."""

    site: str
    online: bool
    heard_at_us: int | None
    app: str
    epoch: Epoch
    through: int
    hash: bytes
    head: int
    projected: int
    condition: Condition
    fenced: bool
    refusals: int
    skew_us: int | None
    commands: int
    commands_acked: int

    @property
    def lag(self) -> int:
        return max(0, self.head - self.through)
