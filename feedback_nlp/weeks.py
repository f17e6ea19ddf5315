"""Weeks as ops people mean them: Monday to Sunday in the configured zone, named ``2026-W47``.

Source: ISO 8601 week dates.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from feedback_nlp.errors import InputError

_WEEK = re.compile(r"(\d{4})-W(\d{1,2})")


class Week(NamedTuple):
    """One ISO week. Ordered by time."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``2026-W47``.

        Raises:
            InputError: If the text is not an existing ISO week.
        """
        match = _WEEK.fullmatch(text.strip().upper())
        try:
            if match is None:
                raise ValueError(text)
            datetime.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError as error:
            raise InputError(f"周写成了 {text!r}", hint="应写成 2026-W47 这样的 ISO 周") from error
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Self:
        """Return the week an aware ``moment`` falls into, in ``zone``."""
        year, number, _ = moment.astimezone(zone).isocalendar()
        return cls(year, number)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return ``[start, end)`` in UTC."""
        start = datetime.fromisocalendar(self.year, self.number, 1).replace(tzinfo=zone)
        end = (start.replace(tzinfo=None) + timedelta(days=7)).replace(tzinfo=zone)
        return start.astimezone(UTC), end.astimezone(UTC)

    def shift(self, weeks: int) -> Self:
        """Return the week ``weeks`` later (earlier if negative)."""
        monday = datetime.fromisocalendar(self.year, self.number, 1) + timedelta(weeks=weeks)
        year, number, _ = monday.isocalendar()
        return type(self)(year, number)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"
