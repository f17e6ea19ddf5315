"""Finds the days on which a topic is new, comes back, spikes, or outlives its fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from feedback_nlp.alerts.daily import UNUSUAL_DAYS, DailyPeople, Volume
from feedback_nlp.config import AlertsConfig
from feedback_nlp.labels import AlertKind

_PRIOR_SHAPE = 0.5
_PRIOR_DAYS = 1.0
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of one topic.

    Attributes:
        day: The first day on which it could be called.
        last_day: The last day on which it still held.
        people: Most people in a tested stretch.
        expected: How many were expected in that stretch.
        days: Length of that stretch.
        p_value: Chance of so many without a cause; the smallest of the episode.
    """

    topic_id: int
    kind: AlertKind
    day: date
    last_day: date
    people: int
    expected: float
    days: int
    p_value: float


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: AlertKind
    index: int
    people: int
    expected: float
    days: int
    p_value: float


def find_alerts(
    counts: DailyPeople,
    config: AlertsConfig,
    *,
    releases: Mapping[int, date] | None = None,
) -> list[Alert]:
    """Return the alerts of all days, by day and topic. Deterministic.

    A day looks only at itself and the days before it, so the alerts of a day do not change
    when later days come in (an open episode may grow).

    Args:
        counts: Daily people.
        config: Thresholds.
        releases: For topics whose request was released, the day of the release.
    """
    kinds = counts.kinds()
    alerts: list[Alert] = []
    for topic_id, people in sorted(counts.topics.items()):
        volume = Volume(np.maximum(counts.total - people, 0), kinds, config.calendar_people)
        stretches = [_stretches(volume, people, kinds, days, config) for days in config.windows]
        release = _index_of(counts, (releases or {}).get(topic_id))
        relapses = {} if release is None else _relapses(people, volume, config, release)
        findings = []
        clean = people.astype(float)  # the baseline: an alarmed day enters it capped
        for index in range(config.min_history_days, len(people)):
            finding = relapses.get(index) or _judge(people, clean, stretches, index, config)
            if finding is not None:
                findings.append(finding)
                usual = config.min_ratio * finding.expected / finding.days
                clean[index] = min(clean[index], max(usual, 1.0))
        alerts.extend(_episodes(topic_id, counts, findings, config))
    return sorted(alerts, key=lambda alert: (alert.day, alert.topic_id))


class _Stretches(NamedTuple):
    """All stretches of one length, one entry for each day they end on; 0 people if untestable."""

    days: int
    start: np.ndarray
    first: np.ndarray
    people: np.ndarray
    base_worth: np.ndarray
    worth: np.ndarray
    min_ratio: np.ndarray


def _stretches(
    volume: Volume, people: np.ndarray, kinds: np.ndarray, days: int, config: AlertsConfig
) -> _Stretches:
    end = np.arange(1, len(people) + 1)
    first = np.maximum(end - days, 0)
    start = np.maximum(first - config.baseline_days, 0)
    is_testable = first - start >= max(1, config.min_history_days - days + 1)
    summed = np.concatenate([[0], people.cumsum()])
    unusual = np.concatenate([[0], np.isin(kinds, UNUSUAL_DAYS).cumsum()])
    base_worth, worth = volume.worth(start, np.maximum(first, start + 1), first, end)
    return _Stretches(
        days=days,
        start=start,
        first=first,
        people=np.where(is_testable, summed[end] - summed[first], 0),
        base_worth=base_worth,
        worth=worth,
        min_ratio=np.where(
            unusual[end] > unusual[first], config.holiday_min_ratio, config.min_ratio
        ),
    )


def _judge(
    people: np.ndarray,
    clean: np.ndarray,
    stretches: list[_Stretches],
    index: int,
    config: AlertsConfig,
) -> _Finding | None:
    """Judge the stretches that end on one day; return the least likely one."""
    best: _Finding | None = None
    quiet = config.new_quiet_days
    for stretch in stretches:
        seen = int(stretch.people[index])
        if seen < config.min_people:
            continue
        start, first = stretch.start[index], stretch.first[index]
        shape = float(clean[start:first].sum()) + _PRIOR_SHAPE
        rate = stretch.base_worth[index] + _PRIOR_DAYS
        expected = float(shape / rate * stretch.worth[index])
        if seen < stretch.min_ratio[index] * expected:
            continue
        p_value = _tail(seen, expected, shape, config.overdispersion)
        if p_value <= config.max_p_value and (best is None or p_value < best.p_value):
            kind = _kind(people, index, int(first), quiet)
            best = _Finding(kind, index, seen, expected, stretch.days, p_value)
    return best


def _kind(people: np.ndarray, index: int, first: int, quiet: int) -> AlertKind:
    """Return what a stretch from ``first`` to ``index`` is after the days before it."""
    if index >= 2 * quiet and not people[: index - quiet + 1].any():
        return AlertKind.NEW
    if first >= quiet and people[:first].any() and not people[first - quiet : first].any():
        return AlertKind.RETURNED
    return AlertKind.SPIKE


def _relapses(
    people: np.ndarray, volume: Volume, config: AlertsConfig, release: int
) -> dict[int, _Finding]:
    """Return the days on which a released fix does not hold: a week against the level before."""
    start = max(0, release - config.baseline_days)
    if not start + _WEEK <= release < len(people):
        return {}
    before = float(people[start:release].sum())
    findings = {}
    for index in range(release + config.settle_days, len(people)):
        first = max(index - _WEEK + 1, release + config.settle_days)
        base, worth = volume.worth(
            np.array([start]), np.array([release]), np.array([first]), np.array([index + 1])
        )
        expected = float(config.relapse_share * before / max(base[0], 1e-9) * worth[0])
        seen = int(people[first : index + 1].sum())
        if seen >= max(config.min_people, expected):
            chance = _tail(seen, expected, before + 1.0, config.overdispersion)
            days = index - first + 1
            findings[index] = _Finding(AlertKind.RELAPSE, index, seen, expected, days, chance)
    return findings


def _tail(seen: int, expected: float, shape: float, overdispersion: float) -> float:
    """Return P(X ≥ seen) for a negative binomial of mean ``expected``.

    Its variance holds what is not known of the level (1 / shape) and what daily counts
    scatter beyond Poisson.
    """
    from scipy.special import betainc  # noqa: PLC0415 - SciPy takes 0.2 s to import

    size = 1.0 / (1.0 / shape + overdispersion)
    return float(betainc(seen, size, expected / (expected + size)))


def _index_of(counts: DailyPeople, day: date | None) -> int | None:
    return None if day is None else (day - counts.first_day).days


def _episodes(
    topic_id: int, counts: DailyPeople, findings: list[_Finding], config: AlertsConfig
) -> list[Alert]:
    """Join findings of one topic that follow each other within the cool-down."""
    groups: list[list[_Finding]] = []
    for finding in findings:
        if groups and finding.index - groups[-1][-1].index <= config.cooldown_days:
            groups[-1].append(finding)
        else:
            groups.append([finding])
    alerts = []
    for group in groups:
        peak = min(group, key=lambda finding: (finding.p_value, -finding.people))
        kind = (
            AlertKind.RELAPSE
            if any(finding.kind is AlertKind.RELAPSE for finding in group)
            else group[0].kind
        )
        alerts.append(
            Alert(
                topic_id=topic_id,
                kind=kind,
                day=counts.day(group[0].index),
                last_day=counts.day(group[-1].index),
                people=peak.people,
                expected=round(peak.expected, 1),
                days=peak.days,
                p_value=peak.p_value,
            )
        )
    return alerts
