"""Standings of past weeks, computed before somebody opens their pages.

What all of the past says of a topic costs what was ever said of it; a page must not.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import TopicKind
from feedback_nlp.requests.reading import list_requests
from feedback_nlp.store.rollup import SubjectKind
from feedback_nlp.store.rollup_tables import WeekStanding
from feedback_nlp.store.tables import Feedback, Topic
from feedback_nlp.week.backlog import OPEN, people_until
from feedback_nlp.week.standing import living_topics, requests_by_topic, topic_standings, volume_of
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Month, Period, Scope, Week

WEEKS, MONTHS = 53, 13
"""A year back; who looks at an older week waits for it once."""


def unkept(session: Session, *, zone: ZoneInfo, now: datetime) -> list[Scope]:
    """Return the weeks and months, over and with data, of which some topic is not kept.

    The newest first, weeks before months.
    """
    first = session.scalar(select(func.min(col(Feedback.occurred_at))))
    if first is None:
        return []
    living = living_topics(TopicKind.ISSUE).with_only_columns(col(Topic.id))
    wanted = session.scalar(select(func.count()).select_from(living.subquery())) or 0
    kept = dict(
        session.execute(
            select(col(WeekStanding.week), func.count())
            .where(
                col(WeekStanding.kind) == SubjectKind.TOPIC.value,
                col(WeekStanding.product) == "",
                col(WeekStanding.subject_id).in_(living),
            )
            .group_by(col(WeekStanding.week))
        ).all()
    )
    past: list[Period] = [Week.of(now, zone).shift(-back) for back in range(1, WEEKS + 1)]
    past += [Month.of(now, zone).shift(-back) for back in range(1, MONTHS + 1)]
    scopes = [Scope(period, zone) for period in past]
    return [
        scope for scope in scopes if scope.end > first and kept.get(str(scope.week), 0) < wanted
    ]


def stand(session: Session, scope: Scope, config: RankConfig) -> None:
    """Compute what is not kept of a week, and hand it over to be kept."""
    config = config.monthly() if isinstance(scope.week, Month) else config
    topic_standings(
        TopicUnits(session, scope),
        {topic.id for topic in session.scalars(living_topics(TopicKind.ISSUE)) if topic.id},
        requests_by_topic(session),
        config,
        volume_of(session, scope, config),
    )
    people_until(session, scope, list_requests(session, statuses=OPEN))
