"""Table to table: new keys only, nothing twice, nothing missed."""

from __future__ import annotations

import json
import sqlite3
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.batch import scorer, sql_tables
from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError, StoreError
from feedback_nlp.jobs.classify_table import classify_table
from feedback_nlp.jobs.options import TableOptions
from tests.batch.fake import FakeEngine

ROWS = [(n, f"第{n}次闪退", f"店{n % 2}") for n in range(1, 8)]


@pytest.fixture(autouse=True)
def _fake(monkeypatch):
    monkeypatch.setattr(scorer, "Engine", FakeEngine)
    monkeypatch.setattr(sql_tables, "PAGE_ROWS", 3)
    FakeEngine.read = 0


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as db:
        db.execute("create table reviews (id integer, content text, shop text)")
        db.executemany("insert into reviews values (?, ?, ?)", ROWS)
    db.close()
    return f"sqlite:///{path}"


def run(source, target, progress=lambda _rows: None, **said):
    said = {"table": "reviews", "key": "id", "into": "read"} | said
    options = TableOptions(zone=ZoneInfo("Asia/Shanghai"), source=source, target=target, **said)
    return classify_table(load_config(), options, progress=progress)


def contents(url: str, table: str = "read"):
    with sql_tables.connect(url) as database:
        names, rows = database.fetch(f'SELECT * FROM "{table}" ORDER BY 1')
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(params=["sqlite", "duckdb", "same", "server"])
def target(request, tmp_path, shop, new_database_url):
    match request.param:
        case "sqlite":
            return f"sqlite:///{tmp_path}/read.db"
        case "duckdb":
            pytest.importorskip("duckdb")
            return f"duckdb:///{tmp_path}/read.duckdb"
        case "same":
            return shop
        case _:
            return new_database_url()


def test_new_keys_are_read_once_late_ones_too(shop, target):
    report = run(shop, target)
    assert (report.found, report.known, report.written, report.without_key) == (7, 0, 7, 0)
    first = contents(target)[0]
    assert (first["id"], first["sentiment"], first["intent"]) == (1, "neg", "bug")
    assert json.loads(first["units"])[0]["text"] == "第1次闪退"
    assert json.loads(first["models"]) == FakeEngine.versions
    with sqlite3.connect(shop.removeprefix("sqlite:///")) as db:
        db.execute("insert into reviews values (-5, '来晚的一条', '')")
    db.close()
    report = run(shop, target)
    assert (report.found, report.known, report.written) == (8, 7, 1)
    assert [row["id"] for row in contents(target)] == [-5, *range(1, 8)]
    assert FakeEngine.read == 8


def test_a_stopped_run_goes_on(shop, target):
    class StoppedError(Exception):
        pass

    def stop(rows):
        if rows >= 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(shop, target, progress=stop)
    assert len(contents(target)) == 3
    report = run(shop, target)
    assert (report.known, report.written, len(contents(target))) == (3, 4, 7)


def test_again_replaces(shop, target):
    run(shop, target)
    with sqlite3.connect(shop.removeprefix("sqlite:///")) as db:
        db.execute("update reviews set content = '改过了' where id = 4")
    db.close()
    assert run(shop, target).written == 0
    assert run(shop, target, again=True).written == 7
    rows = contents(target)
    assert len(rows) == 7
    assert json.loads(rows[3]["units"])[0]["text"] == "改过了"


def test_a_query_with_text_keys_colons_and_rows_without_a_key(shop, tmp_path):
    query = "select case when id = 2 then null else 'k' || id || ':é' end as 编号, content from reviews;"
    said = {"table": None, "query": query, "key": "编号"}
    report = run(shop, f"{tmp_path}/r.db", **said)
    assert (report.found, report.written, report.without_key) == (6, 6, 1)
    assert [row["编号"] for row in contents(f"{tmp_path}/r.db")][:2] == ["k1:é", "k3:é"]


def test_a_parquet_folder_by_duckdb(tmp_path):
    pytest.importorskip("duckdb")
    import pyarrow as pa
    import pyarrow.parquet as pq

    for day in ("2026-11-01", "2026-11-02"):
        folder = tmp_path / f"day={day}"
        folder.mkdir()
        table = pa.table({"id": [f"{day}-1"], "text": ["菜凉了"]})
        pq.write_table(table, folder / "a.parquet")
    query = f"select * from read_parquet('{tmp_path}/*/*.parquet', hive_partitioning = true)"
    report = run("duckdb://", f"{tmp_path}/r.db", table=None, query=query)
    assert report.written == 2


def test_redacted_text_is_written_beside_its_units(shop, tmp_path):
    with sqlite3.connect(shop.removeprefix("sqlite:///")) as db:
        db.execute("update reviews set content = '打 13800138000 没人接' where id = 1")
    db.close()
    with pytest.raises(InputError, match="FEEDBACK_SECRET"):
        run(shop, f"{tmp_path}/r.db", redact=True)
    run(shop, f"{tmp_path}/r.db", redact=True, secret="s" * 32)
    row = contents(f"{tmp_path}/r.db")[0]
    unit = json.loads(row["units"])[0]
    assert "13800138000" not in json.dumps(row)
    assert row["text"][unit["start"] : unit["end"]] == unit["text"]


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        ({"key": "编号"}, InputError, "没有键列 编号"),
        ({"text": "body"}, InputError, "没有文字列 body"),
        ({"query": "select 1"}, InputError, "只给一个"),
        ({"table": "没有"}, StoreError, "数据库报错"),
        ({"target": "mssql://x"}, StoreError, "驱动|无法识别"),
    ],
)
def test_mistakes_are_told(shop, tmp_path, said, error, told):
    target = said.pop("target", f"{tmp_path}/r.db")
    with pytest.raises(error, match=told):
        run(shop, target, **said)
