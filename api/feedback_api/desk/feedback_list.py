"""反馈: where every number lands. One list, restated in words, and one feedback in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

from fastapi import Path as PathParameter
from fastapi import Request, Response
from sqlalchemy import select
from sqlmodel import Session, col

from feedback_api.desk import links, rendering
from feedback_api.desk.edge import router
from feedback_api.desk.links import Asked
from feedback_api.desk.shell import Shell, shell_of
from feedback_api.digest_cache import unchanged
from feedback_api.paging import bounded, decode_cursor, encode_cursor
from feedback_api.services import Services, ServicesDep
from feedback_api.validation import MAX_ID
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import Intent, Measure, RequestStatus, Sentiment, label
from feedback_nlp.store.judgements import standing
from feedback_nlp.store.queries import FeedbackPosition, FeedbackRow, UnitWithTopic, units_of
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    Source,
    Topic,
)
from feedback_nlp.tabular.writers import write_rows
from feedback_nlp.week.counting import ANALYSED_KEYS, UNIT_KEYS, count, tallies
from feedback_nlp.week.listing import all_rows_behind, matching_units, rows_behind

pages = router()

_PAGE = 30
_OTHERS = 5
_LIST = "desk-feedback"
FeedbackId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]


class Stretch(NamedTuple):
    """A stretch of a text: plain, or a unit."""

    text: str
    unit: UnitWithTopic | None
    is_meant: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One feedback as it is shown."""

    feedback: Feedback
    source: Source
    stretches: Sequence[Stretch]

    @property
    def channel(self) -> str:
        """Where it was said."""
        return self.feedback.channel or self.source.name


def stretches(text: str, units: Sequence[UnitWithTopic], meant: set[int]) -> list[Stretch]:
    """Cut a text into its units and what lies between them."""
    cut, at = [], 0
    for row in units:
        unit = row.unit
        if unit.start > at:
            cut.append(Stretch(text[at : unit.start], None, False))
        cut.append(Stretch(text[unit.start : unit.end], row, unit.id in meant))
        at = max(at, unit.end)
    if at < len(text):
        cut.append(Stretch(text[at:], None, False))
    return cut


def shown(
    session: Session, asked: Asked, rows: Sequence[FeedbackRow], services: Services
) -> list[Shown]:
    """Return feedback with its units, those that the list is about marked."""
    ids = [row.feedback.id or 0 for row in rows]
    units = units_of(session, ids)
    where = asked.without("min_answer", "max_answer").where
    # a list that is about no units in particular marks none: all of them would be
    is_of_units = not UNIT_KEYS.isdisjoint(where)
    meant = matching_units(session, where, services.settings.zone, ids) if is_of_units else set()
    return [
        Shown(row.feedback, row.source, stretches(row.feedback.text, units[id_], meant))
        for row, id_ in zip(rows, ids, strict=True)
    ]


@pages.get("/feedback")
def show_list(request: Request, services: ServicesDep) -> Response:
    """The rows of a number, newest first."""
    asked = links.read_asked(request.query_params.multi_items(), ignored=("cursor",))
    zone = services.settings.zone
    after = decode_cursor(_LIST, request.query_params.get("cursor"), _position)
    shell = shell_of(request, services, "/feedback")
    counts = _counts(asked, services)
    with services.database.read() as session:
        rows = rows_behind(session, asked.of, asked.where, zone, limit=_PAGE + 1, after=after)
        listed = shown(session, asked, rows[:_PAGE], services)
        chips = links.chips(session, asked)
        topics = _topic_choices(session)
    more = None
    if len(rows) > _PAGE:
        last = rows[_PAGE - 1].feedback
        cursor = encode_cursor(_LIST, (last.occurred_at.isoformat(), last.id or 0))
        more = f"{asked.href}&cursor={cursor}"
    return rendering.page(
        request,
        "feedback.html",
        shell,
        asked=asked,
        rows=listed,
        counts=counts,
        chips=chips,
        more=more,
        export=asked.href.replace("/feedback?", "/feedback.csv?", 1),
        is_first=after is None,
        topics=topics,
        sentiments=[(value.value, label(value)) for value in Sentiment],
        fields=[
            (name, value)
            for name, value in links.pairs(asked.where)
            if name not in ("q", "week", "product", "source", "sentiment", "intent", "topic_id")
        ],
    )


@pages.get("/feedback.csv")
def export(request: Request, services: ServicesDep) -> Response:
    """All rows of a number as CSV for Excel; formulas are disarmed."""
    asked = links.read_asked(request.query_params.multi_items())
    zone = services.settings.zone
    with services.database.read() as session, TemporaryDirectory() as folder:
        path = Path(folder) / "feedback.csv"
        write_rows(
            path,
            list(_EXPORTED.values()),
            _lines(session, asked, services),
            zone=zone,
            guard_formulas=True,
        )
        body = path.read_bytes()
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="feedback.csv"'},
    )


