"""Quotes of a week: of their period, in agreement with their topic; stars against words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feedback_nlp.chinese.kindness import is_plainly_kind
from feedback_nlp.config import load_config
from feedback_nlp.labels import Sentiment, Signal
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown
from feedback_nlp.requests.quotes import agrees
from feedback_nlp.store import Database
from feedback_nlp.week.figures import weekly
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Month, Period, Scope
from tests.week.six_weeks import PLAN, WEEK, ZONE, six_weeks

CONFIG = load_config()
CONFLICT = [Signal.RATING_CONFLICT.value]


def compute(database: Database, week: Period = WEEK) -> WeeklyDigest:
    with database.read() as session:
        return weekly(
            session, Scope(week, ZONE), rank_config=CONFIG.rank, report_config=CONFIG.report
        )


@pytest.fixture(scope="module")
def database(new_database_url: Callable[[], str]) -> Iterator[Database]:
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            for back in range(6):
                for number in range(3):
                    named: dict[str, Any] = {"topic": "同步很慢", "weeks_ago": back}
                    build.say(f"半小时就同步完了，厉害 {number}", intent="complaint", **named)
                    build.say(f"同步得真快 {number}", sentiment="pos", intent="praise", **named)
                    build.say("慢", hours=number, **named)
                    build.say(
                        f"界面好看，五星好评 {number}",
                        topic="界面好看",
                        kind="praise",
                        sentiment="pos",
                        intent="praise",
                        weeks_ago=back,
                        rating=1.0,
                        signals=CONFLICT,
                    )
        yield database


@pytest.mark.parametrize("week", [*(WEEK.shift(-back) for back in range(6)), Month(2026, 11)])
def test_every_quote_is_of_its_period_and_agrees(database: Database, week: Period) -> None:
    digest = compute(database, week)
    quotes = [quote for topic in (*digest.topics, *digest.silent) for quote in topic.quotes]
    assert len(quotes) >= 3
    for quote in quotes:
        assert digest.first_day <= quote.on <= digest.last_day
        assert quote.sentiment != Sentiment.POS
        assert "厉害" not in quote.text
        assert len(quote.text) > 1
    for topic in digest.topics:
        texts = [quote.text for quote in topic.quotes]
        assert len(set(texts)) == len(texts)


def test_stars_against_words_are_no_praise_but_listed(database: Database) -> None:
    digest = compute(database)
    (praise,) = digest.praise
    assert (praise.name, praise.people.value) == ("界面好看", 1)
    assert praise.quote is not None
    assert praise.quote.text == "界面很清爽"
    assert digest.doubtful_count.value == len(digest.doubtful) == 3
    assert {(item.rating, item.sentiment) for item in digest.doubtful} == {(1.0, "pos")}
    for page in (render_html(digest), render_markdown(digest)):
        assert "待核对" in page
        assert "1 星，文字正面：“界面好看，五星好评 2”" in page


@pytest.mark.parametrize(
    ("kind", "listed"), [("survey", 0), ("support", 0), ("review", 1), ("app_store", 1)]
)
def test_stars_for_something_else_contradict_no_words(
    new_database_url: Callable[[], str], kind: str, listed: int
) -> None:
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            build.say(
                "希望多两个充电口", source="另一处", source_kind=kind, rating=5.0, signals=CONFLICT
            )
        assert compute(database).doubtful_count.value == listed


def test_a_silent_topic_has_no_quotes_of_other_weeks(database: Database) -> None:
    (silent,) = compute(database).silent
    assert silent.name in PLAN
    assert silent.quotes == ()


@pytest.mark.parametrize(
    ("kind", "words", "sentiment", "intent", "expected"),
    [
        ("issue", "同步太慢", "neg", "complaint", True),
        ("issue", "求出个夜间模式", "neu", "feature", True),
        ("issue", "晚上吃什么", "neu", "other", False),
        ("issue", "难吃", "neg", "other", True),
        ("issue", "很好用", "pos", "praise", False),
        ("issue", "半小时就送到，厉害", "neg", "complaint", False),
        ("praise", "很好用", "pos", "praise", True),
        ("praise", "一般", "neu", "other", False),
    ],
)
def test_agreement(kind: str, words: str, sentiment: str, intent: str, expected: bool) -> None:
    assert agrees(kind, words, sentiment, intent, ()) is expected


def test_irony_and_stars_against_words_are_no_praise() -> None:
    assert not agrees("praise", "真好", "pos", "praise", CONFLICT)
    assert not agrees("praise", "真好", "pos", "praise", [Signal.SARCASM.value])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("服務很好，東西很新鮮", True),
        ("上菜快，味道很棒", True),
        ("以前很方便，现在天天闪退", False),
        ("态度很好，就是解决不了", False),
        ("一点都不厉害", False),
        ("希望更好用", False),
        ("房间很干净，下次还来", True),
        ("唯一的优点就是离地铁近", True),
        ("唯一可取的就是有班车", True),
        ("唯一的优点是便宜，可惜隔音差", False),
        ("唯一的缺点是没有电梯", False),
    ],
)
def test_plain_kindness(text: str, expected: bool) -> None:
    assert is_plainly_kind(text) is expected
