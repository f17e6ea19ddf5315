"""What people do to topics: rename, merge, split, move, take out, keep apart, pin, mute, nest — and undo.

Each edit changes the rows and appends one event to the ledger with all that is needed to
take it back. Units that a person placed are marked ``assigned_by = "person"``; no refit
moves them (:class:`feedback_nlp.topics.KnownTopic` carries them as pinned members).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from feedback_nlp.clean.characters import one_line
from feedback_nlp.editing.edit import Edit
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.labels import Origin, TopicEventKind, TopicState, is_person
from feedback_nlp.store import likeness
from feedback_nlp.store.tables import FeedbackUnit, Topic, TopicEvent
from feedback_nlp.store.topic_reading import get_topic, history

_BY_PERSON = Origin.PERSON.value
_QUOTES = 3


def rename(session: Session, topic_id: int, name: str, edit: Edit) -> Topic:
    """Give a topic a name that refits keep.

    Raises:
        InputError: If the name is blank or longer than 60 characters.
        Conflict: If the topic was merged away.
    """
    topic = _editable(session, topic_id)
    name = _usable(name)
    _log(
        session,
        topic,
        TopicEventKind.RENAMED,
        edit,
        before=topic.name,
        after=name,
        named_by=topic.named_by,
    )
    topic.name, topic.named_by = name, _BY_PERSON
    return _keep(session, topic)


def merge(session: Session, topic_id: int, into_id: int, edit: Edit) -> Topic:
    """Merge a topic into another, units and all; return the one that stays.

    Raises:
        Conflict: If both are the same, or either was merged away.
    """
    if topic_id == into_id:
        raise Conflict(f"主题 {topic_id} 不能并入自己", hint="写两个不同的编号")
    topic, target = _editable(session, topic_id), _editable(session, into_id)
    _log(
        session,
        topic,
        TopicEventKind.MERGED,
        edit,
        into=into_id,
        name=topic.name,
        units=_take_units(session, [col(FeedbackUnit.topic_id) == topic_id], into_id),
    )
    topic.state, topic.merged_into_id = TopicState.MERGED.value, into_id
    _keep(session, topic)
    return target


def split(session: Session, topic_id: int, unit_ids: Sequence[int], name: str, edit: Edit) -> Topic:
    """Take units out of a topic into a new one; return the new topic.

    Raises:
        InputError: If a unit is not in the topic, or the name is not usable.
        Conflict: If the topic was merged away.
    """
    parent = _editable(session, topic_id)
    wanted = sorted(set(unit_ids))
    inside = set(
        session.scalars(
            select(col(FeedbackUnit.id)).where(
                col(FeedbackUnit.id).in_(wanted), col(FeedbackUnit.topic_id) == topic_id
            )
        )
    )
    missing = [unit_id for unit_id in wanted if unit_id not in inside]
    if missing or not wanted:
        raise (Conflict if missing else InputError)(
            f"观点 {missing or '（空）'} 不在主题 {topic_id} 里",
            reason="unknown-unit",
            topic_id=topic_id,
            units=missing,
        )
    child = Topic(
        name=_usable(name),
        named_by=_BY_PERSON,
        kind=parent.kind,
        parent_id=parent.parent_id,
        centroid=parent.centroid,
        quote_unit_ids=wanted[:_QUOTES],
    )
    session.add(child)
    session.flush()
    assert child.id is not None
    _log(session, child, TopicEventKind.BORN, edit, split_from=topic_id, name=child.name)
    units = _take_units(session, [col(FeedbackUnit.id).in_(wanted)], child.id)
    _log(session, parent, TopicEventKind.SPLIT, edit, child=child.id, units=units)
    return child


def move_units(session: Session, unit_ids: Sequence[int], to_id: int, edit: Edit) -> Topic:
    """Put units into another topic; return it.

    Raises:
        NotFound: If a unit does not exist.
        Conflict: If the topic was merged away.
    """
    target = _editable(session, to_id)
    wanted = sorted(set(unit_ids))
    known = set(
        session.scalars(select(col(FeedbackUnit.id)).where(col(FeedbackUnit.id).in_(wanted)))
    )
    missing = [unit_id for unit_id in wanted if unit_id not in known]
    if missing:
        raise NotFound(f"没有观点 {missing}", reason="unknown-unit", topic_id=to_id, units=missing)
    units = _take_units(session, [col(FeedbackUnit.id).in_(wanted)], to_id)
    _log(session, target, TopicEventKind.MOVED, edit, units=units)
    return target


def take_out(session: Session, unit_ids: Sequence[int], edit: Edit) -> None:
    """Take units out of their topics into none; no later analysis puts them into any."""
    for topic_id, wanted in units_by_topic(session, unit_ids).items():
        units = _take_units(session, [col(FeedbackUnit.id).in_(wanted)], None)
        topic = get_topic(session, topic_id)
        _log(session, topic, TopicEventKind.MOVED, edit, units=units, is_out=True)


def units_by_topic(session: Session, unit_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return which of some units are in which topic, both by id; those in none are left out."""
    rows = session.execute(
        select(col(FeedbackUnit.topic_id), col(FeedbackUnit.id)).where(
            col(FeedbackUnit.id).in_(unit_ids), col(FeedbackUnit.topic_id).is_not(None)
        )
    )
    by_topic: dict[int, list[int]] = {}
    for topic_id, unit_id in sorted((row[0], row[1]) for row in rows):
        by_topic.setdefault(topic_id, []).append(unit_id)
    return by_topic


