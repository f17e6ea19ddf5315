"""Feedback without authors: pieces are not called people."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import update
from sqlmodel import col
from typer.testing import CliRunner

from feedback_nlp.cli.app import build_app
from feedback_nlp.config import load_config
from feedback_nlp.report.data_notes import notes
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown
from feedback_nlp.report.wording import definitions, people_phrase
from feedback_nlp.report.workbook import render_workbook
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback
from feedback_nlp.week.figures import weekly
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

CONFIG = load_config()
pytestmark = pytest.mark.filterwarnings("ignore:Sparkline Group extension:UserWarning")


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
        requests, request, card, alerts = (
            CliRunner().invoke(build_app(), [*words, "--db", url]).output
            for words in (
                ["requests"],
                ["request", "REQ-1"],
                ["request", "REQ-1", "--card"],
                ["alerts", "--days", "400"],
            )
        )
        book = render_workbook(digest, (), ())
    assert digest.is_nameless
    assert any(note.startswith("未知作者，按条计") for note in notes(digest))
    assert "按条计" in dict(definitions(digest))["人数"]
    assert "（条数、严重程度" in dict(definitions(digest))["优先级"]
    for page in (render_html(digest), render_markdown(digest), top):
        assert "未知作者，按条计" in page
        assert "3→24 条" in page or "3 → <b>24</b> 条" in page
        assert not re.search(r"\d\s*(</b>\s*)?人(?!工)", page)
    for page in (topics, requests):
        assert "条数" in page
    for page in (topics, requests, request, card, alerts, *written(book)):
        assert not re.search(r"\d 人|人数", page)
    assert re.search(r"\d+ 条反馈、\d+ 句原话", request)
    assert "作者未知" in card
    assert re.search(r"\d 天 \d+ 条 +约 \d+\.\d 条", alerts)
    assert "未知作者，按条计" in topics


def written(book: bytes) -> list[str]:
    """Return the words of all sheets but the one that defines them."""
    sheets = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    return [
        str(value)
        for sheet in sheets
        if sheet.title != "口径说明"
        for row in sheet.iter_rows(values_only=True)
        for value in row
        if value is not None
    ]


def test_the_same_number_is_not_said_twice(new_database_url: Callable[[], str]) -> None:
    with nameless(new_database_url()) as (_, digest):
        total = digest.totals
        assert total.people.value == total.feedback.value
        fewer = replace(total.people, value=total.people.value - 2)
        copied = replace(digest, totals=replace(total, people=fewer))
    assert people_phrase(digest) == ""
    assert "去掉雷同计" not in render_markdown(digest)
    assert people_phrase(copied).startswith(f"，去掉雷同计 {fewer.value} 条（")


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
