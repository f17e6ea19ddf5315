"""How well the loop is closed, as records of the digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A request that reporters were told is planned, and that did not come so.

    Attributes:
        due: The day that has passed; ``None`` if the promise was taken back.
        now: What reporters see as of the end of the week.
    """

    key: str
    title: str
    owner: str | None
    due: date | None
    now: str


@dataclass(frozen=True, slots=True)
class LoopFigures:
    """How well the loop is closed, as of the end of the week; duplicates do not count.

    Attributes:
        requests: Requests that exist.
        closed: Those whose reporters see 已上线 or 不采纳.
        answered: Those whose reporters were ever told 已计划, 已上线 or 不采纳.
        median_days: Median days from the making of a request to its first answer; ``None``
            without any.
        broken: Promises whose due day has passed without a release, or that were taken back.
        told_people: Distinct people who were told anything about a request.
        told_notices: The messages that they were sent.
        repeat_people: People who asked again after the request was declined, and whom the
            latest decline is older than; spam and bursts left out.
        repeat_keys: The requests that they asked for.
    """

    requests: int
    closed: int
    answered: int
    median_days: float | None
    broken: tuple[BrokenPromise, ...]
    told_people: int
    told_notices: int
    repeat_people: int
    repeat_keys: tuple[str, ...]

    @property
    def closure_rate(self) -> float | None:
        """Share of requests that are closed, 0–1; ``None`` without requests."""
        return self.closed / self.requests if self.requests else None
