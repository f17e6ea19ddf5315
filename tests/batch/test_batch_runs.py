"""What comes out depends on the input alone: not on workers, chunks, kills or formats."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from threadpoolctl import threadpool_info

from feedback_nlp.batch import payload, scorer
from feedback_nlp.config import load_config
from feedback_nlp.errors import Conflict, FileUnreadable, InputError
from feedback_nlp.jobs.classify import classify_file
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.tabular import read_rows
from tests.batch.fake import FakeEngine

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = [
    "一直闪退，求修复",
    "房间干净，早餐一般",
    "贷款怎么提前还？",
    "这关太难了！",
    "",
    "车机反应慢",
]


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(scorer, "Engine", FakeEngine)


def run(source, target: Path, progress=lambda _done: None, **said):
    sources = source if isinstance(source, list) else [source]
    options = ClassifyOptions(zone=ZONE, **said)
    return classify_file(sources, target, load_config(), options, progress=progress)


def reviews(path: Path, count: int = 23) -> Path:
    rows = [{"id": n, "text": TEXTS[n % 6], "shop": f"店{n % 3}"} for n in range(count)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def lines(path: Path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "name", ["o.jsonl", "o.csv", "o.tsv", "o.csv.gz", "o.jsonl.gz", "o.parquet", "o.xlsx"]
)
def test_the_size_of_chunks_changes_no_row(tmp_path, fake, monkeypatch, name):
    source = reviews(tmp_path / "in.jsonl")
    run(source, tmp_path / f"one-{name}")
    monkeypatch.setattr(payload, "CHUNK_ROWS", 4)
    run(source, tmp_path / f"many-{name}")
    one, many = (tmp_path / f"{kind}-{name}" for kind in ("one", "many"))
    assert list(read_rows(one)) == list(read_rows(many))
    if name in ("o.jsonl", "o.csv", "o.tsv", "o.parquet"):
        assert one.read_bytes() == many.read_bytes()


def test_parquet_has_units_as_structs_and_keeps_the_types_of_columns(tmp_path, fake):
    table = pa.table(
        {
            "id": pa.array([7, 8], pa.int64()),
            "text": ["卡", "好"],
            "price": pa.array([1.5, None], pa.float32()),
            "at": pa.array([0, 1], pa.timestamp("ns")),
            "tags": pa.array([["快"], []], pa.list_(pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    out = pq.read_table(tmp_path / "out.parquet")
    assert pa.types.is_list(out.schema.field("units").type)
    assert out["units"].to_pylist()[0][0]["text"] == "卡"
    for name in ("price", "at", "tags"):
        assert out[name].type == table[name].type
        assert out[name].to_pylist() == table[name].to_pylist()


def test_a_row_that_is_too_long_costs_no_type(tmp_path, fake):
    table = pa.table({"text": ["卡", "长" * 1_000_001], "price": pa.array([1, 2], pa.int16())})
    pq.write_table(table, tmp_path / "in.parquet")
    report = run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    out = pq.read_table(tmp_path / "out.parquet")
    assert (report.reasons, out["price"].to_pylist()) == ({"cell-too-long": 1}, [1, None])
    assert out["id"].to_pylist() == [1, 2]


def test_a_folder_with_partitions_and_a_broken_file(tmp_path, fake):
    folder = tmp_path / "in"
    (folder / "day=2026-11-02").mkdir(parents=True)
    reviews(folder / "day=2026-11-02" / "b.jsonl", 2)
    (folder / "a.csv").write_text("text\n菜咸了\n")
    (folder / "broken.parquet").write_bytes(b"PAR1 no")
    (folder / "_SUCCESS").touch()
    (folder / "notes.md").write_text("x")
    report = run(folder, tmp_path / "o.jsonl")
    rows = lines(tmp_path / "o.jsonl")
    assert [row["input_file"] for row in rows] == [
        "a.csv", "broken.parquet", "day=2026-11-02/b.jsonl", "day=2026-11-02/b.jsonl",
    ]  # fmt: skip
    assert [row.get("day") for row in rows] == [None, None, "2026-11-02", "2026-11-02"]
    assert (report.read, report.failed, report.reasons) == (4, 1, {"file-unreadable": 1})
    assert [Path(name).name for name in report.skipped] == ["notes.md"]


def test_patterns(tmp_path, fake):
    for name in ("b", "a"):
        reviews(tmp_path / f"{name}.jsonl", 1)
    report = run(tmp_path / "*.jsonl", tmp_path / "o.csv")
    assert report.files == 2
    assert [Path(r.values["input_file"]).name for r in read_rows(tmp_path / "o.csv")] == [
        "a.jsonl", "b.jsonl",
    ]  # fmt: skip
    with pytest.raises(FileUnreadable, match="没有文件符合"):
        run(tmp_path / "*.parquet", tmp_path / "o.csv")


def test_rejects_go_aside_with_line_and_reason(tmp_path, fake):
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "卡"}\nno json 13800138000\n\n{"text": "好"}\n')
    report = run(source, tmp_path / "o.jsonl", rejects=tmp_path / "r.jsonl", redact=True)
    assert [row["text"] for row in lines(tmp_path / "o.jsonl")] == ["卡", "好"]
    assert [row["id"] for row in lines(tmp_path / "o.jsonl")] == [1, 3]
    (reject,) = lines(tmp_path / "r.jsonl")
    assert (reject["line"], reject["reason"]) == (2, "bad-json")
    assert "13800138000" not in reject["raw"]
    assert report.read == report.written + report.failed == 3


def test_columns_are_chosen_and_an_unknown_one_is_an_error(tmp_path, fake):
    source = tmp_path / "in.csv"
    source.write_text("text,star,city,intent\n卡,1,成都,x\n")
    run(source, tmp_path / "o.jsonl", keep=("intent", "city"))
    assert list(lines(tmp_path / "o.jsonl")[0])[6:] == ["city", "input_intent"]
    run(source, tmp_path / "o.csv", keep=("intent", "city"), rejects=tmp_path / "r.csv")
    header = (tmp_path / "o.csv").read_text("utf-8-sig").splitlines()[0]
    assert header == "id,text,sentiment,sentiment_score,intent,units,input_intent,city"
    with pytest.raises(InputError, match=r"没有这样的列：价格.*star、city"):
        run(source, tmp_path / "o.csv", keep=("价格",))


def test_a_column_that_comes_too_late_is_told(tmp_path, fake):
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "卡"}\n' * 300 + '{"text": "好", "late": 1}\n')
    assert run(source, tmp_path / "o.csv").unplaced == {"late": 1}
    assert run(source, tmp_path / "o.jsonl").unplaced == {}


def test_progress_ends_at_the_end(tmp_path, fake, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 5)
    seen: list[Any] = []
    run(reviews(tmp_path / "in.jsonl"), tmp_path / "o.jsonl", progress=seen.append)
    assert [done.rows for done in seen] == [5, 10, 15, 20, 23]
    assert seen[-1].share == 1.0


def test_one_process_adds_up_in_one_thread_as_workers_do(tmp_path, fake, monkeypatch):
    seen: list[int] = []
    understand = FakeEngine.understand

    def watched(engine, texts):
        seen.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return understand(engine, texts)

    monkeypatch.setattr(FakeEngine, "understand", watched)
    run(reviews(tmp_path / "in.jsonl"), tmp_path / "o.jsonl")
    assert set(seen) == {1}


class _Stopped(Exception):
    pass


def _stop_at(rows: int):
    def stop(done):
        if done.rows >= rows:
            raise _Stopped

    return stop


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.parquet", "o.xlsx"])
def test_a_run_goes_on_where_it_was_and_reads_no_chunk_twice(tmp_path, fake, monkeypatch, name):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 4)
    source = reviews(tmp_path / "in.jsonl")
    run(source, tmp_path / f"whole-{name}")
    target = tmp_path / name
    with pytest.raises(_Stopped):
        run(source, target, progress=_stop_at(12), resume=True)
    assert not target.exists()
    FakeEngine.read = 0
    run(source, target, resume=True)
    assert FakeEngine.read == 23 - 12
    assert list(read_rows(target)) == list(read_rows(tmp_path / f"whole-{name}"))
    assert not (tmp_path / f"{name}.parts").exists()


def test_damaged_and_half_written_parts_are_done_again(tmp_path, fake, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 4)
    source, target = reviews(tmp_path / "in.jsonl"), tmp_path / "o.jsonl"
    with pytest.raises(_Stopped):
        run(source, target, progress=_stop_at(16), resume=True)
    parts = tmp_path / "o.jsonl.parts"
    (parts / "00000000.part").write_bytes(b"torn")
    (parts / "00000001.json").write_bytes(b'{"read"')
    (parts / "00000002.part").unlink()
    FakeEngine.read = 0
    run(source, target, resume=True)
    assert FakeEngine.read == 23 - 4
    assert [row["id"] for row in lines(target)] == list(range(23))


def test_the_parts_of_another_run_are_refused(tmp_path, fake, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 4)
    source, target = reviews(tmp_path / "in.jsonl"), tmp_path / "o.jsonl"
    with pytest.raises(_Stopped):
        run(source, target, progress=_stop_at(8), resume=True)
    with pytest.raises(Conflict, match="选项变了"):
        run(source, target, resume=True, redact=True)
    monkeypatch.setattr(FakeEngine, "versions", {"fake": "2"})
    with pytest.raises(Conflict, match="模型变了"):
        run(source, target, resume=True)
    monkeypatch.undo()
    monkeypatch.setattr(scorer, "Engine", FakeEngine)
    source.write_text(source.read_text() + '{"text": "新的"}\n')
    with pytest.raises(Conflict, match="输入变了"):
        run(source, target, resume=True)


def test_parts_without_a_plan_are_not_trusted(tmp_path, fake, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 4)
    source, target = reviews(tmp_path / "in.jsonl"), tmp_path / "o.jsonl"
    with pytest.raises(_Stopped):
        run(source, target, progress=_stop_at(8), resume=True)
    (tmp_path / "o.jsonl.parts" / "plan.json").unlink()
    source.write_text(source.read_text().replace("闪退", "黑屏"))
    run(source, target, resume=True)
    assert "闪退" not in target.read_text()


_KILLED = """
import os, signal, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from feedback_nlp.batch import payload
from feedback_nlp.config import load_config
from feedback_nlp.jobs.classify import classify_file
from feedback_nlp.jobs.options import ClassifyOptions

