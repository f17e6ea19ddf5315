"""A week narrowed to one source: what can be counted apart is, what cannot is left out.

Movements, the ranking and priorities compare all that was said with all that was said before;
of one source alone they would be other figures under the same name, so they stay those of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.labels import Measure
from feedback_nlp.requests.reading import list_requests
from feedback_nlp.store.ingestion import source_id_of
from feedback_nlp.store.tables import Topic
from feedback_nlp.week.backlog import OPEN, people_by_week
from feedback_nlp.week.counting import within
from feedback_nlp.week.item_records import Count, OpenRequest, TopicFigures
from feedback_nlp.week.quotes import week_quotes
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.week.totals import totals
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Scope, parse_period

_QUOTES = 2


def of_source(session: Session, digest: WeeklyDigest, source: str) -> WeeklyDigest:
    """Return a digest whose people, feedback and quotes are those of one source.

    Topics that nobody spoke of there this week or the last, and requests for which nobody
    ever spoke there, are left out; so are the lists that no source can be taken out of.
    ``people_total``, ``channels``, ``segments`` and ``sentiments`` of topics are still of all.

    Raises:
        NotFound: If there is no such source.
    """
    source_id = source_id_of(session, source)
    scope = Scope(parse_period(digest.week), ZoneInfo(digest.zone), digest.product)
    topics = _topics(session, digest, scope, source)
    spoken = [topic for topic in topics if topic.people.value]
    return replace(
        digest,
        totals=totals(session, scope, source=source),
        topics=tuple(spoken),
        silent=tuple(topic for topic in topics if not topic.people.value),
        backlog=_backlog(session, digest, scope, source, source_id),
        later=(),
        similar=(),
        praise=(),
        doubtful=(),
        doubtful_count=replace(digest.doubtful_count, value=0),
        channels=(),
        segments=(),
        ratings=(),
        drivers=(),
        nps=None,
        loop=(),
        old_promises=(),
        batches=tuple(note for note in digest.batches if note.source == source),
    )


def _topics(
    session: Session, digest: WeeklyDigest, scope: Scope, source: str
) -> list[TopicFigures]:
    units = TopicUnits(session, scope, source)
    length = max(2, len(digest.weeks))
    people, feedback = units.by_week(scope.starts(length))
    known = {topic.topic_id: topic for topic in (*digest.topics, *digest.silent)}
    rows = session.scalars(select(Topic).where(col(Topic.id).in_(list(known))))
    quotes = week_quotes(units, rows, _QUOTES)

    def number(of: Measure, found: Mapping[tuple[int, int], int], id_: int, back: int) -> Count:
        where = within(scope.shift(-back), topic_id=id_, counted=True, source=source)
        return Count(found[id_, back], of, where)

    def one(id_: int, topic: TopicFigures) -> TopicFigures:
        by_week = [number(Measure.PEOPLE, people, id_, back) for back in range(length)]
        return replace(
            topic,
            people=by_week[0],
            people_last=by_week[1],
            feedback=number(Measure.FEEDBACK, feedback, id_, 0),
            feedback_last=number(Measure.FEEDBACK, feedback, id_, 1),
            series=tuple(reversed(by_week[: len(digest.weeks)])),
            quotes=quotes.get(id_, ()),
        )

    return [one(id_, topic) for id_, topic in known.items() if people[id_, 0] or people[id_, 1]]


def _backlog(
    session: Session, digest: WeeklyDigest, scope: Scope, source: str, source_id: int | None
) -> tuple[OpenRequest, ...]:
    rows = list_requests(session, statuses=OPEN, product=scope.product, source_id=source_id)
    ids = {row.request.key: row.request.id or 0 for row in rows}
    length = max(2, len(digest.weeks))
    people = people_by_week(session, scope, length, rows, source_id)

    def one(request: OpenRequest) -> OpenRequest:
        where: dict[str, Any] = {"counted": True, "request": request.key, "source": source}
        by_week = [
            Count(
                people[ids[request.key], back],
                Measure.PEOPLE,
                within(scope.shift(-back), **where),
            )
            for back in range(length)
        ]
        return replace(
            request,
            people=by_week[0],
            people_last=by_week[1],
            series=tuple(reversed(by_week[: len(digest.weeks)])),
        )

    return tuple(one(request) for request in digest.backlog if request.key in ids)