def keep_apart(session: Session, topic_id: int, from_id: int, edit: Edit) -> Topic:
    """Say that two topics are not one: they are proposed no more, and no refit merges them.

    Raises:
        Conflict: If both are the same, either was merged away, or it has been said already.
    """
    topic = _editable(session, topic_id)
    other = _editable(session, from_id)
    if topic_id == from_id:
        raise Conflict(f"主题 {topic_id} 就是它自己", hint="写两个不同的编号")
    if likeness.is_refused(session, topic_id, from_id):
        raise Conflict(f"已经说过主题 {topic_id} 和 {from_id} 不是同一件事", hint="不用再说一遍")
    likeness.refuse(session, topic_id, from_id, actor=edit.actor, now=edit.now)
    _log(session, topic, TopicEventKind.KEPT_APART, edit, **{"from": from_id, "name": other.name})
    return topic


def set_pinned(session: Session, topic_id: int, pinned: bool, edit: Edit) -> Topic:
    """Pin or unpin a topic: a pinned topic leads the list and never retires."""
    kind = TopicEventKind.PINNED if pinned else TopicEventKind.UNPINNED
    return _set(session, topic_id, "pinned", pinned, kind, edit)


def set_muted(session: Session, topic_id: int, muted: bool, edit: Edit) -> Topic:
    """Mute or unmute a topic: a muted topic stays out of lists and digests."""
    kind = TopicEventKind.MUTED if muted else TopicEventKind.UNMUTED
    return _set(session, topic_id, "muted", muted, kind, edit)


def nest(session: Session, topic_id: int, under_id: int | None, edit: Edit) -> Topic:
    """Put a topic under a parent, or at the top level if ``under_id`` is ``None``.

    Raises:
        Conflict: If that would make a circle.
    """
    topic = _editable(session, topic_id)
    ancestor = under_id
    while ancestor is not None:
        if ancestor == topic_id:
            raise Conflict(f"主题 {topic_id} 不能归到自己或自己的下级之下", hint="换一个上级主题")
        ancestor = _editable(session, ancestor).parent_id
    _log(session, topic, TopicEventKind.NESTED, edit, before=topic.parent_id, after=under_id)
    topic.parent_id = under_id
    return _keep(session, topic)


def undo(session: Session, topic_id: int, edit: Edit) -> TopicEvent:
    """Take back the last edit a person made on a topic; return that event.

    Raises:
        NotFound: If there is no such topic.
        Conflict: If there is nothing to take back.
    """
    events = history(session, topic_id)
    undone = {event.detail.get("event") for event in events if event.kind == "undone"}
    for event in reversed(events):
        reverse = _REVERSE.get(event.kind)
        if not is_person(event.actor) or event.id in undone or reverse is None:
            continue
        reverse(session, get_topic(session, topic_id), event.detail)
        _log(session, get_topic(session, topic_id), TopicEventKind.UNDONE, edit, event=event.id)
        return event
    raise Conflict(f"主题 {topic_id} 没有可撤销的改动", reason="nothing-to-undo", topic_id=topic_id)


def undo_events(session: Session, event_ids: Sequence[int], edit: Edit) -> None:
    """Take back some edits that were one act, the last first; those undone since stay as they are."""
    for event_id in sorted(event_ids, reverse=True):
        event = session.get_one(TopicEvent, event_id)
        reverse = _REVERSE.get(event.kind)
        undone = {
            one.detail.get("event")
            for one in history(session, event.topic_id)
            if one.kind == TopicEventKind.UNDONE.value
        }
        if reverse is None or event_id in undone:
            continue
        topic = get_topic(session, event.topic_id)
        reverse(session, topic, event.detail)
        _log(session, topic, TopicEventKind.UNDONE, edit, event=event_id)


