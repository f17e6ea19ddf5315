"""Writes audit lines: into the transaction of what they tell of, so neither is without the other.

Edits of topics, requests, words and alerts are seen as they are written, whichever edge
brought them (see :func:`watch`): a new page or command cannot forget its line. Only what
somebody does is recorded (:func:`feedback_nlp.access.caller.acting`); what an analysis does by
itself stands in the ledgers of topics and requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

from feedback_nlp.access.caller import Caller, Via, current
from feedback_nlp.labels import ENGINE
from feedback_nlp.store.access_tables import AuditEvent
from feedback_nlp.store.erasure_table import Erasure
from feedback_nlp.store.judgement_table import Judgement
from feedback_nlp.store.tables import (
    NOTICE_SETTINGS,
    REQUEST_VIEWS,
    WEIGHT_SCHEMES,
    AlertRow,
    FeatureRequest,
    LexiconEntry,
    NoticeRefusal,
    RequestComment,
    RequestEdit,
    Setting,
    StatusEvent,
    TopicEvent,
)

_NOBODY = Caller("程序", Via.TERMINAL)
_MAX_TEXT = 200
_MAX_ITEMS = 20
#: Settings that keep things under names, each of which people make and delete.
_NAMED = {REQUEST_VIEWS: "request.view", WEIGHT_SCHEMES: "request.weights"}
_Line = tuple[str, str, dict[str, Any]]


def record(
    session: AnySession,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Add a line about what whoever acts has done.

    Args:
        session: The session of what was done.
        action: Stable English name, such as ``key.create``.
        subject: What it was done to, such as ``request:REQ-12``.
        detail: A short summary, before and after; personal data in it is replaced.
        now: Aware datetime.
    """
    caller = current() or _NOBODY
    session.add(
        AuditEvent(
            happened_at=now,
            actor=caller.name[:100],
            via=caller.via.value,
            action=action,
            subject=subject[:_MAX_TEXT],
            detail=_summary(detail),
            request_id=caller.request_id,
        )
    )


def watch() -> None:
    """Record edits of every session of this process from now on; once is enough."""
    if not event.contains(Session, "before_flush", _on_flush):
        event.listen(Session, "before_flush", _on_flush)


def _on_flush(session: AnySession, _context: object, _instances: object) -> None:
    if current() is None:
        return
    for gone in session.deleted:
        if isinstance(gone, RequestComment):
            subject = _request(session, gone.request_id)
            detail = {"by": gone.actor}
            record(session, "request.uncomment", subject, detail, now=datetime.now(UTC))
    rows = [*session.new, *(row for row in session.dirty if session.is_modified(row))]
    for row in rows:
        for action, subject, detail in _lines(session, row):
            record(session, action, subject, detail, now=datetime.now(UTC))


def _lines(session: AnySession, row: object) -> Iterator[_Line]:
    is_new = row in session.new
    if getattr(row, "actor", None) == ENGINE:
        return  # it follows from what somebody did, and stands in the ledger
    if isinstance(row, TopicEvent) and is_new:
        yield f"topic.{row.kind}", f"topic:{row.topic_id}", {"by": row.actor, **row.detail}
    elif isinstance(row, StatusEvent) and is_new:
        states = [row.from_status, row.to_status]
        detail = {"by": row.actor, "status": states, "reason": row.reason}
        yield "request.move", _request(session, row.request_id), detail
    elif isinstance(row, RequestEdit) and is_new:
        yield "request.edit", _request(session, row.request_id), {"by": row.actor, **row.detail}
    elif isinstance(row, RequestComment) and is_new:
        yield "request.comment", _request(session, row.request_id), {"by": row.actor}
    elif isinstance(row, LexiconEntry) and (is_new or _changed(row, "removed_at")):
        action = "word.add" if row.removed_at is None else "word.remove"
        yield action, f"word:{row.word}", {"by": row.removed_by or row.added_by, "kind": row.kind}
    elif isinstance(row, Judgement) and (is_new or _changed(row, "undone_at")):
        action = "unit.judge" if row.undone_at is None else "unit.undo"
        said = [[row.engine_sentiment, row.engine_intent], [row.sentiment, row.intent]]
        yield action, f"feedback:{row.feedback_id}", {"by": row.undone_by or row.actor, "as": said}
    elif isinstance(row, AlertRow) and not is_new and _changed(row, "is_useful"):
        yield "alert.mark", f"alert:{row.id}", {"by": row.marked_by, "useful": row.is_useful}
    elif isinstance(row, NoticeRefusal) and is_new:
        yield "notice.refuse", "notices", {"by": row.actor}  # of whom is nobody's business
    elif isinstance(row, Setting):
        yield from _settings(row)
    elif isinstance(row, Erasure) and is_new:
        yield f"erase.{row.kind}", f"erasure:{row.subject}", {"by": row.actor, **row.counts}


def _settings(row: Setting) -> Iterator[_Line]:
    """Yield the lines of what people set; the other settings are the program's own."""
    gone = inspect(row).attrs.value.history.deleted
    before: Mapping[str, Any] = gone[0] if gone and gone[0] else {}
    if row.key == NOTICE_SETTINGS:
        for part, action in (("templates", "notice.template"), ("routes", "notice.route")):
            yield from _differing(action, before.get(part, {}), row.value.get(part, {}))
    elif row.key in _NAMED:
        yield from _differing(_NAMED[row.key], before, row.value)


def _differing(action: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[_Line]:
    """Yield a line for each name under which something else is kept than before."""
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield action, f"{action}:{name}", {"value": [old.get(name), new.get(name)]}


def _request(session: AnySession, request_id: int) -> str:
    with session.no_autoflush:
        request = session.get(FeatureRequest, request_id)
    return f"request:{request.key}" if request else f"request:#{request_id}"


def _changed(row: object, name: str) -> bool:
    return bool(inspect(row).attrs[name].history.has_changes())


def _summary(value: Any) -> Any:
    """Return a value as it may be kept: short, and without personal data."""
    if isinstance(value, str):
        from feedback_nlp.clean import Pseudonymizer, prepare  # noqa: PLC0415 - slow to load

        return prepare(value[:_MAX_TEXT], Pseudonymizer(b"audit")).text[:_MAX_TEXT]
    if isinstance(value, Mapping):
        return {str(name): _summary(part) for name, part in list(value.items())[:_MAX_ITEMS]}
    if isinstance(value, list | tuple):
        shown = [_summary(part) for part in value[:_MAX_ITEMS]]
        return [*shown, f"… {len(value)}"] if len(value) > _MAX_ITEMS else shown
    return value if value is None or isinstance(value, bool | int | float) else str(value)
