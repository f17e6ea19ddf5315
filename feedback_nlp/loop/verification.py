"""Whether a release fixed what people asked for: before and after, against what nobody touched.

A topic's people a day are compared before and after a release, and the same days of other
topics say what would have happened anyway: a festival over, a quiet week, a source that fell
out lowers all of them alike (difference in differences, on the log scale)::

    effect = ln(after / before of the topic) − ln(after / before of the controls)

Its variance has three parts: the topic's own counts, with the over-dispersion that its days
before the release showed; the controls' counts; and how far single controls strayed from the
others over the same days although nobody touched them. The last is what makes the interval
honest: topics wander by themselves.

What follows is weighed, not tested: the odds of "more than ``fixed_ratio`` is left" against "at
most that is left", all shares of either being equally likely beforehand (a Bayes factor). Odds
may be looked at every day without growing false by that, as an interval would; early they must
be long, and when the weeks of watching are over the likelier of the two is said if it is clearly
so.

Source: difference in differences with placebo controls (Abadie, Diamond and Hainmueller 2010
for placebos in space; Donald and Lang 2007 for their variance); Kass and Raftery 1995 for the
odds (3 and 10 are their bounds of "positive" and, about, of "strong").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.config.watching import VerificationConfig
from feedback_nlp.labels import Verdict

_HALF = 0.5  # added to every count, so that silence has a logarithm
_PRIOR_CONTROLS = 4.0
_MIN_CONTROL_PEOPLE = 12
_NORMAL_MAD = 1.4826  # standard deviation ÷ median absolute deviation, where normal
_STEPS = 50  # of a hypothesis' shares: the odds are exact to three digits
_MOST_LEFT = 1.5  # a release that fixed nothing leaves up to so many times what was expected
_LONGEST_ODDS = 1e6


@dataclass(frozen=True, slots=True)
class Windows:
    """The days that are compared, by their index.

    Attributes:
        first: First day before the release.
        release: Day of the release; days from here to ``settled`` are left out.
        settled: First day after it that counts.
        end: The day after the last.
    """

    first: int
    release: int
    settled: int
    end: int

    @property
    def before(self) -> slice:
        """Days before the release."""
        return slice(self.first, self.release)

    @property
    def after(self) -> slice:
        """Days after it."""
        return slice(self.settled, self.end)

    @property
    def days_before(self) -> int:
        """Length of the stretch before."""
        return self.release - self.first

    @property
    def days_after(self) -> int:
        """Length of the stretch after; 0 while the release settles."""
        return max(self.end - self.settled, 0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the numbers say about one release.

    Attributes:
        before, after: Person-days of the topic in the two stretches.
        days_before, days_after: Their lengths.
        expected: Person-days that the stretch after would have had without the release.
        ratio: after ÷ expected; 1 is "no change". ``None`` where nothing can be expected.
        low, high: Its interval.
        odds: How many times likelier it is that the release was no fix than that it was one;
            ``None`` where nothing can be expected.
        controls: Topics it was compared with.
        verdict: What follows.
    """

    before: int
    after: int
    days_before: int
    days_after: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None
    odds: float | None
    controls: int
    verdict: Verdict


def windows(release: int, last: int, config: VerificationConfig, *, start: int = 0) -> Windows:
    """Return the stretches for a release on day ``release``, with data up to day ``last``.

    Args:
        release: Index of the day.
        last: Index of the last day that is over.
        config: Lengths.
        start: First day with data.
    """
    settled = release + 1 + config.settle_days
    return Windows(
        first=max(start, release - config.before_days),
        release=release,
        settled=settled,
        end=max(min(last + 1, settled + config.after_days), settled),
    )


