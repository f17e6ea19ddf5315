"""Who changes something, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """Who edits, and when.

    Attributes:
        actor: Name of the person, for the ledger.
        now: Aware datetime.
    """

    actor: str
    now: datetime
