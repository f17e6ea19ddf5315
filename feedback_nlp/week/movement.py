"""How a topic moved: this week's people against its own recent weeks."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.config import ReportConfig
from feedback_nlp.labels import Movement, label

_HARDLY_MORE = 1.2
"""Up to this factor over last week, what is far above usual did not rise: it stayed there."""


def movement(
    people: Sequence[int],
    config: ReportConfig,
    *,
    history_weeks: int,
    exposure: float = 1.0,
    is_settled: bool = False,
    is_known: bool = False,
) -> Movement | None:
    """Return the movement of one topic, or ``None`` if there is nothing to compare or to tell.

    - new: at least ``new_min_people`` this week, nobody ever before;
    - returned: the same after ``new_after_quiet_weeks`` without anyone;
    - gone: nobody this week, and at least half of ``min_change_count`` last week as well as a
      week before, on average: one who falls silent is no movement;
    - rising: more than last week, and above the baseline's mean by at least
      ``min_change_count`` people and ``min_change_ratio``;
    - elevated: as far above the baseline, but not more than last week;
    - falling: fewer than last week, and as far below the baseline;
    - reopened: new, returned, rising or elevated although the team believes it is settled;
    - steady: everything else with people this week or last week.

    Args:
        people: Distinct people a week, this week first; zero-filled.
        config: Thresholds.
        history_weeks: Weeks of data before this one; without any, nothing moved.
        exposure: Volume of the week against a usual one, above 0: in a quiet or unfinished
            week (below 1) no topic falls or vanishes just because everything does, in a
            shopping festival (above 1) none rises just because everything does.
        is_settled: The topic's request was released, verified or closed before this week.
        is_known: Somebody spoke of it before the weeks in ``people``.
    """
    if history_weeks == 0 or not any(people[:2]):
        return None
    this, last = people[0], people[1]
    quiet = people[1 : 1 + config.new_after_quiet_weeks]
    before = people[1 : 1 + min(config.baseline_weeks, history_weeks)]
    usual = sum(before) / len(before)
    baseline = usual * min(1.0, exposure)
    busy = usual * max(1.0, exposure)
    if this == 0:
        enough = config.min_change_count / 2
        return Movement.GONE if min(baseline, last) >= enough else Movement.STEADY
    up = None
    if this >= config.new_min_people and not any(quiet):
        up = Movement.RETURNED if is_known or any(people[1:]) else Movement.NEW
    elif this - busy >= config.min_change_count and this >= config.min_change_ratio * busy:
        up = Movement.RISING if this > _HARDLY_MORE * last else Movement.ELEVATED
    if up is not None:
        return Movement.REOPENED if is_settled else up
    if (
        this < last
        and baseline - this >= config.min_change_count
        and baseline >= config.min_change_ratio * this
    ):
        return Movement.FALLING
    return Movement.STEADY


def movement_words(move: Movement | None, this: int, last: int, *, is_special: bool = False) -> str:
    """Return what people read: ``上升``, ``波动内（+10）``, ``持平``; ``—`` if there is nothing.

    Args:
        move: The movement.
        this: People this week.
        last: People last week.
        is_special: The week holds a holiday or a shopping festival.
    """
    if move is None:
        return "—"
    if move is Movement.STEADY:
        return f"{label(move)}（{this - last:+d}）" if this != last else "持平"
    if move is Movement.ELEVATED and is_special:
        return "高于节日预期"
    return label(move)
