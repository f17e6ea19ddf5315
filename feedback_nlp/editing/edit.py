"""Who changes something, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_nlp.clean.characters import clean_characters, one_line


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

    def __post_init__(self) -> None:
        """Take out what nobody sees: both are shown in terminals, pages and workbooks."""
        object.__setattr__(self, "actor", one_line(self.actor))
        object.__setattr__(self, "reason", clean_characters(self.reason))
