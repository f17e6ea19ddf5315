"""主题: what people talk about, tidied by people. Names, merges, splits, undo, history."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from fastapi import Request, Response
from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_api.desk import rendering
from feedback_api.desk.edge import Posted, PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.desk.shell import shell_of
from feedback_api.services import Services, ServicesDep
from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.editing.telling import describe
from feedback_nlp.errors import InputError
from feedback_nlp.labels import TopicKind, TopicState, actor_name, is_person, label
from feedback_nlp.requests.reading import topic_request
from feedback_nlp.store import topic_reading
from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.ingestion import source_id_of
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic
from feedback_nlp.store.topic_reading import TopicFilter, TopicRow

pages = router()

_LIMIT = 200
_UNITS = 60
_KINDS = tuple(TopicKind)


class Theme(NamedTuple):
    """A theme and the topics below it; ``id`` is ``None`` for those that stand alone."""

    id: int | None
    name: str
    rows: list[TopicRow]


@pages.get("/topics")
def show_topics(request: Request, services: ServicesDep) -> Response:
    """All living topics of a kind, by theme."""
    asked = request.query_params.get("kind") or TopicKind.ISSUE.value
    kind = TopicKind(asked) if asked in set(TopicKind) else TopicKind.ISSUE
    shell = shell_of(request, services, "/topics")
    product, source = shell.chosen["product"], shell.chosen["source"]
    only = {name: value for name, value in (("product", product), ("source", source)) if value}
    with services.database.read() as session:
        wanted = TopicFilter(
            state=TopicState.ACTIVE,
            kind=kind,
            include_muted=True,
            product=product or None,
            source_id=source_id_of(session, source),
        )
        rows = topic_reading.topic_page(session, wanted, limit=_LIMIT)
        names, groups = _names(session), _groups(session)
    by_theme: dict[int | None, list[TopicRow]] = {}
    for row in rows:
        if row.topic.is_theme:
            continue  # a group stands over its topics, not among them
        parent = row.topic.parent_id if row.topic.parent_id in names else None
        by_theme.setdefault(parent, []).append(row)
    for found in by_theme.values():
        found.sort(key=lambda row: -row.people_count)
    # a theme of one topic says nothing that the topic does not
    alone = [row for id_, found in by_theme.items() if not id_ or len(found) == 1 for row in found]
    alone.sort(key=lambda row: -row.people_count)  # from several themes
    themes = [
        Theme(id_, names[id_], found) for id_, found in by_theme.items() if id_ and len(found) > 1
    ]
    themes.sort(key=lambda theme: -len(theme.rows))
    if alone:
        themes.append(Theme(None, "单独的主题", alone))
    return rendering.page(
        request,
        "topics.html",
        shell,
        themes=themes,
        groups=groups,
        kind=kind.value,
        kinds=[
            (value.value, label(value), shell.url("/topics", kind=value.value)) for value in _KINDS
        ],
        where=lambda topic_id: {**_where(topic_id), **only},
    )


@pages.get("/topics/merge")
def preview_merge(request: Request, services: ServicesDep) -> Response:
    """What a merge would do, before it is done."""
    asked = request.query_params
    return _merge_page(request, services, asked.getlist("topic"), asked.get("into", ""))


@pages.post("/topics/merge/preview")
def preview_many(request: Request, services: ServicesDep, form: PostedDep) -> Response:
    """The same for the topics that were ticked."""
    return _merge_page(request, services, form.all("topic"), form.text("into"))


def _merge_page(request: Request, services: Services, topics: Sequence[str], into: str) -> Response:
    target_id = _ids([into])
    topic_ids = [id_ for id_ in _ids(topics) if id_ not in target_id]
    if not target_id or not topic_ids:
        raise InputError("没有选要并到哪个主题", hint="返回上一页，勾上要并的，再选留下哪个")
    both = [*topic_ids, *target_id]
    shell = shell_of(request, services, "/topics")
    with services.database.read() as session:
        rows = [topic_reading.topic_row(session, id_) for id_ in topic_ids]
        target = topic_reading.topic_row(session, target_id[0])
        people = {row.topic.id: row.people_count for row in (*rows, target)}
        requests = [topic_request(session, id_) for id_ in both]
    together = services.kept(
        ("desk-together", *sorted(both)), lambda session: _people_of_all(session, both)
    )
    return rendering.page(
        request,
        "topic_merge.html",
        shell,
        rows=rows,
        target=target,
        people=people,
        ours=[found for found in requests[:-1] if found],
        theirs=requests[-1],
        together=together,
        both=",".join(str(id_) for id_ in both),
        where=_where,
    )


@pages.post("/topics/merge")
def merge_many(services: ServicesDep, form: PostedDep) -> Response:
    """Merge topics into one, in one transaction."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    into, edit_ = form.number("into"), Edit(actor=form.actor, now=services.now())
    topic_ids = [id_ for id_ in _ids(form.all("topic")) if id_ != into]
    if not topic_ids:
        raise InputError("没有选要并的主题", hint="勾上一个或几个")
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit_)
        for id_ in topic_ids:
            name = desk.apply(partial(_merged, id_, into))
    words = f"{len(topic_ids)} 个并入了“{name}”" if len(topic_ids) > 1 else f"并入了“{name}”"
    return rendering.done(
        f"/topics/{into}", f"{words}，需求和证据也跟着并了。", _undo_all(topic_ids, form)
    )


