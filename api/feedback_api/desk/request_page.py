"""One request: why it stands where it stands, what people said, what was done, what can be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fastapi import Request, Response
from sqlalchemy import select
from sqlmodel import Session, col

from feedback_api.desk import rendering
from feedback_api.desk.edge import router
from feedback_api.desk.feedback_list import request_choices
from feedback_api.desk.request_list import EFFORTS
from feedback_api.desk.shell import shell_of
from feedback_api.desk.verification_chart import checked
from feedback_api.paging import bounded, decode_cursor, encode_cursor
from feedback_api.services import Services, ServicesDep
from feedback_nlp.labels import (
    NoticeStatus,
    Origin,
    ReporterStatus,
    RequestStatus,
    actor_name,
    label,
)
from feedback_nlp.loop import clock_of
from feedback_nlp.loop.table import allowed_from
from feedback_nlp.rank.explain import PART_LABELS, part_labels
from feedback_nlp.report.loop_words import clock_words
from feedback_nlp.requests import reading
from feedback_nlp.requests.card import markdown_card
from feedback_nlp.requests.declining import decline_reasons
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.linking import LINK_WORDS
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.notice_list import WAITING
from feedback_nlp.requests.quoting import EvidencePosition, evidence_page
from feedback_nlp.requests.reading import RequestDetail, RequestRow
from feedback_nlp.requests.verifying import verifications
from feedback_nlp.requests.versions import describe_edit, living_splits
from feedback_nlp.store.tables import Evidence

pages = router()

_PAGE = 20
_RELEASES = 3
_GIVEN = 6
_LIST = "desk-evidence"
#: Reasons that are said most when something is not taken up.
DECLINE_REASONS = (
    "与产品方向不符",
    "投入太大，近期排不进",
    "用户太少",
    "涉及隐私或合规",
    "第三方限制，我们改不了",
    "已有别的办法做到",
)


class Part(NamedTuple):
    """One part of a priority.

    Attributes:
        value: 0–1.
        share: Of the weights, 0–1.
        gain: Points of the score.
    """

    word: str
    value: float
    share: float
    gain: float


class Happening(NamedTuple):
    """A line of the history."""

    at: datetime
    actor: str
    words: str
    reason: str


@pages.get("/requests/{key}")
def show_request(request: Request, services: ServicesDep, key: str) -> Response:
    """One request."""
    list_name = f"{_LIST} {key.upper()[:20]}"
    after = decode_cursor(list_name, request.query_params.get("cursor"), _position)
    shell = shell_of(request, services, "/requests")
    with services.database.read() as session:
        detail = reading.request_detail(session, key[:20])
        found = detail.row.request
        pieces = evidence_page(session, id_of(found), limit=_PAGE + 1, after=after)
        by_hand = _by_hand(session, id_of(found), [piece.unit_id for piece in pieces])
        judged = verifications(session, id_of(found))[:_RELEASES]
        given = decline_reasons(session, found.key)[:_GIVEN]
        others = [choice for choice in request_choices(session) if choice[0] != found.key]
        split_off = [get_request(session, child) for child in living_splits(detail.edits)]
    releases = [checked(services, found.key, row) for row in judged]
    clock = clock_of(
        _status(found.status),
        detail.since,
        limits=services.config.loop.business_days,
        now=services.local_now(),
    )
    more = None
    if len(pieces) > _PAGE:
        last = pieces[_PAGE - 1]
        cursor = encode_cursor(list_name, (last.occurred_at.isoformat(), last.unit_id))
        more = f"/requests/{found.key}?cursor={cursor}"
    return rendering.page(
        request,
        "request.html",
        shell,
        detail=detail,
        row=detail.row,
        found=found,
        pieces=pieces[:_PAGE],
        more=more,
        is_first=after is None,
        parts=parts_of(detail.row, services, shell.people),
        missing=_missing(detail.row, services),
        why=_why(services, found.key),
        steps=[
            (to.value, label(to), rule) for to, rule in allowed_from(_status(found.status)).items()
        ],
        history=_history(detail),
        reporter=label(ReporterStatus(found.reporter_status)),
        notices=[(name, label(NoticeStatus(name)), n) for name, n in detail.notices.items()],
        waiting=sum(detail.notices.get(status.value, 0) for status in WAITING),
        efforts=EFFORTS,
        reasons=list(dict.fromkeys([*[item.reason for item in given], *DECLINE_REASONS])),
        given={item.reason: item for item in given},
        clock=clock_words(clock, label(_status(found.status))),
        links=[(LINK_WORDS[one.kind], one) for one in detail.links],
        link_kinds=[(kind.value, word) for kind, word in LINK_WORDS.items()],
        split_off=split_off,
        others=others,
        by_hand=by_hand,
        releases=releases,
        card=markdown_card(detail.row, zone=services.settings.zone, people=shell.people),
    )


def parts_of(row: RequestRow, services: Services, people: str = "人") -> list[Part]:
    """Return the parts of the stored priority, what gives most first.

    ``people`` is what is counted: ``人`` or, where no author is known, ``条``.
    """
    labels = part_labels(people)
    weights = services.config.rank.weights_for(row.request.product)
    total = sum(weights.get(name, 0.0) for name in row.parts) or 1.0
    parts = [
        Part(
            labels[name],
            value,
            weights.get(name, 0.0) / total,
            100 * value * weights.get(name, 0.0) / total,
        )
        for name, value in row.parts.items()
    ]
    return sorted(parts, key=lambda part: -part.gain)


def _missing(row: RequestRow, services: Services) -> list[str]:
    weights = services.config.rank.weights_for(row.request.product)
    return [
        word for name, word in PART_LABELS.items() if weights.get(name) and name not in row.parts
    ]


def _why(services: Services, key: str) -> str:
    """Return the sentences of the week's list; empty until somebody has read that list.

    A digest takes seconds: one request does not wait for it, its parts stand above anyway.
    """
    told = services.told_week()
    return next((item.why for item in told.backlog if item.key == key), "") if told else ""


def _status(value: str) -> RequestStatus:
    return RequestStatus(value)


def _history(detail: RequestDetail) -> Sequence[Happening]:
    steps = [
        Happening(
            event.happened_at,
            actor_name(event.actor),
            label(_status(event.to_status))
            if event.from_status is None
            else f"{label(_status(event.from_status))} → {label(_status(event.to_status))}",
            event.reason,
        )
        for event in detail.history
    ]
    edits = [
        Happening(edit.happened_at, actor_name(edit.actor), describe_edit(edit), "")
        for edit in detail.edits
    ]
    return sorted([*steps, *edits], key=lambda item: item.at, reverse=True)


def _by_hand(session: Session, request_id: int, unit_ids: Sequence[int]) -> dict[int, str]:
    """Return who added which units: those can be taken out again."""
    rows = session.execute(
        select(col(Evidence.unit_id), col(Evidence.added_by)).where(
            col(Evidence.request_id) == request_id,
            col(Evidence.unit_id).in_(unit_ids),
            col(Evidence.added_by) != Origin.AUTO.value,
        )
    )
    return {row[0]: row[1] for row in rows}


def _position(key: list[Any]) -> EvidencePosition:
    occurred_at, unit_id = key
    moment = datetime.fromisoformat(occurred_at)
    if moment.tzinfo is None:
        raise ValueError(occurred_at)
    return EvidencePosition(moment, bounded(unit_id))