@pages.get("/feedback/{feedback_id}")
def show_one(request: Request, services: ServicesDep, feedback_id: FeedbackId) -> Response:
    """One feedback: all of its words, and what can be done about each unit."""
    shell = shell_of(request, services, "/feedback")
    with services.database.read() as session:
        values = one(session, services, shell, feedback_id)
    return rendering.page(request, "feedback_one.html", shell, **values)


def one(session: Session, services: Services, shell: Shell, feedback_id: int) -> dict[str, Any]:
    """Return what the page of one feedback shows.

    Raises:
        NotFound: If there is none.
    """
    found = session.execute(
        select(Feedback, Source)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Feedback.id) == feedback_id)
    ).first()
    if found is None:
        raise NotFound(f"没有编号为 {feedback_id} 的反馈", hint="它可能已被删除")
    row = FeedbackRow(*found)
    units = units_of(session, [feedback_id])[feedback_id]
    same = Asked(Measure.FEEDBACK, {"same_person": feedback_id})
    zone = services.settings.zone
    others = [
        other
        for other in rows_behind(session, same.of, same.where, zone, limit=_OTHERS + 1)
        if other.feedback.id != feedback_id
    ]
    return {
        "item": Shown(row.feedback, row.source, stretches(row.feedback.text, units, set())),
        "units": units,
        "judged": {
            unit.unit.id: row.actor
            for unit in units
            for row in standing(session, [feedback_id])
            if (row.start, row.end) == (unit.unit.start, unit.unit.end)
        },
        "requests": _requests_of(session, [unit.unit.id or 0 for unit in units]),
        "same": same,
        "same_count": count(session, same.of, same.where, zone),
        "others": others[:_OTHERS],
        "topics": _topic_choices(session),
        "request_choices": request_choices(session),
        "sentiments": [(s.value, label(s)) for s in Sentiment if s is not Sentiment.MIXED],
        "intents": [(value.value, label(value)) for value in Intent],
    }


def _counts(asked: Asked, services: Services) -> dict[str, int]:
    zone = services.settings.zone
    where = asked.without("min_answer", "max_answer").where

    def counted(session: Session) -> dict[str, int]:
        if asked.of == Measure.ANSWERS:
            return {asked.of.value: count(session, asked.of, asked.where, zone)}
        return {measure.value: number for measure, number in tallies(session, where, zone).items()}

    basis = None if ANALYSED_KEYS.isdisjoint(where) else unchanged
    return services.kept(("desk-counts", asked.href), counted, basis)


def _position(key: list[Any]) -> FeedbackPosition:
    occurred_at, id_ = key
    moment = datetime.fromisoformat(occurred_at)
    if moment.tzinfo is None:
        raise ValueError(occurred_at)
    return FeedbackPosition(moment, bounded(id_))


def _topic_choices(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(col(Topic.id), col(Topic.name))
        .where(col(Topic.state) == "active", col(Topic.is_theme).is_(False))
        .order_by(col(Topic.name))
    )
    return [(id_ or 0, name) for id_, name in rows]


def request_choices(session: Session) -> list[tuple[str, str]]:
    """Return keys and titles of requests, the first to do first; duplicates stand for nothing."""
    rows = session.execute(
        select(col(FeatureRequest.key), col(FeatureRequest.title))
        .where(col(FeatureRequest.status) != RequestStatus.DUPLICATE.value)
        .order_by(col(FeatureRequest.priority).desc(), col(FeatureRequest.id))
    )
    return [(key, title) for key, title in rows]


def _requests_of(session: Session, unit_ids: Sequence[int]) -> dict[int, list[FeatureRequest]]:
    found: dict[int, list[FeatureRequest]] = {unit_id: [] for unit_id in unit_ids}
    rows = session.execute(
        select(col(Evidence.unit_id), FeatureRequest)
        .join(FeatureRequest, col(FeatureRequest.id) == col(Evidence.request_id))
        .where(col(Evidence.unit_id).in_(unit_ids))
        .order_by(col(FeatureRequest.id))
    )
    for unit_id, request in rows:
        found[unit_id].append(request)
    return found


_EXPORTED = {
    "id": "编号",
    "occurred_at": "时间",
    "source": "来源",
    "channel": "渠道",
    "product": "产品",
    "app_version": "版本",
    "rating": "星级",
    "sentiment": "情感",
    "intent": "意图",
    "text": "内容",
}


def _lines(session: Session, asked: Asked, services: Services) -> Iterator[dict[str, Any]]:
    for row in all_rows_behind(session, asked.of, asked.where, services.settings.zone):
        said = row.feedback
        yield {
            _EXPORTED[name]: value
            for name, value in {
                "id": said.id,
                "occurred_at": said.occurred_at.astimezone(services.settings.zone).strftime(
                    "%Y-%m-%d %H:%M"
                ),
                "source": row.source.name,
                "channel": said.channel,
                "product": said.product,
                "app_version": said.app_version,
                "rating": said.rating,
                "sentiment": label(Sentiment(said.sentiment)) if said.sentiment else "",
                "intent": label(Intent(said.intent)) if said.intent else "",
                "text": said.text,
            }.items()
        }
