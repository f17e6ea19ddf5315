"""One number, counted the plain way: the query behind every figure of a digest.

The digest computes its numbers in a few grouped statements; each of them carries the
conditions that :func:`count` takes, so that anyone (a person who clicks it, a test that
walks them all) can count the rows again, one simple query at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import Session, col

from feedback_nlp.errors import InputError
from feedback_nlp.labels import Measure, SourceKind
from feedback_nlp.store.conditions import (
    CHANNEL,
    evidence_of,
    is_counted,
    is_evidence_of,
    is_problem,
    is_rating_conflict,
    is_vent,
)
from feedback_nlp.store.search import is_common, matches
from feedback_nlp.store.tables import (
    Evidence,
    Feedback,
    FeedbackUnit,
    IngestBatch,
    RejectedRow,
    Source,
)
from feedback_nlp.week.drivers import nps_answer
from feedback_nlp.weeks import Scope, parse_period

#: Conditions on units; all others are on whole feedback.
UNIT_KEYS = frozenset(
    {
        "topic_id",
        "topics",
        "unit_sentiment",
        "unit_intent",
        "problem",
        "unassigned",
        "vent",
        "request",
    }
)

#: Conditions that feedback which is not analysed never meets.
ANALYSED_KEYS = UNIT_KEYS | {"sentiment", "intent"}

#: Conditions that look at the source of a feedback.
SOURCE_KEYS = frozenset({"channel", "source", "source_kind"})


def count(session: Session, of: str, where: Mapping[str, Any], zone: ZoneInfo) -> int:
    """Count people, feedback, units, batches or rows of files.

    Args:
        session: A reading session.
        of: A :class:`~feedback_nlp.labels.Measure`; ``answers`` are survey sheets that answer an
            NPS question, those from ``batches`` on count what came in.
        where: Any of ``week``, ``since_week``, ``until_week`` (``2026-W47``, or a month:
            ``2026-11``), ``product``, ``channel``, ``segment``, ``source_kind``,
            ``sentiment``, ``counted`` (neither spam nor part
            of a burst), ``spam``, ``burst``, ``copy``, ``rated``, ``satisfied``,
            ``time_missing``, ``no_content``, ``author_known``, ``rating_conflict`` (stars against words); on
            units ``topic_id``, ``topics`` (any of ``8,13``), ``unit_sentiment``, ``unit_intent``, ``problem``, ``unassigned``,
            ``vent``, ``request`` (evidence of ``REQ-12``); of a list that a person narrows:
            ``source`` (its name), ``intent``, ``app_version``, ``batch``, ``q`` (words of the
            text), ``same_person`` (the id of a feedback of the same person), ``since_day``,
            ``until_day`` (ISO dates, both inclusive); on answers ``min_answer``, ``max_answer``; on batches ``week`` (batches that brought feedback of
            that week), ``source``, ``reason``.
        zone: Where weeks begin.

    Raises:
        InputError: If a condition is not known.
    """
    if of in _BATCH_SUMS:
        return _count_batches(session, of, where, zone)
    if of == Measure.ANSWERS:
        lowest, highest = where.get("min_answer", 0), where.get("max_answer", 10)
        rest = {
            key: value for key, value in where.items() if key not in ("min_answer", "max_answer")
        }
        answers = nps_answers(session, rest, zone)
        return sum(lowest <= answer <= highest for answer in answers.values())
    measure = {
        Measure.PEOPLE: func.count(func.distinct(col(Feedback.person_key))),
        Measure.FEEDBACK: func.count(func.distinct(col(Feedback.id))),
        Measure.UNITS: func.count(col(FeedbackUnit.id)),
    }[Measure(of)]
    if not where:  # of all there is, which no other table narrows
        everything = select(measure)
        if of == Measure.PEOPLE:  # the index of people holds known ones only
            everything = everything.where(col(Feedback.person_key).is_not(None))
        return session.scalar(everything) or 0
    statement = narrowed(
        session,
        select(measure),
        where,
        zone,
        units=of == Measure.UNITS,
        source=_sourced(where),
    )
    return session.scalar(statement) or 0


def tallies(session: Session, where: Mapping[str, Any], zone: ZoneInfo) -> dict[Measure, int]:
    """Return people, feedback and units of the same conditions, in as few passes as it takes."""
    people, feedback = (
        func.count(func.distinct(col(Feedback.person_key))),
        func.count(func.distinct(col(Feedback.id))),
    )
    measures = [Measure.PEOPLE, Measure.FEEDBACK, Measure.UNITS]
    if not where:
        return {measure: count(session, measure, where, zone) for measure in measures}
    source = _sourced(where)
    if UNIT_KEYS.isdisjoint(where):  # each feedback is one row, whatever units it has
        whole = narrowed(session, select(people, func.count()), where, zone, source=source)
        units = count(session, Measure.UNITS, where, zone)
        return dict(zip(measures, (*session.execute(whole).one(), units), strict=True))
    of_units = select(people, feedback, func.count(col(FeedbackUnit.id)))
    found = session.execute(narrowed(session, of_units, where, zone, source=source)).one()
    return dict(zip(measures, found, strict=True))


def within(scope: Scope, **where: Any) -> dict[str, Any]:
    """Return conditions for one week, and for one product if asked for."""
    only = {} if scope.product is None else {"product": scope.product}
    return {"week": str(scope.week), **only, **where}


def nps_answers(
    session: Session, where: Mapping[str, Any], zone: ZoneInfo
) -> dict[tuple[int, str], float]:
    """Return the 0–10 answers of surveys that ask, by source and answer sheet.

    A sheet with several open questions is several feedback; its answer counts once.
    """
    fields = select(
        col(Feedback.source_id),
        col(Feedback.thread_key),
        col(Feedback.source_key),
        col(Feedback.meta),
    )
    where = {**where, "source_kind": SourceKind.SURVEY.value}
    answers = {}
    for source_id, thread_key, source_key, meta in session.execute(
        narrowed(session, fields, where, zone)
    ):
        answer = nps_answer(meta)
        if answer is not None:
            answers[source_id, thread_key or source_key] = answer
    return answers


def narrowed(
    session: Session,
    statement: Any,
    where: Mapping[str, Any],
    zone: ZoneInfo,
    *,
    units: bool = False,
    source: bool = True,
) -> Any:
    """Lay conditions on a statement over feedback, with its source, and its units if wanted."""
    statement = statement.select_from(Feedback)
    if source:
        statement = statement.join(Source, col(Source.id) == col(Feedback.source_id))
    if units or UNIT_KEYS & set(where):
        statement = statement.join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
    by_time = _is_short(session, where)
    for key, value in where.items():
        if key == "request":
            said = evidence_of(str(value)).where(*_evidence_within(where, zone))
            unit = col(FeedbackUnit.id)
            statement = statement.where((func.coalesce(unit, 0) if by_time else unit).in_(said))
        elif by_time and key == "topic_id":  # by an expression that no index serves
            statement = statement.where(func.coalesce(col(FeedbackUnit.topic_id), 0) == value)
        else:
            statement = statement.where(*_conditions(session, key, value, zone))
    return statement


def _evidence_within(where: Mapping[str, Any], zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """Return conditions on when evidence was said, which an index of each request serves."""
    said = col(Evidence.said_at)
    if "week" in where:
        start, end = parse_period(str(where["week"])).bounds(zone)
        return [said >= start, said < end]
    found = []
    if "since_day" in where:
        found.append(said >= _midnight(where["since_day"], zone))
    if "until_day" in where:
        found.append(said < _midnight(where["until_day"], zone, days=1))
    return found


def walked(session: Session, where: Mapping[str, Any], zone: ZoneInfo) -> Any | None:
    """Return the ids of feedback so that a page is found by a walk, newest first.

    A topic may have a hundred thousand units; its newest thirty feedback are met soon by who
    goes back in time and asks each feedback whether it is one.

    Returns:
        ``None`` where a walk might be long: too few such feedback, or a stretch of time that
        is read anyway.
    """
    if not _WIDE_WITHOUT.isdisjoint(where):
        return None
    of_units = {key: value for key, value in where.items() if key in UNIT_KEYS}
    if of_units and not is_common(
        session, narrowed(session, select(col(Feedback.id)), where, zone, source=_sourced(where))
    ):
        return None
    rest = {key: value for key, value in where.items() if key not in UNIT_KEYS | {"q"}}
    statement = narrowed(session, select(col(Feedback.id)), rest, zone, source=_sourced(where))
    if "q" in where:
        statement = statement.where(matches(session, str(where["q"]), walked=True))
    if not of_units:
        return statement
    unit = select(col(FeedbackUnit.id)).where(col(FeedbackUnit.feedback_id) == col(Feedback.id))
    for key, value in of_units.items():
        unit = unit.where(
            is_evidence_of(str(value))
            if key == "request"
            else and_(*_conditions(session, key, value, zone))
        )
    return statement.where(unit.correlate(Feedback).exists())


#: Conditions that leave few rows to read.
_WIDE_WITHOUT = frozenset({"week", "since_week", "since_day", "batch", "same_person"})


def _sourced(where: Mapping[str, Any]) -> bool:
    return not SOURCE_KEYS.isdisjoint(where)


_SHORT = timedelta(days=35)


def _is_short(session: Session, where: Mapping[str, Any]) -> bool:
    """Whether conditions name so few days that SQLite has to begin with them.

    Left to itself it begins with the topic or the request, and reads all that was ever said of
    it for the few rows of one week. PostgreSQL knows how many rows either has.
    """
    if session.get_bind().dialect.name != "sqlite":
        return False
    if "week" in where:
        return True
    if "since_day" not in where or "until_day" not in where:
        return False
    days = [date.fromisoformat(str(where[name])) for name in ("since_day", "until_day")]
    return days[1] - days[0] <= _SHORT


def _conditions(
    session: Session, key: str, value: Any, zone: ZoneInfo
) -> list[ColumnElement[bool]]:
    if key in ("week", "since_week", "until_week"):
        start, end = parse_period(str(value)).bounds(zone)
        until, since = col(Feedback.occurred_at) < end, col(Feedback.occurred_at) >= start
        return {"week": [since, until], "since_week": [since], "until_week": [until]}[key]
    if key == "topics":
        ids = [int(one) for one in str(value).split(",") if one.isdecimal()]
        return [col(FeedbackUnit.topic_id).in_(ids)]
    if key in ("since_day", "until_day"):
        moment = _midnight(value, zone, days=key == "until_day")
        at = col(Feedback.occurred_at)
        return [at >= moment if key == "since_day" else at < moment]
    if key == "q":
        return [matches(session, str(value))]
    if key == "same_person":
        person = select(col(Feedback.person_key)).where(col(Feedback.id) == int(value))
        return [col(Feedback.person_key).in_(person)]
    equal, yes_or_no = _equal(), _yes_or_no()
    if key in equal:
        return [equal[key] == value]
    if key not in yes_or_no:
        raise InputError(
            f"不认识的条件 {key!r}", hint="可用：" + "、".join([*equal, *yes_or_no, "request"])
        )
    return [yes_or_no[key] if value else ~yes_or_no[key]]


@cache
def _equal() -> dict[str, Any]:
    """Return the columns of conditions that name a value.

    Made once: making all of them for each condition took a third of a digest's time.
    """
    return {
        "product": col(Feedback.product),
        "channel": CHANNEL,
        "segment": col(Feedback.segment),
        "source": col(Source.name),
        "intent": col(Feedback.intent),
        "app_version": col(Feedback.app_version),
        "batch": col(Feedback.batch_id),
        "source_kind": col(Source.kind),
        "sentiment": col(Feedback.sentiment),
        "topic_id": col(FeedbackUnit.topic_id),
        "unit_sentiment": col(FeedbackUnit.sentiment),
        "unit_intent": col(FeedbackUnit.intent),
    }


@cache
def _yes_or_no() -> dict[str, ColumnElement[bool]]:
    """Return the conditions that hold or do not."""
    return {
        "counted": is_counted(),
        "spam": col(Feedback.is_spam).is_(True),
        "burst": col(Feedback.is_burst).is_(True),
        "copy": col(Feedback.duplicate_of).is_not(None)
        & (col(Feedback.duplicate_of) != col(Feedback.id)),
        "rated": col(Feedback.rating).is_not(None),
        "satisfied": col(Feedback.rating) >= 4,
        "time_missing": col(Feedback.meta)["time_missing"].as_boolean().is_(True),
        "no_content": col(Feedback.analyzed_run_id).is_not(None)
        & col(Feedback.sentiment).is_(None),
        "problem": is_problem(),
        # by an expression: an index would hand over the units without a topic of all weeks
        "unassigned": func.coalesce(col(FeedbackUnit.topic_id), 0) == 0,
        "vent": is_vent(),
        "author_known": col(Feedback.author_key).is_not(None),
        "rating_conflict": is_rating_conflict(),
    }


def _midnight(day: Any, zone: ZoneInfo, *, days: int = 0) -> datetime:
    return datetime.combine(date.fromisoformat(str(day)) + timedelta(days=days), time(), zone)


_BATCH_SUMS: dict[str, Any] = {
    Measure.BATCHES: func.count(col(IngestBatch.id)),
    Measure.READ: func.sum(col(IngestBatch.read_count)),
    Measure.ACCEPTED: func.sum(col(IngestBatch.accepted_count)),
    Measure.DUPLICATE: func.sum(col(IngestBatch.duplicate_count)),
    Measure.REJECTED: func.sum(col(IngestBatch.rejected_count)),
}


def _count_batches(session: Session, of: str, where: Mapping[str, Any], zone: ZoneInfo) -> int:
    statement = select(_BATCH_SUMS[of]).join(Source, col(Source.id) == col(IngestBatch.source_id))
    if "reason" in where:
        statement = (
            select(func.count(col(RejectedRow.id)))
            .join(IngestBatch, col(IngestBatch.id) == col(RejectedRow.batch_id))
            .join(Source, col(Source.id) == col(IngestBatch.source_id))
            .where(col(RejectedRow.reason) == where["reason"])
        )
    if "week" in where:
        start, end = parse_period(str(where["week"])).bounds(zone)
        held = select(col(Feedback.batch_id)).where(
            col(Feedback.occurred_at) >= start, col(Feedback.occurred_at) < end
        )
        statement = statement.where(col(IngestBatch.id).in_(held))
    if "source" in where:
        statement = statement.where(col(Source.name) == where["source"])
    return session.scalar(statement) or 0