def _set(
    session: Session, topic_id: int, flag: str, value: bool, kind: TopicEventKind, edit: Edit
) -> Topic:
    topic = _editable(session, topic_id)
    _log(session, topic, kind, edit, before=getattr(topic, flag))
    setattr(topic, flag, value)
    return _keep(session, topic)


def _editable(session: Session, topic_id: int) -> Topic:
    topic = get_topic(session, topic_id)
    if topic.state == TopicState.MERGED.value:
        raise Conflict(
            f"主题 {topic_id} 已并入主题 {topic.merged_into_id}",
            hint=f"改用 {topic.merged_into_id}，或先撤销合并",
        )
    return topic


def _usable(name: str) -> str:
    name = one_line(name)
    if not 0 < len(name) <= 60:
        raise InputError(f"主题名长度是 {len(name)}", hint="应为 1–60 个字")
    return name


def _take_units(session: Session, conditions: Sequence[Any], to_id: int | None) -> list[list[Any]]:
    """Move units and return where they were: ``[unit id, topic id, assigned by, similarity]`` each."""
    before = [
        list(row)
        for row in session.execute(
            select(
                col(FeedbackUnit.id),
                col(FeedbackUnit.topic_id),
                col(FeedbackUnit.assigned_by),
                col(FeedbackUnit.topic_similarity),
            )
            .where(*conditions)
            .order_by(col(FeedbackUnit.id))
        )
    ]
    session.execute(
        update(FeedbackUnit)
        .where(*conditions)
        .values(topic_id=to_id, assigned_by=_BY_PERSON, topic_similarity=None)
        .execution_options(synchronize_session=False)
    )
    return before


def _give_units_back(session: Session, units: Sequence[Sequence[Any]]) -> None:
    """Put units back where :func:`_take_units` found them: one statement for all of them."""
    if not units:
        return
    table = FeedbackUnit.metadata.tables["unit"]
    session.connection().execute(
        table.update()
        .where(table.c.id == bindparam("unit"))
        .values(
            topic_id=bindparam("topic"),
            assigned_by=bindparam("by"),
            topic_similarity=bindparam("similarity"),
        ),
        [
            dict(zip(("unit", "topic", "by", "similarity"), (*unit, None)[:4], strict=True))
            for unit in units
        ],
    )


def _unmerge(session: Session, topic: Topic, detail: dict[str, Any]) -> None:
    topic.state, topic.merged_into_id = TopicState.ACTIVE.value, None
    _keep(session, topic)
    _give_units_back(session, detail["units"])


def _unsplit(session: Session, _topic: Topic, detail: dict[str, Any]) -> None:
    child = get_topic(session, detail["child"])
    child.state, child.merged_into_id = TopicState.MERGED.value, detail["units"][0][1]
    _keep(session, child)
    _give_units_back(session, detail["units"])


def _unmove(session: Session, _topic: Topic, detail: dict[str, Any]) -> None:
    _give_units_back(session, detail["units"])


def _propose_again(session: Session, topic: Topic, detail: dict[str, Any]) -> None:
    likeness.propose_again(session, topic.id or 0, detail["from"])


def _unname(session: Session, topic: Topic, detail: dict[str, Any]) -> None:
    topic.name, topic.named_by = detail["before"], detail.get("named_by", Origin.AUTO.value)
    _keep(session, topic)


def _restore(attribute: str) -> Callable[[Session, Topic, dict[str, Any]], None]:
    def restore(session: Session, topic: Topic, detail: dict[str, Any]) -> None:
        setattr(topic, attribute, detail["before"])
        _keep(session, topic)

    return restore


_REVERSE: dict[str, Callable[[Session, Topic, dict[str, Any]], None]] = {
    TopicEventKind.RENAMED: _unname,
    TopicEventKind.MERGED: _unmerge,
    TopicEventKind.SPLIT: _unsplit,
    TopicEventKind.MOVED: _unmove,
    TopicEventKind.KEPT_APART: _propose_again,
    TopicEventKind.PINNED: _restore("pinned"),
    TopicEventKind.UNPINNED: _restore("pinned"),
    TopicEventKind.MUTED: _restore("muted"),
    TopicEventKind.UNMUTED: _restore("muted"),
    TopicEventKind.NESTED: _restore("parent_id"),
}


def _log(session: Session, topic: Topic, kind: TopicEventKind, edit: Edit, **detail: Any) -> None:
    assert topic.id is not None
    session.add(
        TopicEvent(
            topic_id=topic.id,
            kind=kind.value,
            actor=edit.actor,
            detail=detail,
            happened_at=edit.now,
        )
    )


def _keep(session: Session, topic: Topic) -> Topic:
    session.add(topic)
    session.flush()
    return topic
