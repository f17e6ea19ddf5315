from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from feedback_nlp.cli import search as search_module
from feedback_nlp.cli.search import highlighted
from feedback_nlp.errors import InputError
from feedback_nlp.store import Database
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback, Source

NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
TEXTS = ["申请退款三次了", "退款一直不到账，客服态度恶劣", "登錄失敗", "[bold]退款[/bold]"]


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    search_module.register(app)
    return app


@pytest.fixture
def url(database: Database) -> str:
    with database.write() as session:
        source = Source(name="官网", kind="in_app", created_at=NOW)
        session.add(source)
        session.flush()
        for number, text in enumerate(TEXTS):
            feedback = Feedback(
                source_id=source.id or 0,
                source_key=str(number),
                text=text,
                product="小岛记账" if number else None,
                sentiment="neg" if number else None,
                occurred_at=NOW + timedelta(days=number),
                ingested_at=NOW,
            )
            session.add(feedback)
            session.flush()
            index_feedback(session, [(feedback.id or 0, text)])
    return database.url.render_as_string(hide_password=False)


def marked(text: Text) -> list[str]:
    return [text.plain[span.start : span.end] for span in text.spans]


def test_hits_come_newest_first_as_json(app: typer.Typer, url: str) -> None:
    result = CliRunner().invoke(app, ["退款", "--db", url, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["total_count"] == 3
    assert [item["text"] for item in found["items"]] == [TEXTS[3], TEXTS[1], TEXTS[0]]
    assert found["items"][0]["source"] == "官网"


def test_limit_and_total(app: typer.Typer, url: str) -> None:
    result = CliRunner().invoke(app, ["退款", "--db", url, "--limit", "1"])
    assert "共 3 条，列出最新 1 条" in result.stdout
    assert "[bold]退款[/bold]" in result.stdout  # a text is never read as markup
    assert TEXTS[1] not in result.stdout


def test_a_table_tells_when_where_and_how_it_feels(app: typer.Typer, url: str) -> None:
    result = CliRunner().invoke(app, ["登录", "--db", url])
    for word in ("2026-11-18 09:30", "官网", "负面", "登錄失敗", "共 1 条"):
        assert word in result.stdout


def test_one_product(app: typer.Typer, url: str) -> None:
    result = CliRunner().invoke(app, ["申请退款", "--db", url, "--product", "小岛记账"])
    assert "没有找到" in result.stdout
    assert result.exit_code == 0


def test_a_query_without_words_is_refused(app: typer.Typer, url: str) -> None:
    result = CliRunner().invoke(app, ["！？", "--db", url])
    assert isinstance(result.exception, InputError)


def test_every_hit_is_marked_in_any_script() -> None:
    assert marked(highlighted("登錄失敗，ＡＰＰ登录不了", "登录 app")) == ["登錄", "登录", "ＡＰＰ"]


def test_a_long_text_is_shown_around_its_hit() -> None:
    text = "前" * 300 + "退款" + "后" * 300
    snippet = highlighted(text, "退款")
    assert snippet.plain.startswith("…")
    assert snippet.plain.endswith("…")
    assert len(snippet.plain) == 122
    assert marked(snippet) == ["退款"]


def test_line_breaks_do_not_move_the_marks() -> None:
    snippet = highlighted("第一行\n\n退款\r\n第三行", "退款")
    assert "\n" not in snippet.plain
    assert marked(snippet) == ["退款"]
