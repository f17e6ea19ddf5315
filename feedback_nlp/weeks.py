"""Weeks as ops people mean them: Monday to Sunday in the configured zone, named ``2026-W47``.

Months have the same methods, so that whatever reports on a week can report on a month.
:class:`Scope` says which feedback a figure is about: of which week, where, of which product.

Source: ISO 8601 week dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from feedback_nlp.errors import InputError

_WEEK = re.compile(r"(\d{4})-W(\d{1,2})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")


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
        """Return the week ``weeks`` later (earlier if negative).

        >>> str(Week.parse("2026-W1").shift(-1))
        '2025-W52'
        """
        monday = datetime.fromisocalendar(self.year, self.number, 1) + timedelta(weeks=weeks)
        year, number, _ = monday.isocalendar()
        return type(self)(year, number)

    def since(self, earlier: Self) -> int:
        """Return how many weeks lie from ``earlier`` to this one; negative if it is later."""
        days = self._monday() - earlier._monday()
        return days // timedelta(weeks=1)

    def _monday(self) -> datetime:
        return datetime.fromisocalendar(self.year, self.number, 1)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"


class Month(NamedTuple):
    """One calendar month, named ``2026-11``. Ordered by time."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``2026-11``.

        Raises:
            InputError: If the text is not a month.
        """
        match = _MONTH.fullmatch(text.strip())
        if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[1]) <= 9998):
            raise InputError(f"月写成了 {text!r}", hint="应写成 2026-11 这样的年月")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Self:
        """Return the month an aware ``moment`` falls into, in ``zone``."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return ``[start, end)`` in UTC."""
        following = self.shift(1)
        start = datetime(self.year, self.number, 1, tzinfo=zone)
        end = datetime(following.year, following.number, 1, tzinfo=zone)
        return start.astimezone(UTC), end.astimezone(UTC)

    def shift(self, months: int) -> Self:
        """Return the month ``months`` later (earlier if negative)."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return type(self)(year, number + 1)

    def since(self, earlier: Self) -> int:
        """Return how many months lie from ``earlier`` to this one; negative if it is later."""
        return (self.year - earlier.year) * 12 + self.number - earlier.number

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


#: What a digest covers.
Period = Week | Month


def parse_period(text: str) -> Period:
    """Parse ``2026-W47`` or ``2026-11``.

    Raises:
        InputError: If the text is neither.
    """
    return Month.parse(text) if _MONTH.fullmatch(text.strip()) else Week.parse(text)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which feedback a figure is about.

    Attributes:
        week: The week (or month).
        zone: Where it begins and ends.
        product: Only this product's; ``None`` for all.
    """

    week: Period
    zone: ZoneInfo
    product: str | None = None

    @property
    def start(self) -> datetime:
        """When it begins, in UTC."""
        return self.week.bounds(self.zone)[0]

    @property
    def end(self) -> datetime:
        """When it is over, in UTC: the first moment that does not belong to it."""
        return self.week.bounds(self.zone)[1]

    def shift(self, weeks: int) -> Scope:
        """Return the same, ``weeks`` (or months) later; earlier if negative."""
        return replace(self, week=self.week.shift(weeks))

    def starts(self, count: int) -> list[datetime]:
        """Return the starts of ``count`` weeks in UTC, this one first, going back."""
        return [self.shift(-back).start for back in range(count)]

    def since(self, moment: datetime) -> int:
        """Return how many weeks (or months) before this one a moment lies."""
        if isinstance(self.week, Month):
            return self.week.since(Month.of(moment, self.zone))
        return self.week.since(Week.of(moment, self.zone))
