"""The parts of a priority, each 0–1, computed for many resamples of the people at once.

Every function takes ``weights`` of shape (b, n): how often each of the n people counts
in each of b resamples; the plain figure is the single row of ones.
"""

from __future__ import annotations

import numpy as np

from feedback_nlp.config import RankConfig
from feedback_nlp.rank.evidence import People

#: Shape and rate of the Gamma prior on a subject's weekly rate: one person in one week.
_PRIOR_SHAPE = 1.0
_PRIOR_RATE = 1.0
_TINY = 1e-12


def people_part(people: People, weights: np.ndarray, config: RankConfig) -> np.ndarray:
    """Return log(1 + n) / log(1 + reference), at most 1; shape (b,).

    n counts distinct people, each halved for every ``people_half_life_weeks`` since they
    last spoke. The reference is a fixed number, not the largest topic, so a score does
    not move because some other topic grew.
    """
    recency = 0.5 ** (people.last_weeks_ago / config.people_half_life_weeks)
    counted = weights @ recency
    return np.asarray(np.minimum(1.0, np.log1p(counted) / np.log1p(config.people_reference)))


def severity_part(people: People, weights: np.ndarray, config: RankConfig) -> np.ndarray:
    """Return the mean over people of the gravest thing each said, recent ones first; (b,)."""
    recency = 0.5 ** (people.last_weeks_ago / config.people_half_life_weeks)
    weighted = weights * recency
    return np.asarray((weighted @ people.severity) / np.maximum(weighted.sum(axis=1), _TINY))


def trend_part(
    people: People,
    weights: np.ndarray,
    config: RankConfig,
    history_weeks: int,
    exposure: float = 1.0,
) -> np.ndarray:
    """Return 0.5 for a week like the ones before, 1 for a surprise upwards, 0 downwards; (b,).

    The weekly count is Poisson with a Gamma posterior from the subject's own history, so
    this week's count is negative binomial. With q its mid-p value from below, the surprise
    is log10(q / (1 − q)), damped by m / (m + ``trend_damping_people``) where m is the larger
    of this week's and the expected count; ±``trend_full_surprise`` reaches the ends.

    Args:
        people: The distinct people behind the subject.
        weights: How often each counts in each resample; (b, n).
        config: Damping and full surprise.
        history_weeks: Weeks before this one with any data, at most the configured number.
        exposure: Volume of this week against a usual one, above 0: in a quiet or unfinished
            week less is expected of every subject, in a shopping festival more.

    Source: conjugate Gamma-Poisson prediction; mid-p value, Lancaster 1961.
    """
    from scipy.special import betainc  # noqa: PLC0415 - SciPy takes 0.2 s to import

    if history_weeks == 0:
        return np.full(len(weights), 0.5)
    counts = weights @ people.weeks[:, : history_weeks + 1]
    this_week, history = counts[:, 0], counts[:, 1:].sum(axis=1)
    shape, rate = history + _PRIOR_SHAPE, history_weeks + _PRIOR_RATE
    success = rate / (rate + exposure)
    at_most = betainc(shape, this_week + 1.0, success)
    below = np.where(this_week > 0, betainc(shape, np.maximum(this_week, _TINY), success), 0.0)
    middle = np.clip((at_most + below) / 2, _TINY, 1 - _TINY)
    surprise = np.log10(middle / (1 - middle))
    mass = np.maximum(this_week, exposure * history / history_weeks)
    damped = surprise * mass / (mass + config.trend_damping_people)
    return np.asarray(np.clip(0.5 + damped / (2 * config.trend_full_surprise), 0.0, 1.0))


def reach_part(people: People, weights: np.ndarray) -> np.ndarray | None:
    """Return the chance that two people came from different places; (b,) or ``None`` if unknown.

    Gini–Simpson diversity 1 − Σp², averaged over channel, version and region as known.
    """
    if not people.reach:
        return None
    diversities = []
    for table in people.reach.values():
        counts = weights @ table
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), _TINY)
        spread = 1.0 - (shares**2).sum(axis=1)
        diversities.append(np.where(counts.sum(axis=1) > 0, spread, 0.0))
    return np.asarray(np.mean(diversities, axis=0))


def segment_part(people: People, weights: np.ndarray) -> np.ndarray:
    """Return customer value and churn risk; (b,).

    The share of people who threaten to leave; where segments have a configured value,
    the mean of that share and of the value.
    """
    total = np.maximum(weights.sum(axis=1), _TINY)
    churn: np.ndarray = (weights @ people.churns.astype(float)) / total
    known = ~np.isnan(people.segment_value)
    if not known.any():
        return churn
    known_weights = weights[:, known]
    value = (known_weights @ people.segment_value[known]) / np.maximum(
        known_weights.sum(axis=1), _TINY
    )
    return np.asarray((churn + value) / 2)
