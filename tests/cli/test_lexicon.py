from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from feedback_nlp.cli import lexicon as lexicon_module
from feedback_nlp.errors import FileUnreadable, InputError, NotFound
from feedback_nlp.store import Database
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback, Source, Topic
from tests.store.units import whole_unit

NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
BEFORE = ["昨晚", "首页", "点击", "请问", "安装", "孩子", "朋友", "手机"]
AFTER = ["进不去", "没了", "很慢", "卡住", "显示空白", "声音大", "闪退", "收费"]


@pytest.fixture
def url(database: Database) -> str:
    with database.write() as session:
        source = Source(name="官网", kind="in_app", created_at=NOW)
        topic = Topic(name="活动卡顿", keywords=["红包", "卡住"])
        session.add_all([source, topic])
        session.flush()
        for number in range(16):
            text = BEFORE[number % 8] + "红包雨" + AFTER[number * 3 % 8] + "呀" * (number // 8)
            feedback = Feedback(
                source_id=source.id or 0,
                source_key=str(number),
                text=text,
                occurred_at=NOW,
                ingested_at=NOW,
                person_key=f"p{number}",
            )
            session.add(feedback)
            session.flush()
            session.add(whole_unit(feedback, topic.id if number < 4 else None))
            index_feedback(session, [(feedback.id or 0, text)])
    return database.url.render_as_string(hide_password=False)


def run(url: str, *arguments: str) -> Result:
    app = typer.Typer()
    lexicon_module.register(app)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["lexicon", *arguments, "--db", url], env={"COLUMNS": "160"})


def test_suggestions_come_with_evidence(url: str) -> None:
    result = run(url, "suggest", "--json")
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)["suggestions"]
    assert (found["word"], found["pieces"]) == ("红包雨", ["红包", "雨"])
    assert all("红包雨" in example["text"] for example in found["examples"])
    table = run(url, "suggest").stdout
    assert "红包|雨" in table
    assert "lexicon add 红包雨" in table


def test_a_taught_or_stopped_word_is_not_suggested_again(url: str) -> None:
    run(url, "add", "红包雨")
    assert json.loads(run(url, "suggest", "--json").stdout)["suggestions"] == []
    run(url, "add", "红包雨", "--kind", "stop")
    assert "没有找到" in run(url, "suggest").stdout


def test_a_preview_saves_nothing(url: str) -> None:
    result = run(url, "preview", "红包雨", "--json")
    (change,) = json.loads(result.stdout)
    assert (change["found_count"], change["changed_count"]) == (16, 16)
    assert len(change["examples"]) == 5
    (topic,) = change["topics"]
    assert (topic["name"], topic["found_count"], topic["keywords"]) == ("活动卡顿", 4, ["红包"])
    shown = run(url, "preview", "红包雨").stdout
    assert "16 个观点提到" in shown
    assert "活动卡顿" in shown
    assert json.loads(run(url, "list", "--json").stdout) == {"version": 0, "entries": []}


def test_words_are_taught_listed_and_taken_back(url: str) -> None:
    assert "已收录：红包雨、蛋仔码" in run(url, "add", "红包雨", "蛋仔码", "--actor", "小王").stdout
    assert "已经有" in run(url, "add", "红包雨", "--actor", "小李").stdout
    assert "小王" in run(url, "list").stdout
    assert "已移除：红包雨" in run(url, "remove", "红包雨", "--actor", "小李").stdout
    assert "红包雨" not in run(url, "list").stdout
    assert "小李" in run(url, "list", "--all").stdout
    assert isinstance(run(url, "remove", "红包雨").exception, NotFound)


def test_a_dictionary_goes_out_and_comes_back(url: str, tmp_path: Path) -> None:
    run(url, "add", "红包雨", "--tag", "nz")
    run(url, "add", "套餐", "--kind", "stop")
    path = tmp_path / "words.txt"
    assert run(url, "export", "-o", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8") == "红包雨 nz\n套餐 stop\n"
    run(url, "remove", "红包雨", "套餐")
    assert "读到 2 个词，改动 2 处" in run(url, "import", str(path)).stdout
    assert "改动 0 处" in run(url, "import", str(path)).stdout
    assert json.loads(run(url, "list", "--json").stdout)["entries"][1]["kind"] == "stop"


def test_bad_words_and_files_are_refused(url: str, tmp_path: Path) -> None:
    assert isinstance(run(url, "add", "好词", "坏 词").exception, InputError)
    assert isinstance(run(url, "preview", "坏，词").exception, InputError)
    assert isinstance(run(url, "import", str(tmp_path / "none.txt")).exception, FileUnreadable)
    bad = tmp_path / "bad.txt"
    bad.write_text("好词\n好词 x y\n", encoding="utf-8")
    assert isinstance(run(url, "import", str(bad)).exception, InputError)
    assert run(url, "list").stdout.startswith("自建词典还是空的")
