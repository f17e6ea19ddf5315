from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from feedback_nlp.chinese import fold
from feedback_nlp.store import Database
from feedback_nlp.store.search import index_feedback, matches
from feedback_nlp.store.search_tokens import rendered_tokens
from feedback_nlp.store.tables import Feedback, Source

NOW = datetime(2026, 11, 16, tzinfo=UTC)
TEXTS = [
    "退款一直不到账，客服态度恶劣",
    "退。款",
    "申请退款三次了",
    "iPhone15登录失败",
    "登錄失敗，一直轉圈",
    "ＡＰＰ打不开",
    "差",
    "差评！",
    "版本2.10.3闪退😡闪退",
    "𠮷野家外卖撒了",
    "",
]


def one_by_one(text: str) -> list[str]:
    """The definition of the tokens, a character at a time."""
    tokens = []
    for run in re.findall(r"[^\W_]+", fold(text)):
        codes = [np.base_repr(ord(sign), 32).lower().rjust(4, "0") for sign in run]
        tokens += [left + right for left, right in pairwise(codes)] + codes[-1:]
    return tokens


@given(st.lists(st.text(max_size=30), max_size=5))
def test_many_texts_at_once_get_the_tokens_of_each(texts: list[str]) -> None:
    assert [line.split() for line in rendered_tokens(texts)] == [one_by_one(t) for t in texts]


@pytest.fixture
def searchable(database: Database) -> Database:
    with database.write() as session:
        source = Source(name="测试", kind="in_app", created_at=NOW)
        session.add(source)
        session.flush()
        assert source.id is not None
        rows = [
            Feedback(
                source_id=source.id, source_key=str(i), text=t, occurred_at=NOW, ingested_at=NOW
            )
            for i, t in enumerate(TEXTS)
        ]
        session.add_all(rows)
        session.flush()
        index_feedback(session, [(row.id or 0, row.text) for row in rows])
    return database


def found(database: Database, query: str) -> set[str]:
    with database.read() as session:
        return set(session.exec(select(Feedback.text).where(matches(session, query))).all())


@pytest.mark.parametrize(
    "query",
    [
        "退款",
        "款",
        "差",
        "登录失败",
        "登錄",
        "hone1",
        "app",
        "打不开",
        "2",
        "𠮷野",
        "没有这句",
        "闪退",
    ],
)
def test_a_hit_means_what_like_means(searchable: Database, query: str) -> None:
    assert found(searchable, query) == {t for t in TEXTS if fold(query) in fold(t)}


def test_all_words_of_a_query_must_be_there(searchable: Database) -> None:
    assert found(searchable, "退款 客服") == {TEXTS[0]}


def test_a_phrase_does_not_cross_punctuation(searchable: Database) -> None:
    assert "退。款" not in found(searchable, "退款")


@pytest.mark.parametrize("query", ["", "  ", "！？", "😡"])
def test_a_query_without_words_finds_nothing(searchable: Database, query: str) -> None:
    assert found(searchable, query) == set()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=8))
def test_no_query_breaks_the_database(searchable: Database, query: str) -> None:
    found(searchable, query)


def test_ids_order_pages(searchable: Database) -> None:
    with searchable.read() as session:
        ids = session.exec(
            select(col(Feedback.id)).where(matches(session, "退")).order_by(col(Feedback.id).desc())
        ).all()
    assert ids == sorted(ids, key=lambda id_: id_ or 0, reverse=True)
    assert len(ids) == 4
