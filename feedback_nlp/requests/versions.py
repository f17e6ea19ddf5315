"""Two people change one request at once: the second is told who did what, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.clean.characters import clean_characters, one_line
from feedback_nlp.errors import Conflict
from feedback_nlp.labels import ENGINE, RequestStatus, label
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store.tables import FeatureRequest, RequestEdit, StatusEvent

FIELD_NAMES = {
    "title": "标题",
    "owner": "负责人",
    "effort": "工作量",
    "strategic_weight": "战略权重",
    "due": "截止日",
    "target_release": "计划版本",
    "labels": "标签",
    "tracker_url": "任务链接",
}
"""What people write about a request, and how it is called."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The state that the caller saw last; ``None`` is not said.

    Attributes:
        version: :attr:`FeatureRequest.version`: nothing may have changed since.
        status: The status alone; edits of owner and estimates do not matter.
    """

    version: int | None = None
    status: RequestStatus | None = None

    @property
    def is_blind(self) -> bool:
        """Whether the caller says nothing of what it saw."""
        return self.version is None and self.status is None


def last_step(session: Session, request: FeatureRequest) -> StatusEvent:
    """Return the last change of status; the first event of a request is its making."""
    return session.scalars(
        select(StatusEvent)
        .where(col(StatusEvent.request_id) == id_of(request))
        .order_by(col(StatusEvent.id).desc())
        .limit(1)
    ).one()


def note_edit(
    session: Session,
    request: FeatureRequest,
    detail: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Write one event of a change: who, when, what; the request is of a new version then.

    Args:
        session: Holds the requests.
        request: What was changed.
        detail: By name of what was changed, ``[before, after]``.
        actor: Who changed it.
        now: Time of the event.
        reason: Why, for the history.
    """
    request.version += 1
    request.updated_at = now
    session.add(request)
    session.add(
        RequestEdit(
            request_id=id_of(request),
            actor=one_line(actor),
            detail=dict(detail),
            reason=clean_characters(reason).strip(),
            happened_at=now,
        )
    )
    session.flush()


def require_expected(
    session: Session, request: FeatureRequest, expected: Expected, *, now: datetime
) -> None:
    """Refuse a change by someone who saw another state.

    Args:
        session: Holds the requests, see :func:`feedback_nlp.requests.locking.hold_requests`.
        request: As it is now.
        expected: What the caller saw.
        now: Its zone is the one that the message tells the time in.

    Raises:
        Conflict: If the request is not in the expected state.
    """
    if expected.status is not None and request.status != expected.status.value:
        seen = f"不再是“{label(expected.status)}”"
    elif expected.version is not None and request.version != expected.version:
        seen = f"不再是第 {expected.version} 版"
    else:
        return
    raise changed_meanwhile(session, request, seen, now=now)


def changed_meanwhile(
    session: Session, request: FeatureRequest, seen: str, *, now: datetime
) -> Conflict:
    """Return the error that says who changed the request last, what and when."""
    step = last_step(session, request)
    edit = session.scalars(
        select(RequestEdit)
        .where(col(RequestEdit.request_id) == id_of(request))
        .order_by(col(RequestEdit.id).desc())
        .limit(1)
    ).first()
    is_edit = edit is not None and edit.happened_at >= step.happened_at
    actor, what, moment = (
        (edit.actor, describe_edit(edit), edit.happened_at)
        if edit is not None and is_edit
        else (step.actor, _describe_step(step), step.happened_at)
    )
    who = "系统" if actor == ENGINE else actor
    local = moment.astimezone(now.tzinfo)
    return Conflict(
        f"{request.key} {seen}：{who}在 {local:%Y-%m-%d %H:%M:%S} {what}，这次没有再改",
        reason="changed-meanwhile",
        key=request.key,
        actor=actor,
        what=what,
        at=local.isoformat(),
        status=request.status,
        version=request.version,
    )


def describe_edit(edit: RequestEdit) -> str:
    """Return a few Chinese words: what was changed, what stood there before, and why."""
    return _describe_change(edit.detail) + (f"：{edit.reason}" if edit.reason else "")


def _describe_change(detail: Mapping[str, Any]) -> str:
    if "evidence" in detail:
        return "拿掉了一条证据" if detail["evidence"][1] is None else "加了一条证据"
    if "split" in detail:
        return f"拆出了 {detail['split'][1]}"
    if "unsplit" in detail:
        return f"撤销了拆分，{detail['unsplit'][0]} 并回来"
    if "moved" in detail:
        how, to = detail["moved"]
        return f"{how['count']} 条证据{f'移到了 {to}' if to else '剔除了'}"
    if "unmoved" in detail:
        return "撤销了移走或剔除的证据"
    if "link" in detail:
        before, after = detail["link"]
        return f"关联了（{after}）" if after else f"取消了关联（{before}）"
    return "改了" + "、".join(  # in our order: PostgreSQL keeps none
        f"{word}（{_shown(detail[name][0])} → {_shown(detail[name][1])}）"
        for name, word in FIELD_NAMES.items()
        if name in detail
    )


def living_splits(edits: Iterable[RequestEdit]) -> dict[str, Mapping[str, Any]]:
    """Return how each request was split off that has not come back, by key, oldest first.

    Args:
        edits: Of one request, oldest first.
    """
    living: dict[str, Mapping[str, Any]] = {}
    for edit in edits:
        if "split" in edit.detail:
            how, child_key = edit.detail["split"]
            living[child_key] = how
        elif "unsplit" in edit.detail:
            living.pop(edit.detail["unsplit"][0], None)
    return living


def last_moved(edits: Iterable[RequestEdit]) -> RequestEdit | None:
    """Return the last move of evidence out of a request that was not taken back.

    Args:
        edits: Of one request, oldest first.
    """
    living: dict[int, RequestEdit] = {}
    for edit in edits:
        if "moved" in edit.detail:
            living[edit.id or 0] = edit
        elif "unmoved" in edit.detail:
            living.pop(edit.detail["unmoved"][0], None)
    return next(reversed(living.values()), None)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value)) or "未填"
    return "未填" if value is None else str(value)


def _describe_step(step: StatusEvent) -> str:
    after = label(RequestStatus(step.to_status))
    if step.from_status is None:
        return "新建了它"
    why = f"（{step.reason}）" if step.reason else ""
    return f"把它从“{label(RequestStatus(step.from_status))}”改成了“{after}”{why}"