def progress(done):
    if done.rows >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    payload.CHUNK_ROWS = 50
    options = ClassifyOptions(zone=ZoneInfo("Asia/Shanghai"), workers=2, resume=True)
    classify_file(Path(sys.argv[1]), Path(sys.argv[2]), load_config(), options, progress=progress)
"""


def test_kill_9_of_the_parent_of_two_workers(tmp_path, monkeypatch):
    source, target = reviews(tmp_path / "in.jsonl", 1_000), tmp_path / "o.jsonl"
    script = tmp_path / "killed.py"
    script.write_text(f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n" + _KILLED)
    died = subprocess.run([sys.executable, script, source, target, "300"], check=False)
    assert died.returncode == -signal.SIGKILL
    kept = len(list((tmp_path / "o.jsonl.parts").glob("*.json"))) - 1
    assert kept >= 300 // 50
    monkeypatch.setattr(payload, "CHUNK_ROWS", 50)
    run(source, target, resume=True)
    run(source, tmp_path / "whole.jsonl")
    assert target.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_getting_workers_ready_leaves_this_process_all_its_cores(monkeypatch):
    from feedback_nlp.batch import fork_server

    started = []
    monkeypatch.setattr(
        "multiprocessing.forkserver.ensure_running",
        lambda: started.append(os.environ["OMP_NUM_THREADS"]),
    )
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    fork_server.prepare()
    assert started == ["1"]
    assert "OMP_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    fork_server.prepare()
    assert started == ["1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == "3"
