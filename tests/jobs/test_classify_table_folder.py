"""A table to a folder of Parquet, a folder a day: new keys only, nothing twice, nothing missed."""

from __future__ import annotations

import os
import sqlite3
from zoneinfo import ZoneInfo

import pyarrow.dataset as ds
import pytest

from feedback_nlp.batch import scorer, sql_tables, table_folders
from feedback_nlp.config import load_config
from feedback_nlp.errors import Conflict, InputError, StoreError
from feedback_nlp.files import lock_alone
from feedback_nlp.jobs.classify_table import classify_table
from feedback_nlp.jobs.options import TableOptions
from tests.batch.fake import FakeEngine

DAYS = ("2026-11-25", "2026-11-26 08:00:00", "2026/11/27", None)


@pytest.fixture(autouse=True)
def _fake(monkeypatch):
    monkeypatch.setattr(scorer, "Engine", FakeEngine)
    monkeypatch.setattr(sql_tables, "PAGE_ROWS", 3)
    FakeEngine.read = 0


@pytest.fixture
def shop(tmp_path):
    rows = [(n, f"第{n}次闪退", DAYS[n % 4]) for n in range(1, 12)]
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("create table reviews (id integer, content text, day text)")
        db.executemany("insert into reviews values (?, ?, ?)", rows)
    db.close()
    return f"sqlite:///{tmp_path}/shop.db"


def change(shop, sql):
    with sqlite3.connect(shop.removeprefix("sqlite:///")) as db:
        db.execute(sql)
    db.close()


def run(source, target, progress=lambda _rows: None, **said):
    said = {"table": "reviews", "key": "id", "partition_by": "day"} | said
    options = TableOptions(
        zone=ZoneInfo("Asia/Shanghai"), source=source, target=str(target), **said
    )
    return classify_table(load_config(), options, progress=progress)


def contents(folder):
    found = ds.dataset(folder, format="parquet", partitioning="hive").to_table().to_pylist()
    return sorted(found, key=lambda row: row["id"])


def test_rows_lie_in_the_folder_of_their_day(shop, tmp_path):
    report = run(shop, tmp_path / "read")
    assert (report.found, report.known, report.written) == (11, 0, 11)
    names = sorted(path.name for path in (tmp_path / "read").iterdir())
    assert names == [
        "day=2026-11-25",
        "day=2026-11-26",
        "day=2026-11-27",
        "day=__HIVE_DEFAULT_PARTITION__",
    ]
    rows = contents(tmp_path / "read")
    assert [row["id"] for row in rows] == list(range(1, 12))
    assert [str(row["day"]) for row in rows[:3]] == ["2026-11-26", "2026-11-27", "None"]
    assert rows[0]["units"][0]["text"] == "第1次闪退"
    assert rows[0]["sentiment"] == "neg"


def test_only_what_is_new_is_read_and_small_keys_are_not_missed(shop, tmp_path):
    run(shop, tmp_path / "read")
    change(shop, "insert into reviews values (-5, '来晚的一条', '2026-11-25')")
    report = run(shop, tmp_path / "read")
    assert (report.found, report.known, report.written) == (12, 11, 1)
    assert FakeEngine.read == 12
    assert [row["id"] for row in contents(tmp_path / "read")] == [-5, *range(1, 12)]


def test_again_replaces_a_row_whose_day_has_changed(shop, tmp_path):
    run(shop, tmp_path / "read")
    change(shop, "update reviews set content = '好多了', day = '2026-11-30' where id = 4")
    change(shop, "delete from reviews where id > 4")
    run(shop, tmp_path / "read", again=True)
    rows = contents(tmp_path / "read")
    assert [row["id"] for row in rows] == list(range(1, 12))  # what the source lacks stays
    assert str(rows[3]["day"]) == "2026-11-30"
    assert rows[3]["units"][0]["text"] == "好多了"


@pytest.mark.parametrize("held", [1, 4, 1_000])
def test_a_stopped_run_goes_on(shop, tmp_path, monkeypatch, held):
    monkeypatch.setattr(table_folders, "_HELD_ROWS", held)

    class Stopped(Exception):
        pass

    def stop(rows):
        if rows >= 6:
            raise Stopped

    with pytest.raises(Stopped):
        run(shop, tmp_path / "read", stop)
    run(shop, tmp_path / "read")
    whole = tmp_path / "whole"
    run(shop, whole)
    assert contents(tmp_path / "read") == contents(whole)


def test_text_keys_and_masked_texts(shop, tmp_path):
    change(shop, "update reviews set content = '回我13800001111' where id = 1")
    query = "select 'k' || id as id, content, day from reviews"
    said = {"table": None, "query": query, "redact": True, "secret": "s" * 32}
    run(shop, tmp_path / "read", **said)
    assert run(shop, tmp_path / "read", **said).known == 11
    found = {row["id"]: row["text"] for row in contents(tmp_path / "read")}
    assert "13800001111" not in found["k1"]
    assert found["k2"] == "第2次闪退"


def test_two_at_once_are_refused(shop, tmp_path):
    (tmp_path / "read").mkdir()
    handle = os.open(tmp_path / "read", os.O_RDONLY)
    try:
        lock_alone(handle, "", hint="")
        with pytest.raises(Conflict, match="另一个进程"):
            run(shop, tmp_path / "read")
    finally:
        os.close(handle)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"into": "read"}, "只给一个"),
        ({"partition_by": None}, "要给一个"),
        ({"partition_by": "week"}, "不能按 week"),
        ({"partition_by": "content"}, "不能按 content"),
    ],
)
def test_what_cannot_be_is_said(shop, tmp_path, said, told):
    with pytest.raises(InputError, match=told):
        run(shop, tmp_path / "read", **said)


def test_a_url_a_file_and_files_of_others_are_no_folder(shop, tmp_path):
    with pytest.raises(InputError, match="不是目录"):
        run(shop, shop)
    other = tmp_path / "read" / "day=2026-11-25"
    other.mkdir(parents=True)
    (other / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(StoreError, match="不是 classify-table 写的"):
        run(shop, tmp_path / "read")
