"""A folder of Parquet, a folder a day: written, read back, replaced by day."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from feedback_nlp.batch import partitions, payload, scorer
from feedback_nlp.batch.plan import RowPlan
from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError
from tests.batch.fake import FakeEngine
from tests.batch.test_batch_runs import ZONE, lines, run

ROWS = [
    ("1", "一直闪退", "2026-11-25 09:00"),
    ("2", "菜凉了", "2026/11/26"),
    ("3", "很好用", "2026-11-25"),
    ("4", "还行", "前天"),
    ("5", "太慢了", "2026-11-26T23:10:00"),
]


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(scorer, "Engine", FakeEngine)


def written(path: Path, rows=ROWS) -> Path:
    text = "".join(
        json.dumps({"id": i, "text": t, "at": at}, ensure_ascii=False) + "\n" for i, t, at in rows
    )
    path.write_text(text)
    return path


def days(folder: Path) -> dict[str | None, list[str]]:
    found = duckdb.sql(
        f"select \"at\"::varchar, list(id order by id) from read_parquet('{folder}/*/*.parquet', "
        "hive_partitioning = true, hive_types_autocast = false) group by 1 order by 1"
    ).fetchall()
    return dict(found)


def test_a_day_is_a_folder_that_others_read(tmp_path, monkeypatch):
    source = written(tmp_path / "in.jsonl")
    report = run(source, tmp_path / "out", partition_by="at")
    assert report.written == 5
    assert days(tmp_path / "out") == {
        "2026-11-25": ["1", "3"],
        "2026-11-26": ["2", "5"],
        None: ["4"],
    }
    files = sorted((tmp_path / "out").rglob("*"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in files}
    assert modes == {0o700, 0o600}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []

    run(tmp_path / "out", tmp_path / "again.jsonl")
    assert sorted((row["id"], row["at"]) for row in lines(tmp_path / "again.jsonl")) == [
        ("1", "2026-11-25"),
        ("2", "2026-11-26"),
        ("3", "2026-11-25"),
        ("4", ""),
        ("5", "2026-11-26"),
    ]
    run(tmp_path / "out", tmp_path / "copy", partition_by="at", keep=())
    assert days(tmp_path / "copy") == days(tmp_path / "out")


def test_a_day_that_comes_out_again_replaces_itself_alone(tmp_path):
    run(written(tmp_path / "a.jsonl"), tmp_path / "out", partition_by="at")
    late = [("2", "菜凉了", "2026-11-26"), ("9", "等了很久", "2026-11-26")]
    run(written(tmp_path / "b.jsonl", late), tmp_path / "out", partition_by="at")
    assert days(tmp_path / "out")["2026-11-26"] == ["2", "9"]
    assert days(tmp_path / "out")["2026-11-25"] == ["1", "3"]


def test_the_bytes_do_not_depend_on_chunks_or_resuming(tmp_path, monkeypatch):
    source = written(tmp_path / "in.jsonl")
    run(source, tmp_path / "whole", partition_by="at")
    monkeypatch.setattr(payload, "CHUNK_ROWS", 2)

    class Killed(Exception):
        pass

    def die(done):
        if done.rows >= 4:
            raise Killed

    with pytest.raises(Killed):
        run(source, tmp_path / "cut", die, partition_by="at", resume=True)
    assert not (tmp_path / "cut").exists()
    run(source, tmp_path / "cut", partition_by="at", resume=True)

    def content(folder: Path):
        return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.parquet")}

    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_memory_is_bounded_by_writing_more_files(tmp_path, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 2)
    monkeypatch.setattr(partitions, "_HELD_ROWS", 2)
    run(written(tmp_path / "in.jsonl"), tmp_path / "out", partition_by="at")
    names = [path.name for path in sorted((tmp_path / "out" / "at=2026-11-25").iterdir())]
    assert names == ["part-00000.parquet", "part-00001.parquet"]
    assert days(tmp_path / "out")["2026-11-25"] == ["1", "3"]


def test_what_cannot_be_a_folder_of_days(tmp_path):
    source = written(tmp_path / "in.jsonl")
    with pytest.raises(InputError, match="不能按它分目录"):
        run(source, tmp_path / "out", partition_by="没有")
    (tmp_path / "file").write_text("旧的")
    with pytest.raises(InputError, match="是一个文件"):
        run(source, tmp_path / "file", partition_by="at")
    assert (tmp_path / "file").read_text() == "旧的"


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (datetime(2026, 11, 25, 20, tzinfo=UTC), "2026-11-26"),  # in Shanghai
        (datetime(2026, 11, 25, 20), "2026-11-25"),
        (date(2026, 1, 2), "2026-01-02"),
        ("2026.1.2 上午", "2026-01-02"),
        ("2026-13-01", None),
        ("20260101", None),
        (7, None),
        (None, None),
    ],
)
def test_the_day_of_a_cell(cell, day):
    plan = RowPlan(config=load_config(), zone=ZONE, layouts=(), kind="parquet")
    assert partitions.day_of(cell, plan) == day
