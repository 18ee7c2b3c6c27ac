"""``python -m tallydock``."""

from __future__ import annotations

from tallydock.cli import main

raise SystemExit(main())
