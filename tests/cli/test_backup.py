"""``backup`` and ``restore`` by command, and what a damaged database says to every command."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedback_nlp.cli.app import main
from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.records import RawItem
from feedback_nlp.store import Database
from feedback_nlp.store.keys import key_path

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """Run a command; return its exit code, output and errors."""

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return stop.value.code, printed.out, printed.err

    return run


def filled(url: str) -> str:
    database = Database(url)
    database.migrate()
    items = [RawItem(n, f"k{n}", f"第{n}次打开就闪退") for n in range(300)]
    ingest_items(database, items, source="问卷", now=NOW)
    database.dispose()
    return url


def test_there_and_back(
    call: Callable[..., tuple[object, str, str]],
    new_database_url: Callable[[], str],
    tmp_path: Path,
) -> None:
    url = filled(new_database_url())
    code, out, err = call("backup", "-o", str(tmp_path), "--db", url, "--json")
    assert code == 0, err
    path = Path(json.loads(out)["path"])
    assert path.parent == tmp_path
    assert str(key_path(Database(url).url)) in err, "it says where the key is"
    other = new_database_url()
    code, _, err = call("restore", str(path), "--db", other)
    assert code == 4
    assert "--force" in err
    assert call("restore", str(path), "--db", other, "--force")[0] == 0
    code, out, _ = call("search", "闪退", "--db", other, "--json")
    assert code == 0
    assert "闪退" in out


def test_the_restored_database_takes_feedback_only_under_its_key(
    call: Callable[..., tuple[object, str, str]], tmp_path: Path
) -> None:
    url = filled(f"sqlite:///{tmp_path}/a.db")
    assert call("backup", "-o", str(tmp_path / "copy"), "--db", url)[0] == 0
    moved = f"sqlite:///{tmp_path}/b.db"
    code, _, err = call("restore", str(tmp_path / "copy"), "--db", moved)
    assert code == 0
    assert "这里没有密钥" in err
    (tmp_path / "more.csv").write_text("评论内容\n打不开\n", encoding="utf-8")
    more = ["ingest", str(tmp_path / "more.csv"), "--source", "问卷"]
    code, _, err = call(*more, "--db", moved)
    assert code == 6
    assert "找不到密钥文件" in err
    (tmp_path / "a.db.key").rename(tmp_path / "b.db.key")
    assert call(*more, "--db", moved)[0] == 0


def test_what_is_missing_is_told(
    call: Callable[..., tuple[object, str, str]], tmp_path: Path
) -> None:
    assert call("backup", "--db", str(tmp_path / "none.db"))[0] == 3
    assert call("restore", str(tmp_path / "none"), "--db", str(tmp_path / "x.db"))[0] == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ["search", "闪退"],
        ["top"],
        ["batches"],
        ["topics", "list"],
        ["requests"],
        ["export", "feedback", "-o", "-"],
        ["backup", "-o", "copy"],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75])
def test_rotten_bytes_are_one_line_to_every_command(
    call: Callable[..., tuple[object, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    share: float,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.db"
    filled(str(path))
    content = bytearray(path.read_bytes())
    at = int(len(content) * share) // 4096 * 4096
    content[at : at + 400] = b"\xa5" * 400
    path.write_bytes(content)
    code, _, err = call(*command, "--db", str(path))  # anything but SystemExit fails here
    assert code in (0, 2, 3, 7), err
    assert len(err.strip().splitlines()) <= 2 or code == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", b"\xff\xfe\xff"),
        ("occurred_at", "gestern"),
        ("meta", "{"),
        ("signals", b"\xa5\xa5"),
    ],
)
def test_rotten_values_are_one_line(
    call: Callable[..., tuple[object, str, str]], tmp_path: Path, column: str, value: object
) -> None:
    path = tmp_path / "a.db"
    filled(str(path))
    connection = sqlite3.connect(path)
    # The bytes stay of the type text, as a flipped bit would leave them.
    connection.execute(f"UPDATE feedback SET {column} = CAST(? AS TEXT) WHERE id = 7", (value,))
    connection.commit()
    connection.close()
    code, _, err = call("export", "feedback", "-o", "-", "--db", str(path))
    assert code == 7, err
    assert len(err.strip().splitlines()) == 1
