from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from feedback_nlp.editing import Edit, telling, topic_edits
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.store import Database, topic_reading
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
EDIT = Edit(actor="小陈", now=NOW)
TEXTS = ["一登录就闪退", "点登录就退出去了", "首页广告太多", "开屏广告关不掉"]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Topics 1 (登录闪退) and 2 (广告太多), two units each."""
    with database.write() as session:
        source = Source(name="应用内", kind="in_app", created_at=NOW)
        session.add_all([source, Topic(name="登录闪退"), Topic(name="广告太多")])
        session.flush()
        assert source.id is not None
        for number, text in enumerate(TEXTS):
            feedback = Feedback(
                source_id=source.id,
                source_key=str(number),
                text=text,
                person_key=f"p{number}",
                occurred_at=NOW,
                ingested_at=NOW,
            )
            session.add(feedback)
            session.flush()
            assert feedback.id is not None
            session.add(
                FeedbackUnit(
                    feedback_id=feedback.id,
                    position=0,
                    start=0,
                    end=len(text),
                    sentiment="neg",
                    sentiment_score=-0.9,
                    sentiment_confidence=0.95,
                    intent="bug",
                    intent_confidence=0.9,
                    topic_id=1 + number // 2,
                )
            )
        session.flush()
        yield session


def members(session: Session, topic_id: int) -> list[int]:
    session.expire_all()
    found = session.exec(
        select(FeedbackUnit.id)
        .where(col(FeedbackUnit.topic_id) == topic_id)
        .order_by(col(FeedbackUnit.id))
    )
    return [unit_id or 0 for unit_id in found]


def test_a_new_name_is_kept_as_a_persons(session: Session) -> None:
    topic = topic_edits.rename(session, 1, " 登录时崩溃 ", EDIT)
    assert (topic.name, topic.named_by) == ("登录时崩溃", "person")
    assert topic_reading.history(session, 1)[-1].actor == "小陈"


@pytest.mark.parametrize("name", ["", "   ", "名" * 61])
def test_an_unusable_name_is_refused(session: Session, name: str) -> None:
    with pytest.raises(InputError, match="1–60"):
        topic_edits.rename(session, 1, name, EDIT)


def test_merging_moves_all_units_and_closes_the_topic(session: Session) -> None:
    topic_edits.merge(session, 2, 1, EDIT)
    assert members(session, 1) == [1, 2, 3, 4]
    assert topic_reading.get_topic(session, 2).state == "merged"
    with pytest.raises(Conflict, match="已并入主题 1"):
        topic_edits.rename(session, 2, "别的名字", EDIT)


def test_a_topic_cannot_be_merged_into_itself(session: Session) -> None:
    with pytest.raises(Conflict, match="自己"):
        topic_edits.merge(session, 1, 1, EDIT)


def test_splitting_makes_a_topic_of_its_own(session: Session) -> None:
    child = topic_edits.split(session, 2, [4], "开屏广告", EDIT)
    assert child.id is not None
    assert members(session, child.id) == [4]
    assert members(session, 2) == [3]
    unit = session.get(FeedbackUnit, 4)
    assert unit is not None
    assert unit.assigned_by == "person"


def test_only_units_of_the_topic_can_be_split_off(session: Session) -> None:
    with pytest.raises(Conflict, match="不在主题 1"):
        topic_edits.split(session, 1, [1, 3], "混合", EDIT)


def test_moving_an_unknown_unit_moves_none(session: Session) -> None:
    with pytest.raises(NotFound, match="99"):
        topic_edits.move_units(session, [1, 99], 2, EDIT)
    assert members(session, 1) == [1, 2]


def test_nesting_makes_no_circle(session: Session) -> None:
    topic_edits.nest(session, 2, 1, EDIT)
    with pytest.raises(Conflict, match="自己的下级"):
        topic_edits.nest(session, 1, 2, EDIT)


def state(session: Session) -> list[tuple[object, ...]]:
    session.expire_all()
    rows: list[tuple[object, ...]] = [
        (t.id, t.name, t.named_by, t.state, t.pinned, t.muted, t.parent_id, t.merged_into_id)
        for t in session.exec(select(Topic).order_by(col(Topic.id)))
    ]
    rows += [
        (u.id, u.topic_id, u.assigned_by)
        for u in session.exec(select(FeedbackUnit).order_by(col(FeedbackUnit.id)))
    ]
    return rows


@pytest.mark.parametrize(
    ("topic_id", "edit"),
    [
        (1, lambda s: topic_edits.rename(s, 1, "崩溃", EDIT)),
        (2, lambda s: topic_edits.merge(s, 2, 1, EDIT)),
        (1, lambda s: topic_edits.move_units(s, [3], 1, EDIT)),
        (1, lambda s: topic_edits.set_pinned(s, 1, True, EDIT)),
        (1, lambda s: topic_edits.set_muted(s, 1, True, EDIT)),
        (2, lambda s: topic_edits.nest(s, 2, 1, EDIT)),
    ],
    ids=["rename", "merge", "move", "pin", "mute", "nest"],
)
def test_undo_restores_what_was(session: Session, topic_id: int, edit: object) -> None:
    before = state(session)
    edit(session)  # type: ignore[operator]
    assert state(session) != before
    topic_edits.undo(session, topic_id, EDIT)
    assert state(session) == before


def test_undoing_a_split_gives_the_units_back(session: Session) -> None:
    child = topic_edits.split(session, 2, [4], "开屏广告", EDIT)
    topic_edits.undo(session, 2, EDIT)
    assert members(session, 2) == [3, 4]
    assert topic_reading.get_topic(session, child.id or 0).state == "merged"


def test_undo_goes_back_one_edit_at_a_time(session: Session) -> None:
    topic_edits.rename(session, 1, "甲", EDIT)
    topic_edits.rename(session, 1, "乙", EDIT)
    topic_edits.undo(session, 1, EDIT)
    assert topic_reading.get_topic(session, 1).name == "甲"
    topic_edits.undo(session, 1, EDIT)
    assert topic_reading.get_topic(session, 1).name == "登录闪退"
    with pytest.raises(Conflict, match="没有可撤销"):
        topic_edits.undo(session, 1, EDIT)


def test_the_list_counts_people_and_hides_what_is_muted(session: Session) -> None:
    assert [
        (r.topic.name, r.unit_count, r.people_count) for r in topic_reading.list_topics(session)
    ] == [
        ("登录闪退", 2, 2),
        ("广告太多", 2, 2),
    ]
    topic_edits.set_muted(session, 1, True, EDIT)
    assert [r.topic.name for r in topic_reading.list_topics(session)] == ["广告太多"]
    assert len(topic_reading.list_topics(session, include_hidden=True)) == 2


def test_each_event_has_a_chinese_line(session: Session) -> None:
    topic_edits.merge(session, 2, 1, EDIT)
    assert telling.describe(topic_reading.history(session, 2)[-1]) == "合并：并入主题 1（2 个观点）"


def test_undo_gives_all_units_back_in_one_statement(session: Session) -> None:
    topic_edits.merge(session, 2, 1, EDIT)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    topic_edits.undo(session, 2, EDIT)
    event.remove(engine, "before_cursor_execute", note)
    assert members(session, 2) == [3, 4]
    assert sum(statement.startswith("UPDATE unit") for statement in statements) == 1
