"""RICE and ICE, the two scores product managers know, from the same parts.

Effort that nobody supplied counts as middling (0.5) in both, so that an unestimated
subject neither wins nor loses by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

_UNKNOWN_EASE = 0.5
_MIN_EFFORT = 0.1


class Scored(Protocol):
    """What both views read: a :class:`~feedback_nlp.rank.Priority`, or a stored score."""

    @property
    def parts(self) -> Mapping[str, float]:
        """Each known part, 0–1."""
        ...

    @property
    def low(self) -> float:
        """Lower end of the interval, 0–100."""
        ...

    @property
    def high(self) -> float:
        """Upper end of the interval, 0–100."""
        ...

    @property
    def people_count(self) -> int:
        """Distinct people."""
        ...


def _confidence(priority: Scored) -> float:
    """Return 0–1: how narrow the interval is beside the whole scale."""
    return max(0.0, 1.0 - (priority.high - priority.low) / 100.0)


def _impact(priority: Scored) -> float:
    """Return 0–1: the mean of severity and, if supplied, strategic weight."""
    values = [priority.parts[name] for name in ("severity", "strategic") if name in priority.parts]
    return sum(values) / len(values) if values else 0.0


def rice(priority: Scored) -> float:
    """Return Reach × Impact × Confidence ÷ Effort, Reach in people.

    Source: Intercom's RICE, with our 0–1 impact and effort (0.1–1).
    """
    effort = max(_MIN_EFFORT, 1.0 - priority.parts.get("ease", _UNKNOWN_EASE))
    score = priority.people_count * _impact(priority) * _confidence(priority) / effort
    return round(score, 1)


def ice(priority: Scored) -> float:
    """Return Impact × Confidence × Ease on 0–100.

    Source: Sean Ellis's ICE, as a product of 0–1 parts.
    """
    ease = priority.parts.get("ease", _UNKNOWN_EASE)
    return round(100 * _impact(priority) * _confidence(priority) * ease, 1)
