"""Feedback without authors: pieces are not called people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import update
from sqlmodel import col
from typer.testing import CliRunner

from feedback_nlp.cli.app import build_app
from feedback_nlp.config import load_config
from feedback_nlp.report.data_notes import notes
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown
from feedback_nlp.report.wording import definitions
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback
from feedback_nlp.week.figures import weekly
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

CONFIG = load_config()


@contextmanager
def nameless(url: str, *conditions: object) -> Iterator[tuple[Database, WeeklyDigest]]:
    """Forget the authors of the six weeks, of those that fulfil the conditions."""
    with six_weeks(url) as (database, _):
        with database.write() as session:
            statement = update(Feedback).values(author_key=None)
            session.execute(statement.where(*conditions))  # type: ignore[arg-type]
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        with database.read() as session:
            digest = weekly(
                session, Scope(WEEK, ZONE), rank_config=CONFIG.rank, report_config=CONFIG.report
            )
        yield database, digest


def test_without_any_author_everything_is_counted_in_pieces(
    new_database_url: Callable[[], str],
) -> None:
    url = new_database_url()
    with nameless(url) as (_, digest):
        top, topics = (
            CliRunner().invoke(build_app(), [*words, "--db", url]).output
            for words in (["top"], ["topics", "list"])
        )
    assert digest.is_nameless
    assert any(note.startswith("未知作者，按条计") for note in notes(digest))
    assert "按条计" in dict(definitions(digest))["人数"]
    for page in (render_html(digest), render_markdown(digest), top):
        assert "未知作者，按条计" in page
        assert "3→24 条" in page or "3 → <b>24</b> 条" in page
        assert not re.search(r"\d\s*(</b>\s*)?人(?!工)", page)
    assert "条数" in topics
    assert "人数" not in topics
    assert "未知作者，按条计" in topics


def test_where_some_have_authors_the_others_are_told(new_database_url: Callable[[], str]) -> None:
    with nameless(new_database_url(), col(Feedback.rating).is_not(None)) as (_, digest):
        assert not digest.is_nameless
        number = digest.totals.authorless.value
    assert 0 < number < digest.totals.feedback.value
    assert f"{digest.totals.feedback.value} 条里有 {number} 条未知作者，按条计入人数。" in notes(
        digest
    )


def test_where_all_have_authors_nothing_is_said(new_database_url: Callable[[], str]) -> None:
    with nameless(new_database_url(), col(Feedback.id) < 0) as (_, digest):
        assert not any("未知作者" in note for note in notes(digest))
