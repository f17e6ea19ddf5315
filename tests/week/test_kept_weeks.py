"""A post leaves a week as it was told, or what the week stands on shows that it does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any

import pytest
from sqlalchemy import event, text

from feedback_nlp.config import load_config
from feedback_nlp.jobs.posts import PostDesk
from feedback_nlp.pipeline import basis_of_week, tell_week
from feedback_nlp.records import RawItem
from feedback_nlp.report.as_json import to_payload
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database, standings
from tests.store.test_changes import UNWATCHED
from tests.week.six_weeks import NOW, ZONE, six_weeks

CONFIG = load_config()
_KEYS = numbers()


@pytest.fixture
def filled(new_database_url):
    with six_weeks(new_database_url()) as (database, _build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
            if not database.is_sqlite:  # rows were given their ids
                last = "(SELECT max(id) FROM feedback)"
                session.execute(text(f"SELECT setval('feedback_id_seq', {last})"))
        yield database


def post(database: Database, at: datetime) -> None:
    desk, key = PostDesk(database), f"new-{next(_KEYS)}"
    item = RawItem(
        1, key, "又闪退了，退款也不到账", author=key, rating=1.0, segment="新客", product="小岛日记",
        occurred_at=at, meta={"是否推荐给朋友": 3},
    )  # fmt: skip
    desk.post([item], source="问卷", now=NOW, kind=None).result(60)
    desk.close()


def told(database: Database, week: str | None):
    options: dict[str, Any] = {"zone": ZONE, "now": NOW, "week": week}
    with database.read() as session:
        basis = basis_of_week(session, CONFIG, **options)
        return basis, to_payload(tell_week(session, CONFIG, **options))


@pytest.mark.parametrize("week", [None, "2026-W46", "2026-10"])
def test_a_week_reads_the_same_as_long_as_what_it_stands_on_is_the_same(
    filled: Database, week: str | None
) -> None:
    basis, before = told(filled, week)
    end = datetime.fromisoformat(before["last_day"]).replace(tzinfo=ZONE) + timedelta(days=1)
    kept, moved = 0, 0
    for back in (-20, -1, 0, 1, 6, 8, 15, 40, 55, 62, 70, 100, 400):
        at = end - timedelta(days=back) + (timedelta() if back <= 0 else timedelta(hours=1))
        changes = filled.changes()
        post(filled, at.astimezone(UTC))
        assert filled.changes() == changes
        now_basis, now = told(filled, week)
        if now_basis == basis:
            assert now == before, f"{back} days before the end"
            kept += 1
        moved += now != before
        if back <= 0:
            assert now_basis == basis, "what is said later leaves the week alone"
        basis, before = now_basis, now
    assert kept >= 4
    assert moved >= 3, "the test sees what a post into the week does"


def test_a_digest_reads_only_tables_whose_changes_count(filled: Database) -> None:
    """But for the kept sums, which say what the watched rows say."""
    said: list[str] = []
    sums = {"stale", "subject_count", "week_standing", "setting"}
    with filled.read() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *a: said.append(a[2]))
        tell_week(session, CONFIG, zone=ZONE, now=NOW)
        standings.keep(filled, session)
    words = {word for statement in said for word in re.findall(r"\w+", statement)}
    read = {table for table in UNWATCHED if re.search(rf"(FROM|JOIN) {table}\b", " ".join(said))}
    assert "feedback" in words
    assert read <= sums
