"""Which units speak of their topic: by its name, its seed issue, its keywords, its place."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlmodel import col

from feedback_nlp.requests.aboutness import OFF_TOPIC, Matter, matters_of
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic
from tests.week.six_weeks import six_weeks

LIFT = Matter(named=("电梯",), telling=("电梯", "楼层"), place=0.8)


@pytest.mark.parametrize(
    ("text", "similarity", "distance"),
    [
        ("電梯只有一部", 0.3, 0),
        ("楼层高，上下要等", 0.6, 1),
        ("楼层高，上下要等", 0.5, OFF_TOPIC),
        ("等了十分钟才上楼", 0.75, 1),
        ("行李箱都摊不开", 0.6, OFF_TOPIC),
    ],
)
def test_distance(text: str, similarity: float, distance: int) -> None:
    assert LIFT.distance(text, similarity) == distance


def test_a_name_that_its_own_centre_does_not_say_is_said_or_nothing() -> None:
    smell = Matter(("异味", "霉"), ("预定", "毛巾"), ("毛巾",), 0.8, is_named_by_place=False)
    assert smell.distance("一股霉味", 0.4) == 0
    assert smell.distance("毛巾换了三次", 0.7) == 1
    assert smell.distance("预定的房型没有了", 0.9) == OFF_TOPIC
    assert smell.distance("前台让我们等着", 0.9) == OFF_TOPIC


def test_nothing_is_said_against_units_that_people_put_together() -> None:
    assert Matter().distance("行李箱都摊不开", 0.0) == 1


@pytest.mark.parametrize(
    ("topic", "on", "off"),
    [
        ("同步很慢", "同步要等半个钟头", "头像换不了"),
        ("加载、打开太慢", "打开要十秒", "字太小了"),
    ],
)
def test_what_a_topic_is_about_is_read_from_its_name(
    new_database_url, topic: str, on: str, off: str
) -> None:
    with six_weeks(new_database_url()) as (database, build), database.write() as session:
        build.session = session
        for text in (on, off):
            build.say(text, topic=topic)
        session.flush()
        rows = session.execute(
            select(FeedbackUnit, col(Feedback.text), Topic)
            .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
            .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        )
        found = {text: (unit, row) for unit, text, row in rows if text in (on, off)}
        unit, row = found[on]
        row.quote_unit_ids = [unit.id]
        unit.topic_similarity = 0.8
        session.flush()
        matter = matters_of(session, [row])[row.id or 0]
    assert matter.place == pytest.approx(0.8)
    assert matter.distance(on, 0.1) == 0
    assert matter.distance(off, 0.5) == OFF_TOPIC
