"""主题: what people talk about, tidied by people. Names, merges, splits, undo, history."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request, Response
from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.desk.shell import shell_of
from feedback_api.services import ServicesDep
from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.editing.telling import describe
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Measure, TopicKind, TopicState, actor_name, is_person, label
from feedback_nlp.requests.reading import RequestFilter, request_page
from feedback_nlp.store import topic_reading
from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.tables import FeatureRequest, Feedback, FeedbackUnit, Topic
from feedback_nlp.store.topic_reading import TopicFilter, TopicRow
from feedback_nlp.week.counting import count

pages = router()

_LIMIT = 200
_UNITS = 60
_KINDS = tuple(TopicKind)


class Theme(NamedTuple):
    """A theme and the topics below it."""

    name: str
    rows: list[TopicRow]


@pages.get("/topics")
def show_topics(request: Request, services: ServicesDep) -> Response:
    """All living topics of a kind, by theme."""
    asked = request.query_params.get("kind") or TopicKind.ISSUE.value
    kind = TopicKind(asked) if asked in set(TopicKind) else TopicKind.ISSUE
    with services.database.read() as session:
        shell = shell_of(request, services, session, "/topics")
        wanted = TopicFilter(
            state=TopicState.ACTIVE,
            kind=kind,
            include_muted=True,
            product=shell.chosen["product"] or None,
        )
        rows = topic_reading.topic_page(session, wanted, limit=_LIMIT)
        names = _names(session)
    themes: dict[str, list[TopicRow]] = {}
    for row in rows:
        themes.setdefault(names.get(row.topic.parent_id or 0, "未分组"), []).append(row)
    alone = [row for found in themes.values() if len(found) == 1 for row in found]
    themes = {name: found for name, found in themes.items() if len(found) > 1}
    if alone:
        themes["单独的主题"] = alone
    ordered = sorted(themes.items(), key=lambda item: (item[0] == "单独的主题", -len(item[1])))
    return rendering.page(
        request,
        "topics.html",
        shell,
        themes=[Theme(name, found) for name, found in ordered],
        kind=kind.value,
        kinds=[(value.value, label(value), f"/topics?kind={value.value}") for value in _KINDS],
        where=_where,
    )


@pages.get("/topics/{topic_id}")
def show_topic(request: Request, services: ServicesDep, topic_id: FeedbackId) -> Response:
    """One topic: its words, its life, and what can be done about it."""
    with services.database.read() as session:
        shell = shell_of(request, services, session, "/topics")
        row = topic_reading.topic_row(session, topic_id)
        events = topic_reading.history(session, topic_id)
        units = topic_reading.newest_units(session, topic_id, _UNITS)
        found = request_page(session, RequestFilter(topic_id=topic_id), limit=1)
        names = _names(session)
    return rendering.page(
        request,
        "topic.html",
        shell,
        row=row,
        topic=row.topic,
        units=units,
        events=[
            (event.happened_at, actor_name(event.actor), describe(event))
            for event in reversed(events)
        ],
        can_undo=any(is_person(event.actor) and event.kind != "undone" for event in events),
        request_row=found[0] if found else None,
        others=[
            (id_, name)
            for id_, name in sorted(names.items(), key=lambda x: x[1])
            if id_ != topic_id
        ],
        into_name=names.get(row.topic.merged_into_id or 0, ""),
        parent=names.get(row.topic.parent_id or 0, ""),
        where=_where,
    )


@pages.get("/topics/{topic_id}/merge")
def preview_merge(request: Request, services: ServicesDep, topic_id: FeedbackId) -> Response:
    """What a merge would do, before it is done."""
    into = request.query_params.get("into", "")
    if not into.isdecimal() or len(into) > 9 or int(into) == topic_id:
        raise InputError("没有选要并到哪个主题", hint="返回上一页，选一个别的主题")
    zone = services.settings.zone
    with services.database.read() as session:
        shell = shell_of(request, services, session, "/topics")
        row = topic_reading.topic_row(session, topic_id)
        target = topic_reading.topic_row(session, int(into))
        ours, theirs = (_request_of(session, id_) for id_ in (topic_id, int(into)))
        both = [count(session, Measure.PEOPLE, _where(id_), zone) for id_ in (topic_id, int(into))]
        together = _people_of_both(session, topic_id, int(into))
    return rendering.page(
        request,
        "topic_merge.html",
        shell,
        row=row,
        target=target,
        ours=ours,
        theirs=theirs,
        both=both,
        together=together,
        where=_where,
    )


@pages.post("/topics/{topic_id}/{action}")
def edit(services: ServicesDep, form: PostedDep, topic_id: FeedbackId, action: str) -> Response:
    """Rename, merge, split, pin or mute; all else follows in the same transaction."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit_ = Edit(actor=form.actor, now=services.now())

    def act(session: Session, edit: Edit) -> tuple[Topic, str]:
        match action:
            case "rename":
                topic = topic_edits.rename(session, topic_id, form.text("name"), edit)
                return topic, f"改名为“{topic.name}”。"
            case "merge":
                topic = topic_edits.merge(session, topic_id, form.number("into"), edit)
                return topic, f"并入了“{topic.name}”，需求和证据也跟着并了。"
            case "split":
                ticked = [int(unit) for unit in form.all("unit") if unit.isdecimal()]
                topic = topic_edits.split(session, topic_id, ticked, form.text("name"), edit)
                return topic, f"分出了“{topic.name}”（{len(set(ticked))} 句）。"
            case "pin" | "unpin":
                topic = topic_edits.set_pinned(session, topic_id, action == "pin", edit)
                return topic, "置顶了。" if topic.pinned else "取消置顶了。"
            case "mute" | "unmute":
                topic = topic_edits.set_muted(session, topic_id, action == "mute", edit)
                return topic, "静音了，不再上榜。" if topic.muted else "取消静音了。"
        raise InputError(f"没有 {action[:20]!r} 这个操作", hint="从页面上选")

    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit_)
        topic, words = desk.apply(act)
        target_id = topic.id or topic_id
    return rendering.done(
        form.next(f"/topics/{target_id}")
        if action not in ("merge", "split")
        else f"/topics/{target_id}",
        words,
        {"action": f"/topics/{topic_id}/undo", "actor": form.actor},
    )


def _where(topic_id: int) -> dict[str, object]:
    return {"topic_id": topic_id, "counted": True}


def _names(session: Session) -> dict[int, str]:
    rows = session.execute(
        select(col(Topic.id), col(Topic.name)).where(col(Topic.state) == TopicState.ACTIVE.value)
    )
    return {id_ or 0: name for id_, name in rows}


def _people_of_both(session: Session, *topic_ids: int) -> int:
    """Return distinct people of topics taken together, counted as everywhere."""
    found = session.scalar(
        select(func.count(func.distinct(col(Feedback.person_key))))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .where(col(FeedbackUnit.topic_id).in_(topic_ids), is_counted())
    )
    return found or 0


def _request_of(session: Session, topic_id: int) -> FeatureRequest | None:
    found = request_page(session, RequestFilter(topic_id=topic_id), limit=1)
    return found[0].request if found else None
