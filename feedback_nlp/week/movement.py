"""How a topic moved: this week's people against its own recent weeks."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.config import ReportConfig
from feedback_nlp.labels import Movement


def movement(
    people: Sequence[int],
    config: ReportConfig,
    *,
    history_weeks: int,
    exposure: float = 1.0,
    is_settled: bool = False,
) -> Movement | None:
    """Return the movement of one topic, or ``None`` if there is nothing to compare or to tell.

    - new: at least ``new_min_people`` this week, nobody in the ``new_after_quiet_weeks`` before;
    - gone: nobody this week, somebody last week, and at least half of ``min_change_count`` a
      week before, on average;
    - rising / falling: at least as many (few) as last week, and away from the baseline's
      mean by at least ``min_change_count`` people and ``min_change_ratio``;
    - reopened: new or rising although the team believes the matter is settled;
    - steady: everything else with people this week or last week.

    Args:
        people: Distinct people a week, this week first; zero-filled.
        config: Thresholds.
        history_weeks: Weeks of data before this one; without any, nothing moved.
        exposure: Volume of the week against a usual one, above 0: in a quiet or unfinished
            week (below 1) no topic falls or vanishes just because everything does, in a
            shopping festival (above 1) none rises just because everything does.
        is_settled: The topic's request was released, verified or closed before this week.
    """
    if history_weeks == 0 or not any(people[:2]):
        return None
    this, last = people[0], people[1]
    quiet = people[1 : 1 + config.new_after_quiet_weeks]
    if this >= config.new_min_people and not any(quiet):
        return Movement.REOPENED if is_settled else Movement.NEW
    before = people[1 : 1 + min(config.baseline_weeks, history_weeks)]
    usual = sum(before) / len(before)
    baseline = usual * min(1.0, exposure)
    busy = usual * max(1.0, exposure)
    if this == 0:
        return Movement.GONE if baseline >= config.min_change_count / 2 else Movement.STEADY
    if (
        this >= last
        and this - busy >= config.min_change_count
        and this >= config.min_change_ratio * busy
    ):
        return Movement.REOPENED if is_settled else Movement.RISING
    if (
        this <= last
        and baseline - this >= config.min_change_count
        and baseline >= config.min_change_ratio * this
    ):
        return Movement.FALLING
    return Movement.STEADY
