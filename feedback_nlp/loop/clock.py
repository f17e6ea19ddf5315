"""How long a request has been in its status, in business days, and how long it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from feedback_nlp.labels import RequestStatus
from feedback_nlp.special_days import business_day_after, business_days_between


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a request's present status.

    Attributes:
        since: When it came into the status.
        business_days: Whole business days since then, holidays and 调休 known.
        limit: How many it may take; ``None`` where the deployment sets none.
        due_on: The last day within the limit.
    """

    since: datetime
    business_days: int
    limit: int | None
    due_on: date | None

    @property
    def is_late(self) -> bool:
        """Whether the limit has passed."""
        return self.limit is not None and self.business_days > self.limit


def clock_of(
    status: RequestStatus,
    since: datetime,
    *,
    limits: Mapping[RequestStatus, int],
    now: datetime,
) -> Clock:
    """Return the clock of a request.

    Args:
        status: Its present status.
        since: When it came into it; aware.
        limits: Business days by status.
        now: Its zone is the one in which days begin.
    """
    began = since.astimezone(now.tzinfo).date()
    limit = limits.get(status)
    return Clock(
        since=since,
        business_days=business_days_between(began, now.date()),
        limit=limit,
        due_on=None if limit is None else business_day_after(began, limit),
    )