def judge(
    topic: np.ndarray, controls: Sequence[np.ndarray], at: Windows, config: VerificationConfig
) -> Judged:
    """Judge one release.

    Args:
        topic: (n,) people a day who spoke about it.
        controls: For each untouched topic (n,) people a day.
        at: The stretches.
        config: Thresholds.
    """
    pooled = np.sum(controls, axis=0) if len(controls) else np.zeros_like(topic)
    before, after = int(topic[at.before].sum()), int(topic[at.after].sum())
    others_before, others_after = (int(pooled[days].sum()) for days in (at.before, at.after))
    share = at.days_after / max(at.days_before, 1)
    anyway = (others_after + _HALF) / (others_before + _HALF) if len(controls) else share
    expected = before * anyway
    found = Judged(
        before,
        after,
        at.days_before,
        at.days_after,
        expected,
        None,
        None,
        None,
        None,
        len(controls),
        Verdict.WAITING,
    )
    if not at.days_after or not at.days_before or not before:
        return _with(found, verdict=_undecided(at, config))
    effect = math.log((after + _HALF) / (before + _HALF)) - math.log(anyway)
    variance = (
        _dispersion(topic, pooled, at) * (1 / (before + _HALF) + 1 / (after + _HALF))
        + (1 / (others_before + _HALF) + 1 / (others_after + _HALF) if len(controls) else 0.0)
        + _wandering(controls, at, config.wandering)
    )
    margin = config.z * math.sqrt(variance)
    ratio, low, high = (math.exp(effect + sign * margin) for sign in (0, -1, 1))
    odds = _odds(effect, math.sqrt(variance), config.fixed_ratio)
    verdict = _verdict(odds, at, config) if expected >= config.min_expected else None
    return _with(
        found,
        ratio=ratio,
        low=low,
        high=high,
        odds=odds,
        verdict=verdict or _undecided(at, config),
    )


def _odds(effect: float, error: float, fixed_ratio: float) -> float:
    """Return the odds of no fix against a fix.

    Args:
        effect: Logarithm of the share that is left.
        error: Its standard error.
        fixed_ratio: Where a fix ends and none begins.
    """
    middles = (np.arange(_STEPS) + _HALF) / _STEPS
    logs = [
        -0.5 * ((effect - np.log(shares)) / error) ** 2
        for shares in (
            fixed_ratio + middles * (_MOST_LEFT - fixed_ratio),
            middles * fixed_ratio,
        )
    ]
    none, fix = (float(np.logaddexp.reduce(one)) for one in logs)
    longest = math.log(_LONGEST_ODDS)
    return math.exp(min(max(none - fix, -longest), longest))


def _verdict(odds: float, at: Windows, config: VerificationConfig) -> Verdict | None:
    """Return what the odds say; at the end of the watch less of them will do."""
    if at.days_after < config.min_days:
        return None
    wanted = config.odds if at.days_after < config.after_days else config.final_odds
    if odds >= wanted:
        return Verdict.NOT_FIXED
    return Verdict.FIXED if odds * wanted <= 1 else None


def _undecided(at: Windows, config: VerificationConfig) -> Verdict:
    """Wait while days can still come; after that the data were not enough."""
    return Verdict.UNCLEAR if at.days_after >= config.after_days else Verdict.WAITING


def _with(found: Judged, **changed: object) -> Judged:
    values = {name: getattr(found, name) for name in found.__slots__}
    return Judged(**{**values, **changed})


def _dispersion(topic: np.ndarray, pooled: np.ndarray, at: Windows) -> float:
    """Return variance ÷ mean of the topic's days before the release, at least 1.

    What the other topics did on a day is expected of this one too: a weekend is no noise.
    """
    counts, shape = topic[at.before].astype(float), pooled[at.before] + _HALF
    if len(counts) < 2:
        return 1.0
    expected = counts.sum() * shape / shape.sum()
    pearson = ((counts - expected) ** 2 / np.maximum(expected, _HALF)).sum()
    return max(1.0, float(pearson) / (len(counts) - 1))


def _wandering(controls: Sequence[np.ndarray], at: Windows, prior: float) -> float:
    """Return how far untouched topics strayed over the same days: a variance of logarithms.

    What their counts explain is taken off; few controls are shrunk towards ``prior``. It is the
    median control that counts: a crash that came with the same release wanders without measure.
    """
    if len(controls) < 2:
        return prior
    pooled = np.sum(controls, axis=0)
    strays, noises = [], []
    for control in controls:
        rest = pooled - control
        mine, others = (
            [float(series[days].sum()) + _HALF for days in (at.before, at.after)]
            for series in (control, rest)
        )
        if sum(mine) < _MIN_CONTROL_PEOPLE:
            continue
        strayed = math.log(mine[1] / mine[0]) - math.log(others[1] / others[0])
        noise = _dispersion(control, rest, at) * (1 / mine[0] + 1 / mine[1])
        strays.append(abs(strayed))
        noises.append(noise + 1 / others[0] + 1 / others[1])
    if not strays:
        return prior
    spread = _NORMAL_MAD * float(np.median(strays))
    seen = max(0.0, spread**2 - float(np.median(noises)))
    return (seen * len(strays) + prior * _PRIOR_CONTROLS) / (len(strays) + _PRIOR_CONTROLS)
