"""待办优先级: all requests that wait, by stored priority, with who spoke of them this week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig, ReportConfig
from feedback_nlp.labels import Measure, Movement, RequestStatus
from feedback_nlp.loop import SETTLED
from feedback_nlp.rank import Priority, explain
from feedback_nlp.requests.reading import RequestRow, list_requests
from feedback_nlp.store import standings
from feedback_nlp.store.conditions import is_counted, of_product
from feedback_nlp.store.rollup import SubjectKind
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit
from feedback_nlp.store.voices import weeks_ago
from feedback_nlp.week.counting import within
from feedback_nlp.week.item_records import Count, OpenRequest
from feedback_nlp.week.movement import movement
from feedback_nlp.week.standing import Volume
from feedback_nlp.weeks import Month, Scope

#: What the kept people of a request depend on besides what was said: nothing but this way.
_BASIS = "1"
_PEOPLE = func.count(func.distinct(col(Feedback.person_key)))

#: Statuses in which a request waits for somebody.
OPEN = tuple(
    status
    for status in RequestStatus
    if status not in (*SETTLED, RequestStatus.DECLINED, RequestStatus.DUPLICATE)
)


def backlog(
    session: Session,
    scope: Scope,
    volume: Volume,
    rank_config: RankConfig,
    report_config: ReportConfig,
    *,
    topic_moves: Mapping[int, Movement | None],
    people_word: str = "人",
) -> tuple[OpenRequest, ...]:
    """Return all open requests as they stand now, the first to do first.

    Args:
        session: A reading session.
        scope: The week whose people are shown beside them.
        volume: What the week is compared with.
        rank_config: Weights, for the explanations.
        report_config: Thresholds of movements.
        topic_moves: How the topics of the week moved; a request moves as its topic does.
        people_word: What people are counted in, ``人`` or ``条``.
    """
    rows = list_requests(session, statuses=OPEN, product=scope.product)
    length = max(report_config.series_weeks, report_config.baseline_weeks + 1)
    people, totals = (
        people_by_week(session, scope, length, rows),
        people_until(session, scope, rows),
    )
    ranking = [
        _priority(place, row, people, totals.get(row.request.id or 0, 0), volume, rank_config)
        for place, row in enumerate(rows, start=1)
    ]
    span = "月" if isinstance(scope.week, Month) else "周"

    def one(row: RequestRow, priority: Priority | None) -> OpenRequest:
        request = row.request
        id_ = request.id or 0
        series = [people[id_, back] for back in range(length)]
        counts = [_count(series[back], row, scope.shift(-back)) for back in range(length)]
        return OpenRequest(
            key=request.key,
            title=request.title,
            status=request.status,
            owner=request.owner,
            topic_id=request.topic_id,
            priority=request.priority,
            low=request.priority_low,
            high=request.priority_high,
            movement=topic_moves[request.topic_id]
            if request.topic_id is not None and request.topic_id in topic_moves
            else movement(
                series,
                report_config,
                history_weeks=volume.history_weeks,
                exposure=volume.exposure,
                is_known=totals.get(id_, 0) > sum(series),
            ),
            people=counts[0],
            people_last=counts[1],
            people_total=_count(totals.get(id_, 0), row, scope, until=True),
            series=tuple(reversed(counts[: report_config.series_weeks])),
            why="还没有得分。"
            if priority is None
            else explain(priority, _scored(ranking), span=span, people=people_word),
        )

    return tuple(one(row, priority) for row, priority in zip(rows, ranking, strict=True))


def _scored(ranking: Sequence[Priority | None]) -> list[Priority]:
    return [priority for priority in ranking if priority is not None]


def _priority(
    place: int,
    row: RequestRow,
    people: Mapping[tuple[int, int], int],
    total_people: int,
    volume: Volume,
    config: RankConfig,
) -> Priority | None:
    """Return the stored priority with what its explanation names."""
    request = row.request
    if request.priority is None:
        return None
    weights = config.weights_for(request.product)
    total = sum(weights.get(name, 0.0) for name in request.priority_parts) or 1.0
    usual_weeks = min(volume.history_weeks, config.trend_history_weeks)
    before = [people[request.id or 0, back] for back in range(1, usual_weeks + 1)]
    return Priority(
        subject_id=request.id or 0,
        position=place,
        score=request.priority,
        low=row.low,
        high=row.high,
        parts=row.parts,
        weights={name: weights.get(name, 0.0) / total for name in row.parts},
        missing=tuple(name for name, weight in weights.items() if weight and name not in row.parts),
        people_count=total_people,
        week_people_count=people[request.id or 0, 0],
        usual_people=round(sum(before) / len(before), 2) if before else 0.0,
        version=config.edition,
    )


def people_by_week(
    session: Session,
    scope: Scope,
    length: int,
    rows: Sequence[RequestRow],
    source_id: int | None = None,
) -> Mapping[tuple[int, int], int]:
    """Return people by (request, weeks ago), of one source if asked for; absent pairs are 0."""
    starts = scope.starts(length)
    back = weeks_ago(starts).label("back")
    statement = _evidence(select(col(Evidence.request_id), back, _PEOPLE), scope)
    statement = statement.where(  # along the index of each request's newest evidence
        col(Evidence.request_id).in_([row.request.id for row in rows]),
        col(Evidence.said_at) >= starts[-1],
        col(Evidence.said_at) < scope.end,
    )
    if source_id is not None:
        statement = statement.where(col(Feedback.source_id) == source_id)
    people: dict[tuple[int, int], int] = defaultdict(int)
    for request_id, week, number in session.execute(
        statement.group_by(col(Evidence.request_id), back)
    ):
        people[request_id, week] = number
    return people


def people_until(session: Session, scope: Scope, rows: Sequence[RequestRow]) -> Mapping[int, int]:
    """Return people by request, up to the end of the week: kept where the past is as it was."""
    basis = {row.request.id or 0: _BASIS for row in rows}
    known = standings.kept(session, SubjectKind.REQUEST, scope, basis)
    missing = [id_ for id_ in basis if id_ not in known]
    found: dict[int, dict[str, int]] = {id_: {"people": 0} for id_ in missing}
    if missing:
        statement = _evidence(select(col(Evidence.request_id), _PEOPLE), scope)
        statement = statement.where(col(Evidence.request_id).in_(missing))
        for id_, people in session.execute(statement.group_by(col(Evidence.request_id))):
            found[id_] = {"people": people}
    standings.remember(session, SubjectKind.REQUEST, scope, basis, found)
    return {id_: figures["people"] for id_, figures in {**known, **found}.items()}


def _evidence(statement: Any, scope: Scope) -> Any:
    """Narrow a statement to what was said of requests up to the end of the week."""
    return (
        statement.select_from(Evidence)
        .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            col(Feedback.occurred_at) < scope.end,
            is_counted(),
            *of_product(scope.product),
        )
    )


def _count(value: int, row: RequestRow, scope: Scope, *, until: bool = False) -> Count:
    where = within(scope, counted=True, request=row.request.key)
    if until:
        where["until_week"] = where.pop("week")
    return Count(value, Measure.PEOPLE, where)
