"""Daily counts, and how much a day was worth: its exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from feedback_nlp.special_days import USUAL_VOLUME, DayKind, day_kind

_CODES = {kind: code for code, kind in enumerate(DayKind)}
_VOLUMES = np.array([USUAL_VOLUME[kind] for kind in DayKind])
_PRIOR_DAYS = 2.0

#: Codes of days on which people behave differently topic by topic.
UNUSUAL_DAYS = (_CODES[DayKind.HOLIDAY], _CODES[DayKind.FESTIVAL])


@dataclass(frozen=True, slots=True)
class DailyPeople:
    """Distinct people a day.

    Attributes:
        first_day: The day of index 0.
        total: (n,) people who said anything.
        topics: For each topic (n,) people who spoke about it.
    """

    first_day: date
    total: np.ndarray
    topics: Mapping[int, np.ndarray]

    def day(self, index: int) -> date:
        """Return the day of an index."""
        return self.first_day + timedelta(days=index)

    def kinds(self) -> np.ndarray:
        """Return the kind of each day as its place in :class:`DayKind`; (n,) int."""
        return np.array([_CODES[day_kind(self.day(index))] for index in range(len(self.total))])


class Volume:
    """How much stretches of days were worth: their exposure, in days of the baseline's mean.

    Both sides speak: what the other topics did on those days (a weekend, a festival, a new
    source or a server failure shows there), and what the calendar lets expect, with the
    weight of ``calendar_people``. The calendar's volumes are learned from the baseline days
    of the same kind, shrunk towards :data:`~feedback_nlp.special_days.USUAL_VOLUME`.

    Args:
        others: (n,) people a day who did not speak about the topic.
        kinds: (n,) codes as :meth:`DailyPeople.kinds` gives them.
        calendar_people: Weight of the calendar, in people a day.
    """

    def __init__(self, others: np.ndarray, kinds: np.ndarray, calendar_people: float) -> None:
        one_hot = np.eye(len(_VOLUMES))[kinds]
        self._days = _cumulated(one_hot)
        self._people = _cumulated(one_hot * others[:, None])
        self._calendar_people = calendar_people

    def worth(
        self, start: np.ndarray, stop: np.ndarray, first: np.ndarray, end: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the exposure of the baselines ``[start, stop)`` and stretches ``[first, end)``.

        Args:
            start: (m,) first day of each baseline.
            stop: (m,) the day after its last; no baseline is empty.
            first: (m,) first day of each stretch to judge.
            end: (m,) the day after its last.

        Returns:
            Two arrays of shape (m,), in baseline days.
        """
        days = self._days[stop] - self._days[start]
        people = self._people[stop] - self._people[start]
        mean = np.maximum(people.sum(axis=1) / days.sum(axis=1), 1e-9)
        volumes = (people / mean[:, None] + _PRIOR_DAYS * _VOLUMES) / (days + _PRIOR_DAYS)

        def exposure(low: np.ndarray, high: np.ndarray) -> np.ndarray:
            observed = (self._people[high] - self._people[low]).sum(axis=1)
            calendar = ((self._days[high] - self._days[low]) * volumes).sum(axis=1)
            weight = self._calendar_people
            return np.asarray((observed + weight * calendar) / (mean + weight))

        return exposure(start, stop), exposure(first, end)


def _cumulated(values: np.ndarray) -> np.ndarray:
    return np.vstack([np.zeros((1, values.shape[1])), values.cumsum(axis=0)])
