"""What doctor finds, and what it exits with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from feedback_nlp.cli import doctor
from feedback_nlp.topics import bertopic_model

app = typer.Typer()
doctor.register(app)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def checks(*arguments: str) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in json.loads(run(*arguments, "--json").stdout)}


def test_all_well(new_database_url: Callable[[], str]) -> None:
    result = run("--db", new_database_url())
    assert result.exit_code == 0, result.output
    assert result.output.count("✓") == len(checks("--db", new_database_url()))
    assert "试读一句得到" in result.output
    assert "反馈 0 条" in result.output


def test_a_database_that_is_none_is_named_and_the_rest_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "letters.db"
    path.write_text("这不是数据库" * 200, encoding="utf-8")
    result = run("--db", str(path))
    assert result.exit_code == 1
    found = checks("--db", str(path))
    assert [name for name, row in found.items() if not row["ok"]] == ["数据库"]
    assert "letters.db" in found["数据库"]["detail"]
    assert found["模型"]["ok"]


def test_a_wrong_setting_is_named(
    new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "pipeline.toml"
    config.write_text("[topics]\nneighbours = '许多'\n", encoding="utf-8")
    monkeypatch.setenv("FEEDBACK_PIPELINE", str(config))
    found = checks("--db", new_database_url())
    assert not found["配置"]["ok"]
    assert "neighbours" in found["配置"]["detail"]


def test_damaged_models_are_named(
    new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    (folder / "encoder").mkdir(parents=True)
    (folder / "encoder" / "manifest.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("FEEDBACK_MODELS_DIR", str(folder))
    found = checks("--db", new_database_url())
    assert not found["模型"]["ok"]
    assert found["数据库"]["ok"]


def test_a_sqlite_without_full_text_search_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        def execute(self, _: str) -> None:
            raise sqlite3.OperationalError("no such module: fts5")

        def close(self) -> None:
            pass

    monkeypatch.setattr(sqlite3, "connect", lambda _: Bare())
    with pytest.raises(Exception, match="FTS5"):
        doctor._sqlite()


@pytest.mark.parametrize(("version", "words"), [("0.17.4", "BERTopic 0.17.4"), (None, "结果相同")])
def test_it_says_what_finds_the_topics(
    monkeypatch: pytest.MonkeyPatch, version: str | None, words: str
) -> None:
    monkeypatch.setattr(bertopic_model, "bertopic_version", lambda: version)
    assert words in doctor._topics()


def test_it_does_not_make_the_database_it_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "feedback.db"
    found = checks("--db", str(path))["数据库"]
    assert found["ok"]
    assert "还没有" in found["detail"]
    assert list(tmp_path.iterdir()) == []


def test_it_does_not_upgrade_the_database_it_looks_into(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    sqlite3.connect(path).close()
    path.touch()
    assert "结构版本 空，下次使用时升级" in checks("--db", str(path))["数据库"]["detail"]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