@pages.post("/topics/nest")
def nest_many(services: ServicesDep, form: PostedDep) -> Response:
    """Put topics into a group, or let them stand alone."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    topic_ids, under = _ids(form.all("topic")), next(iter(_ids([form.text("under")])), None)
    edit_ = Edit(actor=form.actor, now=services.now())
    if not topic_ids:
        raise InputError("没有选要移的主题", hint="勾上一个或几个")
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit_)
        for id_ in topic_ids:
            name = desk.apply(partial(_nested, id_, under))
        group = topic_reading.get_topic(session, under).name if under else ""
    moved = f"{len(topic_ids)} 个主题" if len(topic_ids) > 1 else f"“{name}”"
    words = f"{moved}移到了“{group}”。" if group else f"{moved}单独放了。"
    return rendering.done(form.next("/topics"), words, _undo_all(topic_ids, form))


@pages.get("/topics/{topic_id}")
def show_topic(request: Request, services: ServicesDep, topic_id: FeedbackId) -> Response:
    """One topic: its words, its life, and what can be done about it."""
    shell = shell_of(request, services, "/topics")
    with services.database.read() as session:
        row = topic_reading.topic_row(session, topic_id)
        events = topic_reading.history(session, topic_id)
        units = topic_reading.newest_units(session, topic_id, _UNITS)
        request_of = topic_request(session, topic_id)
        names, groups = _names(session), _groups(session)
    themes = {id_ for id_, _ in groups}
    return rendering.page(
        request,
        "topic.html",
        shell,
        themes=groups,
        row=row,
        topic=row.topic,
        units=units,
        events=[
            (event.happened_at, actor_name(event.actor), describe(event))
            for event in reversed(events)
        ],
        can_undo=any(is_person(event.actor) and event.kind != "undone" for event in events),
        request_of=request_of,
        others=[
            (id_, name)
            for id_, name in sorted(names.items(), key=lambda x: x[1])
            if id_ != topic_id and id_ not in themes
        ],
        into_name=names.get(row.topic.merged_into_id or 0, ""),
        parent=names.get(row.topic.parent_id or 0, ""),
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
            case "apart":
                topic = topic_edits.keep_apart(session, topic_id, form.number("other"), edit)
                return topic, "记下了：不是同一件事，以后不再提。"
            case "nest":
                under = next(iter(_ids([form.text("under")])), None)
                topic = topic_edits.nest(session, topic_id, under, edit)
                return topic, "归好组了。"
            case "split":
                ticked = form.ids("unit")
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
        if action not in ("merge", "split") or form.text("stay")
        else form.onward(f"/topics/{target_id}"),
        words,
        {"action": f"/topics/{topic_id}/undo", "actor": form.actor},
    )


def _merged(topic_id: int, into: int, session: Session, edit: Edit) -> str:
    return topic_edits.merge(session, topic_id, into, edit).name


def _nested(topic_id: int, under: int | None, session: Session, edit: Edit) -> str:
    return topic_edits.nest(session, topic_id, under, edit).name


def _ids(values: Sequence[str]) -> list[int]:
    """Return what is an id of some values of a form or an address, each once."""
    ids = [int(value) for value in values if value.isdecimal() and len(value) <= 9]
    return list(dict.fromkeys(ids))


def _undo_all(topic_ids: Sequence[int], form: Posted) -> dict[str, str]:
    topics = ",".join(str(id_) for id_ in reversed(topic_ids))
    return {"action": "/topics/undo", "topics": topics, "actor": form.actor}


def _where(topic_id: int) -> dict[str, object]:
    return {"topic_id": topic_id, "counted": True}


def _names(session: Session) -> dict[int, str]:
    rows = session.execute(
        select(col(Topic.id), col(Topic.name)).where(col(Topic.state) == TopicState.ACTIVE.value)
    )
    return {id_ or 0: name for id_, name in rows}


def _groups(session: Session) -> list[tuple[int, str]]:
    """Return the themes: what a topic can be put under."""
    rows = session.execute(
        select(col(Topic.id), col(Topic.name))
        .where(col(Topic.state) == TopicState.ACTIVE.value, col(Topic.is_theme))
        .order_by(col(Topic.name))
    )
    return [(id_ or 0, name) for id_, name in rows]


def _people_of_all(session: Session, topic_ids: Sequence[int]) -> int:
    """Return distinct people of topics taken together, counted as everywhere."""
    found = session.scalar(
        select(func.count(func.distinct(col(Feedback.person_key))))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .where(col(FeedbackUnit.topic_id).in_(topic_ids), is_counted())
    )
    return found or 0
