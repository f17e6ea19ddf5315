"""The figures of one week, computed by the database in a handful of grouped queries.

Each number is a :class:`~feedback_nlp.week.records.Count` that names the conditions
under which :func:`feedback_nlp.week.counting.count` gives the same number again.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig, ReportConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import Measure, RunStatus
from feedback_nlp.special_days import holidays_known, special_days
from feedback_nlp.store.tables import Run
from feedback_nlp.store.voices import exposure, history_weeks, latest_week
from feedback_nlp.week.channels import channels
from feedback_nlp.week.counting import count, within
from feedback_nlp.week.loop import loop_steps, old_promises
from feedback_nlp.week.ratings import nps, rating_drivers
from feedback_nlp.week.records import Count, WeeklyDigest
from feedback_nlp.week.standing import Volume
from feedback_nlp.week.topics import WeekTopics
from feedback_nlp.week.totals import batches, ratings, segments, totals
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Month, Period, Scope, parse_period


def choose_week(
    session: Session, zone: ZoneInfo, wanted: str | None = None, product: str | None = None
) -> Period:
    """Return the wanted week or month, by default the last week with feedback.

    Raises:
        InputError: If ``wanted`` is neither a week nor a month.
        NotFound: If there is no feedback, or nothing was analysed yet.
    """
    latest = latest_week(session, zone, product)
    if latest is None:
        of_product = f"产品“{product}”" if product else "数据库里"
        raise NotFound(f"{of_product}还没有反馈", reason="no-feedback")
    if session.scalar(select(func.count()).where(col(Run.status) == RunStatus.COMPLETE.value)) == 0:
        raise NotFound("导入的反馈还没有分析", reason="not-analysed")
    return latest if wanted is None else parse_period(wanted)


def weekly(
    session: Session, scope: Scope, *, rank_config: RankConfig, report_config: ReportConfig
) -> WeeklyDigest:
    """Compute the digest of one week from the rows.

    Args:
        session: A reading session.
        scope: Which week, where, of which product; for a month, weeks in the configuration
            are scaled to months.
        rank_config: Weights and scales of the ranking.
        report_config: Thresholds of movements, lengths of lists.
    """
    if isinstance(scope.week, Month):
        rank_config, report_config = rank_config.monthly(), report_config.monthly()
    volume = Volume(
        history_weeks(session, scope),
        exposure(session, scope, usual_weeks=rank_config.trend_history_weeks),
    )
    of_topics = WeekTopics(TopicUnits(session, scope), volume, rank_config, report_config)
    first_day, after = (at.astimezone(scope.zone).date() for at in (scope.start, scope.end))
    last_day = after - timedelta(days=1)
    missing = within(scope, time_missing=True)
    window_weeks, min_count = report_config.series_weeks, report_config.driver_min_count
    return WeeklyDigest(
        week=str(scope.week),
        first_day=first_day,
        last_day=last_day,
        zone=str(scope.zone),
        product=scope.product,
        weeks=tuple(str(scope.week.shift(-back)) for back in reversed(range(of_topics.length))),
        history_weeks=volume.history_weeks,
        exposure=round(volume.exposure, 3),
        special_days=tuple(special_days(first_day, last_day)),
        holidays_known=holidays_known(last_day),
        totals=totals(session, scope),
        topics=of_topics.topics(),
        praise=of_topics.praise(),
        channels=channels(session, scope),
        segments=segments(session, scope),
        ratings=ratings(session, scope),
        drivers=rating_drivers(session, scope, window_weeks=window_weeks, min_count=min_count),
        nps=nps(session, scope, window_weeks=window_weeks, min_count=min_count),
        loop=loop_steps(session, scope),
        old_promises=old_promises(session, scope, promise_weeks=report_config.promise_weeks),
        batches=batches(session, scope),
        without_time=Count(
            count(session, Measure.FEEDBACK, missing, scope.zone), Measure.FEEDBACK, missing
        ),
        weights_version=rank_config.edition,
        top_count=report_config.top_count,
    )
