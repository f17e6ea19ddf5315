"""What people do to a request: make it, move it, write about it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from fastapi import Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import Posted, PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.services import ServicesDep
from feedback_nlp.access import recording
from feedback_nlp.clean.pseudonyms import Pseudonymizer
from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.labels import Intent, RequestStatus, label
from feedback_nlp.loop.table import allowed_from
from feedback_nlp.requests.comments import MAX_COMMENT, add_comment, take_back_comment
from feedback_nlp.requests.estimating import edit_request
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.making import NewRequest, make_request
from feedback_nlp.requests.moving import Move, get_request, move_request
from feedback_nlp.requests.versions import Expected
from feedback_nlp.requests.withdrawing import is_as_born, withdraw_request
from feedback_nlp.store.keys import deployment_secret

pages = router()

_FIELDS = (
    *("title", "owner", "effort", "strategic_weight", "due"),
    *("target_release", "labels", "tracker_url"),
)
_BETWEEN_LABELS = re.compile(r"[,，、;；]+")


@pages.post("/requests/new")
def make(services: ServicesDep, form: PostedDep) -> Response:
    """Make a request by hand, or of a topic that has none."""
    intent = form.text("intent")
    if intent not in set(Intent):
        raise InputError(f"没有 {intent[:20]!r} 这一类", hint="从页面上选一个")
    wanted = NewRequest(
        title=form.text("title"),
        intent=Intent(intent),
        actor=form.actor,
        reason=form.text("reason"),
        product=form.text("product") or None,
        topic_id=form.number("topic") if form.text("topic") else None,
    )
    with services.database.write() as session:
        made = make_request(
            session,
            wanted,
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
        )
        key = made.request.key
    words = f"提了 {key}。" if made.created else f"{key} 就是这条，以前提过。"
    undo = {"action": f"/requests/{key}/new/undo", "actor": form.actor} if made.created else None
    return rendering.done(form.onward(f"/requests/{key}"), words, undo)


@pages.post("/requests/{key}/new/undo")
def withdraw(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Take back a request that was just made; nobody may have worked on it since."""
    actor = form.actor  # refuses a click that nobody signs
    with services.database.write() as session:
        hold_requests(session)
        found = get_request(session, key[:20])
        if not is_as_born(session, found):
            raise Conflict(f"{found.key} 已经有人动过，不能撤销", hint="改成“不采纳”，写一句原因")
        withdraw_request(session, found)
        subject, detail = f"request:{found.key}", {"by": actor, "title": found.title}
        recording.record(session, "request.withdraw", subject, detail, now=services.now())
        key = found.key
    return rendering.done(form.onward("/requests"), f"{actor} 撤销了 {key}，编号不再用。")


@pages.post("/requests/{key}/move")
def move(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Move a request one step; whoever saw another state is told what happened meanwhile."""
    to = form.text("to")
    if to not in set(RequestStatus):
        raise InputError(f"没有 {to[:20]!r} 这个状态", hint="从页面上选一个")
    wanted = Move(
        to=RequestStatus(to),
        actor=form.actor,
        reason=form.text("reason"),
        duplicate_of=form.text("duplicate_of") or None,
        expected=_expected(form),
    )
    with services.database.write() as session:
        moved = move_request(session, key[:20], wanted, now=services.local_now())
        before, after = moved.from_status, RequestStatus(moved.request.status)
        key = moved.request.key
    undo, words = {}, f"{key} 现在是“{label(after)}”。"
    if moved.changed and before not in allowed_from(after):
        onward = "、".join(f"“{label(to)}”" for to in allowed_from(after))
        words += f"这一步不能原样退回{f'，只能改成{onward}' if onward else ''}。"
    elif moved.changed:
        undo = {
            "action": f"/requests/{key}/move",
            "to": before.value,
            "reason": "撤销",
            "actor": form.actor,
        }
    return rendering.done(form.next(f"/requests/{key}"), words, undo)


@pages.post("/requests/{key}/edit")
def edit(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Write what people supply: only the fields that were sent."""
    sent = dict(form.items())
    values = {name: _value(name, form.text(name)) for name in _FIELDS if name in sent}
    if not values:
        raise InputError("没有写要改什么", reason="nothing-to-edit")
    with services.database.write() as session:
        found = get_request(session, key[:20])
        before = {name: getattr(found, name) for name in values}
        edited = edit_request(
            session,
            key[:20],
            values,
            actor=form.actor,
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
            expected=_expected(form),
            reason=form.text("reason"),
        )
        key = edited.request.key
    if not edited.changed:
        return rendering.done(form.next(f"/requests/{key}"), f"{key} 没有变化。")
    undo = {name: _text(value) for name, value in before.items()}
    return rendering.done(
        form.next(f"/requests/{key}"),
        f"{key} 存好了。",
        {"action": f"/requests/{key}/edit", "actor": form.actor, **undo},
    )


@pages.post("/requests/{key}/comments")
def comment(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Say something to the team; reporters never see it."""
    with services.database.write() as session:
        kept = deployment_secret(session, services.settings.plain_secret)
        is_new, said = add_comment(
            session,
            key[:20],
            form.text("text", limit=MAX_COMMENT + 1),
            actor=form.actor,
            now=services.now(),
            pseudonymizer=Pseudonymizer(kept),
        )
        comment_id = said.id or 0
    undo = {"action": f"/requests/{key}/comments/{comment_id}/undo", "actor": form.actor}
    here = form.next(f"/requests/{key}")
    return rendering.done(here, "发表了，只有团队看得到。", undo if is_new else None)


@pages.post("/requests/{key}/comments/{comment_id}/undo")
def take_back(services: ServicesDep, form: PostedDep, key: str, comment_id: FeedbackId) -> Response:
    """Take back what one just said."""
    with services.database.write() as session:
        take_back_comment(session, key[:20], comment_id, actor=form.actor)
    return rendering.done(form.next(f"/requests/{key}"), "收回了，别人看不到了。")


def _expected(form: Posted) -> Expected:
    return Expected(version=form.number("version") if form.text("version") else None)


def _text(value: Any) -> str:
    """Return a stored value as a form holds it."""
    if isinstance(value, list):
        return "、".join(value)
    return "" if value is None else str(value)


def _value(name: str, text: str) -> Any:
    """Return a field of the form as the service takes it; an empty one clears.

    Raises:
        InputError: If it is not usable.
    """
    if not text:
        return None if name != "title" else ""
    if name == "labels":
        return [one.strip() for one in _BETWEEN_LABELS.split(text) if one.strip()]
    try:
        if name in ("effort", "strategic_weight"):
            return float(text)
        if name == "due":
            return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{name} 写成了 {text[:40]!r}", hint="数要在 0 到 1 之间，日期要像 2026-12-31"
        ) from error
    return text
