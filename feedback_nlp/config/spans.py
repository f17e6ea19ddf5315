"""How values that are told in weeks are scaled to months."""

from __future__ import annotations

WEEKS_A_MONTH = 365.25 / 12 / 7
MONTHS_OF_HISTORY = 6
