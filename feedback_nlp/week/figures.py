"""The figures of one week, computed by the database in a handful of grouped queries.

Each number is a :class:`~feedback_nlp.week.item_records.Count` that names the conditions
under which :func:`feedback_nlp.week.counting.count` gives the same number again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig, ReportConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import Measure, RunStatus
from feedback_nlp.special_days import holidays_known, special_days
from feedback_nlp.store.tables import Run
from feedback_nlp.store.volume import LaterWeek as Passed
from feedback_nlp.store.volume import latest_week, usual_week
from feedback_nlp.week.backlog import backlog
from feedback_nlp.week.channels import channels
from feedback_nlp.week.counting import count, within
from feedback_nlp.week.doubtful import doubtful
from feedback_nlp.week.item_records import Count
from feedback_nlp.week.loop import loop_steps, old_promises
from feedback_nlp.week.loop_figures import loop_figures
from feedback_nlp.week.ratings import nps, rating_drivers
from feedback_nlp.week.records import LaterWeek, Thresholds, WeeklyDigest
from feedback_nlp.week.similar import similar
from feedback_nlp.week.standing import volume_of
from feedback_nlp.week.topics import WeekTopics
from feedback_nlp.week.totals import batches, ratings, segments, totals
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Month, Period, Scope, parse_period


@dataclass(frozen=True, slots=True)
class Choice:
    """The week that is told, and what was passed over for it.

    Attributes:
        is_over: Whether the week (or month) had ended.
        later: Weeks with data after it, if it was chosen by default.
    """

    week: Period
    is_over: bool = True
    later: tuple[LaterWeek, ...] = ()


def choose_week(
    session: Session,
    zone: ZoneInfo,
    *,
    now: datetime,
    min_share: float,
    wanted: str | None = None,
    product: str | None = None,
) -> Choice:
    """Return the wanted week or month, by default the last week that is over and not thin.

    Args:
        session: A reading session.
        zone: Where weeks begin.
        now: The clock.
        min_share: See :attr:`feedback_nlp.config.RankConfig.usual_week_min_share`.
        wanted: A week or a month.
        product: Only this product's feedback.

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
    period: Period = latest
    passed: tuple[Passed, ...] = ()
    if wanted is not None:
        period = parse_period(wanted)
    elif chosen := usual_week(session, zone, now=now, min_share=min_share, product=product):
        period, passed = chosen.week, chosen.later
    later = tuple(_later(found, zone, product) for found in passed)
    return Choice(period, period.bounds(zone)[1] <= now, later)


def counted_as_it_comes(scope: Scope, config: ReportConfig) -> tuple[datetime, datetime]:
    """Return the stretch of which a digest counts feedback whether the models read it or not.

    Of what was said earlier it tells only what the analysis found. The week before and the
    window of the drivers are the earliest that it looks back to.
    """
    config = config.monthly() if isinstance(scope.week, Month) else config
    return scope.shift(1 - max(2, config.series_weeks)).start, scope.end


def _later(found: Passed, zone: ZoneInfo, product: str | None) -> LaterWeek:
    scope = Scope(found.week, zone, product)
    first_day, last_day = _days(scope)
    people = Count(found.people, Measure.PEOPLE, within(scope, counted=True))
    return LaterWeek(str(found.week), first_day, last_day, people, found.is_over)


def _days(scope: Scope) -> tuple[date, date]:
    first_day, after = (at.astimezone(scope.zone).date() for at in (scope.start, scope.end))
    return first_day, after - timedelta(days=1)


def weekly(
    session: Session,
    scope: Scope,
    *,
    rank_config: RankConfig,
    report_config: ReportConfig,
    choice: Choice | None = None,
) -> WeeklyDigest:
    """Compute the digest of one week from the rows.

    Args:
        session: A reading session.
        scope: Which week, where, of which product; for a month, weeks in the configuration
            are scaled to months.
        rank_config: Weights and scales of the ranking.
        report_config: Thresholds of movements, lengths of lists.
        choice: Whether the week is over, and what was passed over for it; a past week and
            nothing by default.
    """
    choice = choice or Choice(scope.week)
    if isinstance(scope.week, Month):
        rank_config, report_config = rank_config.monthly(), report_config.monthly()
    volume = volume_of(session, scope, rank_config)
    week_totals = totals(session, scope)
    of_topics = WeekTopics(
        TopicUnits(session, scope), volume, rank_config, report_config, week_totals.people_word
    )
    topics, silent = of_topics.topics()
    doubts, doubtful_count = doubtful(session, scope, report_config.doubtful_count)
    first_day, last_day = _days(scope)
    missing = within(scope, time_missing=True)
    window_weeks, min_count = report_config.series_weeks, report_config.driver_min_count
    return WeeklyDigest(
        week=str(scope.week),
        first_day=first_day,
        last_day=last_day,
        is_over=choice.is_over,
        later=choice.later,
        zone=str(scope.zone),
        product=scope.product,
        weeks=tuple(str(scope.week.shift(-back)) for back in reversed(range(of_topics.length))),
        history_weeks=volume.history_weeks,
        exposure=round(volume.exposure, 3),
        special_days=tuple(special_days(first_day, last_day)),
        holidays_known=holidays_known(last_day),
        totals=week_totals,
        topics=topics,
        silent=silent,
        backlog=backlog(
            session,
            scope,
            volume,
            rank_config,
            report_config,
            topic_moves={topic.topic_id: topic.movement for topic in (*topics, *silent)},
            people_word=week_totals.people_word,
        ),
        similar=similar(session, {topic.topic_id for topic in (*topics, *silent)}),
        praise=of_topics.praise(),
        doubtful=doubts,
        doubtful_count=doubtful_count,
        channels=channels(session, scope),
        segments=segments(session, scope),
        ratings=ratings(session, scope),
        drivers=rating_drivers(session, scope, window_weeks=window_weeks, min_count=min_count),
        nps=nps(session, scope, window_weeks=window_weeks, min_count=min_count),
        loop=loop_steps(session, scope),
        old_promises=old_promises(session, scope, promise_weeks=report_config.promise_weeks),
        loop_figures=loop_figures(session, scope),
        batches=batches(session, scope),
        without_time=Count(
            count(session, Measure.FEEDBACK, missing, scope.zone), Measure.FEEDBACK, missing
        ),
        weights_version=rank_config.edition,
        thresholds=Thresholds(
            new_after_quiet=report_config.new_after_quiet_weeks,
            new_min_people=report_config.new_min_people,
            baseline=report_config.baseline_weeks,
            min_change_count=report_config.min_change_count,
            min_change_ratio=report_config.min_change_ratio,
        ),
        top_count=report_config.top_count,
    )
