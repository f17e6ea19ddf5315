"""Who changes something, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """Who edits, when and why.

    Attributes:
        actor: Name of the person, for the ledger.
        now: Aware datetime.
        reason: For the history of requests; may be empty.
    """

    actor: str
    now: datetime
    reason: str = ""
