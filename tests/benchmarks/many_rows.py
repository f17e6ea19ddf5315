"""An analysed database of many rows, made without reading a text: for benchmarks of reading.

Every week holds as many rows, so that a database ten times as large reaches ten times as far
back. Texts are short and invented; topics, people and requests follow a power law.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import text

from feedback_nlp.store import Database
from feedback_nlp.store.rollup import refresh
from feedback_nlp.store.search import _tsvector, index_tokens

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # a Wednesday
TOPICS, REQUESTS, PEOPLE_SHARE = 200, 120, 0.4
SOURCES = [("问卷", "survey"), ("App Store", "app_store"), ("微博", "social"), ("反馈页", "in_app"), ("客服", "support")]  # fmt: skip
PRODUCTS = ["小岛买菜", "小岛日历"]
CHANNELS = [None, "安卓", "iOS", "微信", None]
SEGMENTS = [None, "新客", "老客", "会员"]
THINGS = ["闪退", "退款", "广告", "配送", "登录", "发票", "优惠券", "验证码", "客服", "价格"]
SAID = ["太慢了", "打不开", "希望能改", "等了很久", "一直没到", "很好用", "不见了", "怎么弄"]
INTENTS = ["bug", "feature", "complaint", "question", "praise", "other"]
CHUNK = 20_000


def fill(database: Database, rows: int, *, per_week: int, seed: int = 7) -> None:
    """Fill an empty, migrated database with analysed feedback, a week full after another.

    Args:
        database: Empty, with its schema at head.
        rows: Feedback in all.
        per_week: Feedback a week; the last full week ends before ``NOW``.
        seed: Of the draw.
    """
    draw = random.Random(seed)
    with database.write() as session:
        run = session.connection().exec_driver_sql
        stamp = _time(database, NOW)
        run(_insert(database, "run", "id kind status config versions figures started_at finished_at"),
            [(1, "analyze", "complete", "{}", "{}", "{}", stamp, stamp)])  # fmt: skip
        run(_insert(database, "source", "id name kind product mapping created_at purpose"),
            [(n, name, kind, None, "{}", stamp, "") for n, (name, kind) in enumerate(SOURCES, 1)])  # fmt: skip
        flags = (True, False) if not database.is_sqlite else (1, 0)
        run(_insert(database, "topic", "id name named_by kind keywords is_theme state pinned muted quote_unit_ids created_run_id"),
            [(n, f"{THINGS[n % 10]}{SAID[n % 8]}{n}", "auto", "praise" if n % 11 == 0 else "issue",
              "[]", flags[1], "active", flags[1], flags[1], "[]", 1) for n in range(1, TOPICS + 1)])  # fmt: skip
        run(_insert(database, "request", "id key title intent topic_id status reporter_status priority priority_low priority_high priority_parts version titled_by created_by created_at updated_at"),
            [(n, f"REQ-{n}", f"{THINGS[n % 10]}{SAID[n % 8]}", "bug", n, "new", "received",
              90 - n / 2, 80 - n / 2, 95 - n / 2, json.dumps({"people": 0.5, "severity": 0.4}), 1,
              "engine", "engine", stamp, stamp) for n in range(1, REQUESTS + 1)])  # fmt: skip
    for start in range(0, rows, CHUNK):
        _write(database, _chunk(draw, database, start, min(rows, start + CHUNK), rows, per_week))
    with database.write() as session:
        session.connection().exec_driver_sql("ANALYZE")
        if not database.is_sqlite:
            for name in ("feedback", "unit", "evidence"):
                session.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
                    )
                )
    _set_quotes(database)
    refresh(database)  # sums hold, as the end of an analysis leaves them


def _chunk(
    draw: random.Random, database: Database, start: int, stop: int, rows: int, per_week: int
) -> dict[str, list[tuple[Any, ...]]]:
    weights = list(accumulate(1 / (n + 5) for n in range(TOPICS)))
    people = max(1, int(rows * PEOPLE_SHARE))
    monday = datetime(2026, 11, 15, 16, 0, tzinfo=UTC)  # Monday 0:00 in Shanghai
    true, false = (True, False) if not database.is_sqlite else (1, 0)
    feedback, units, evidence, search = [], [], [], []
    for number in range(start, stop):
        id_ = number + 1
        back = (rows - 1 - number) / per_week * 7
        at = monday - timedelta(days=back) - timedelta(seconds=1)
        source = draw.randrange(5)
        topics = draw.choices(range(1, TOPICS + 1), cum_weights=weights, k=draw.choice((1, 1, 2)))
        parts = [f"{THINGS[t % 10]}{SAID[draw.randrange(8)]}{draw.randrange(9999)}" for t in topics]
        body = "，".join(parts)
        who = f"{draw.randrange(people):032x}"
        spam, burst = draw.random() < 0.01, draw.random() < 0.01
        sentiment = draw.choice(("neg", "neg", "neg", "neu", "pos", "mixed"))
        stamp = _time(database, at)
        feedback.append((
            id_, source + 1, f"k{id_}", who, "", body, draw.choice((None, 1.0, 2.0, 5.0)),
            PRODUCTS[draw.randrange(2)], CHANNELS[source], f"5.{draw.randrange(9)}",
            SEGMENTS[draw.randrange(4)], "{}", stamp, stamp, 1, sentiment,
            draw.uniform(-1, 1), "bug", '["churn"]' if draw.random() < 0.02 else "[]",
            true if spam else false, true if burst else false, who,
        ))  # fmt: skip
        search.append((id_, body))
        at_char = 0
        for position, (topic, part) in enumerate(zip(topics, parts, strict=True)):
            unit = 2 * id_ + position
            intent = "praise" if topic % 11 == 0 else INTENTS[draw.randrange(4)]
            lost = draw.random() < 0.2
            units.append((
                unit, id_, position, at_char, at_char + len(part), "neg", draw.uniform(-1, 0.5), 0.9,
                intent, 0.9, None if lost else topic, None if lost else 0.8, "auto",
            ))  # fmt: skip
            at_char += len(part) + 1
            if not lost and topic <= REQUESTS and intent != "praise":
                evidence.append((unit, topic, unit, "auto"))
    return {"feedback": feedback, "unit": units, "evidence": evidence, "search": search}


_COLUMNS = {
    "feedback": "id source_id source_key author_key title text rating product channel app_version segment meta occurred_at ingested_at analyzed_run_id sentiment sentiment_score intent signals is_spam is_burst person_key",
    "unit": "id feedback_id position start end sentiment sentiment_score sentiment_confidence intent intent_confidence topic_id topic_similarity assigned_by",
    "evidence": "id request_id unit_id added_by",
}


def _write(database: Database, chunk: dict[str, list[tuple[Any, ...]]]) -> None:
    with database.write() as session:
        connection = session.connection()
        for table in ("feedback", "unit", "evidence"):
            if database.is_sqlite:
                connection.exec_driver_sql(_insert(database, table, _COLUMNS[table]), chunk[table])
            else:
                _copy(connection, table, _COLUMNS[table].split(), chunk[table])
        rendered: Iterator[tuple[int, str]]
        if database.is_sqlite:
            rendered = ((id_, " ".join(index_tokens(body))) for id_, body in chunk["search"])
            connection.exec_driver_sql(
                "INSERT INTO feedback_search (rowid, tokens) VALUES (?, ?)", list(rendered)
            )
        else:
            rendered = ((id_, _tsvector(index_tokens(body))) for id_, body in chunk["search"])
            _copy(connection, "feedback_search", ["feedback_id", "tokens"], rendered)


def _copy(connection: Any, table: str, columns: list[str], rows: Any) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    cursor = connection.connection.dbapi_connection.cursor()
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert(database: Database, table: str, columns: str) -> str:
    names = columns.split()
    mark = "?" if database.is_sqlite else "%s"
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({quoted}) VALUES ({', '.join([mark] * len(names))})"


def _time(database: Database, at: datetime) -> Any:
    return f"{at.replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}" if database.is_sqlite else at


def _set_quotes(database: Database) -> None:
    with database.write() as session:
        for topic in range(1, TOPICS + 1):
            ids = session.execute(
                text("SELECT id FROM unit WHERE topic_id = :topic ORDER BY id DESC LIMIT 5"),
                {"topic": topic},
            ).scalars()
            value = "CAST(:ids AS JSONB)" if not database.is_sqlite else ":ids"
            session.execute(
                text(f"UPDATE topic SET quote_unit_ids = {value} WHERE id = :topic"),
                {"ids": json.dumps(list(ids)), "topic": topic},
            )
