"""What doctor finds, and what it exits with."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from feedback_nlp.cli import doctor
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, Setting, Source
from feedback_nlp.topics import bertopic_model

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)

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
    assert {"数据库", "完整性"} <= {name for name, row in found.items() if not row["ok"]}
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


def filled(path: Path, hours: list[int], count: int = 400) -> Path:
    """Return a database of feedback written at these hours, UTC."""
    database = Database(str(path))
    database.migrate()
    with database.write() as session:
        source = Source(name="问卷", kind="survey", created_at=NOW)
        session.add(source)
        session.flush()
        for number in range(count):
            at = NOW.replace(hour=hours[number % len(hours)]) - timedelta(days=number % 20)
            session.add(
                Feedback(
                    source_id=source.id or 0,
                    source_key=str(number),
                    text="登录以后白屏，重装也没用" * 5,
                    occurred_at=at,
                    ingested_at=NOW,
                )
            )
    database.dispose()
    return path


def test_a_zone_in_which_everybody_writes_at_night_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "x.db", [1, 2, 3, 4, 5, 9, 12])  # 9–13 o'clock in Shanghai
    assert checks("--db", str(path))["时区"]["ok"]
    monkeypatch.setenv("FEEDBACK_TIMEZONE", "UTC")
    found = checks("--db", str(path))["时区"]
    assert not found["ok"]
    assert "UTC" in found["detail"]
    assert "凌晨" in found["detail"]


def test_an_unknown_zone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_TIMEZONE", "Asia/Beijing2")
    found = checks("--db", str(tmp_path / "x.db"))
    assert "Asia/Beijing2" in found["配置"]["detail"]
    assert not found["配置"]["ok"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_rotten_bytes_anywhere_are_found_or_harmless_and_never_a_traceback(
    tmp_path: Path, share: float
) -> None:
    path = filled(tmp_path / "x.db", [3])
    content = bytearray(path.read_bytes())
    at = int(len(content) * share) // 4096 * 4096  # the head of a page
    content[at : at + 400] = b"\xa5" * 400
    path.write_bytes(content)
    result = run("--db", str(path))
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    found = checks("--db", str(path))
    assert not (found["完整性"]["ok"] and found["数据库"]["ok"])
    assert "Traceback" not in result.output


def test_it_names_files_that_others_may_read(tmp_path: Path) -> None:
    path = filled(tmp_path / "x.db", [3], 1)
    assert checks("--db", str(path))["权限"]["ok"]
    path.chmod(0o644)
    (tmp_path / "x.db.key").write_text("00" * 32)
    (tmp_path / "x.db.key").chmod(0o604)
    found = checks("--db", str(path))["权限"]
    assert not found["ok"]
    assert "x.db（0644）" in found["detail"]
    assert "x.db.key（0604）" in found["detail"]
    assert path.stat().st_mode & 0o777 == 0o644, "it changes nothing"


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "x.db", [3], 1)
    assert checks("--db", str(path))["磁盘"]["ok"]
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found = checks("--db", str(path))["磁盘"]
    assert not found["ok"]
    assert "磁盘只剩 5 MB" in found["detail"]


def test_it_leaves_no_file_behind(tmp_path: Path) -> None:
    filled(tmp_path / "x.db", [3], 1)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    run("--db", str(tmp_path / "x.db"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_key_inside_the_database_is_named(tmp_path: Path) -> None:
    path = filled(tmp_path / "x.db", [3], 1)
    database = Database(str(path))
    with database.write() as session:
        session.add(Setting(key="secret", value={"hex": "00" * 32}))
    database.dispose()
    found = checks("--db", str(path))["密钥"]
    assert not found["ok"]
    assert "还在数据库里" in found["detail"]
