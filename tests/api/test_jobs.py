"""Classification jobs over the API: sent, watched, done by a worker, downloaded, gone."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
from starlette.formparsers import MultiPartParser
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_api.access.policy import needed_scope
from feedback_nlp.access import Scope
from feedback_nlp.batch import payload, scorer
from feedback_nlp.config import load_config
from feedback_nlp.jobs import bulk, bulk_files
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, job_queue
from feedback_nlp.worker import Beat, Worker, Workplace, handlers, plans
from tests.api.conftest import NOW, TEXTS
from tests.batch.fake import FakeEngine

PHONE, NAME = "13912345678", "欧阳晓彤"
ROWS = f"编号,评价,昵称,门店\n1,一直闪退 请打 {PHONE},{NAME},城南店\n2,很好用,小岛住客,城北店\n"


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(scorer, "Engine", FakeEngine)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "jobs"


@pytest.fixture
def place(database: Database, settings: Settings, folder: Path) -> Workplace:
    there = settings.model_copy(update={"jobs_folder": folder})
    return Workplace(database, there, load_config(), now=lambda: NOW)


@pytest.fixture
def client(place: Workplace) -> Iterator[TestClient]:
    with TestClient(create_app(place.settings, now=lambda: NOW)) as client:
        yield client


def send(client: TestClient, content: str | bytes = ROWS, name: str = "a.csv", **form: Any):
    return client.post("/v1/jobs", files={"file": (name, content)}, data=form)


def work(place: Workplace) -> None:
    worker = Worker(place)
    while worker.do_one():
        pass


def watched(told: Any = lambda *_: None) -> Beat:
    return cast("Beat", told)


def on_disk(folder: Path) -> str:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths), paths
    return "".join(path.read_text("utf-8", "replace") for path in paths)


def test_a_file_is_masked_read_and_downloaded(client, place, folder):
    sent = send(client, keep=["门店", "昵称"], actor="林晓", output="csv")
    assert sent.status_code == 202, sent.text
    job = sent.json()
    assert (job["state"], job["actor"], job["origin"]) == ("queued", "林晓", "file")
    assert job["taken"]["rows"] == 2
    assert job["taken"]["hashed_columns"] == ["昵称"]
    assert job["taken"]["dropped_columns"] == []
    assert job["worker_alive"] is False
    where = sent.headers["Location"]
    assert client.get(f"{where}/result").status_code == 409
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    waiting = on_disk(folder)
    assert "一直闪退" in waiting
    assert PHONE not in waiting
    assert NAME not in waiting

    work(place)
    done = client.get(where).json()
    assert done["state"] == "done"
    assert done["result"]["written"] == 2
    assert done["expires_at"].startswith((NOW + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M"))
    got = client.get(done["download"])
    assert got.headers["content-type"].startswith("text/csv")
    assert f"feedback-job-{job['id']}.csv" in got.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"))))
    assert [(row["id"], row["门店"], row["intent"]) for row in rows] == [
        ("1", "城南店", "bug"),
        ("2", "城北店", "bug"),
    ]
    assert len(rows[0]["昵称"]) == 32
    assert "〔手机号·" in rows[0]["text"]
    assert PHONE not in on_disk(folder) + got.text + client.get("/v1/jobs").text
    assert not list(folder.rglob("input.jsonl"))


def test_columns_that_nobody_asked_for_are_dropped_and_named(client, place):
    sent = send(client, f"评价,城市,打过 {PHONE} 吗\n闪退,宁波,是\n")
    (city, asked) = sent.json()["taken"]["dropped_columns"]
    assert city == "城市"
    assert asked.startswith("打过 〔手机号·")
    work(place)
    rows = client.get(f"{sent.headers['Location']}/result").text.splitlines()
    assert list(json.loads(rows[0])) == [
        "id", "text", "sentiment", "sentiment_score", "intent", "units"
    ]  # fmt: skip
    assert json.loads(rows[0])["id"] == 1


def test_a_selection_of_what_is_stored(client, place, stored):
    sent = client.post("/v1/jobs", data={"product": "小岛记账", "output": "parquet"})
    assert sent.status_code == 202, sent.text
    assert (sent.json()["origin"], sent.json()["taken"]["rows"]) == ("selection", 3)
    work(place)
    got = client.get(f"{sent.headers['Location']}/result")
    table = pq.read_table(io.BytesIO(got.content))
    assert sorted(table["text"].to_pylist()) == sorted(text for text, *_ in TEXTS[:3])
    assert set(table["source"].to_pylist()) == {"官网"}
    assert table.schema.field("units").type.value_type.field("intent") is not None


@pytest.mark.parametrize(
    ("form", "file", "words"),
    [
        ({}, None, "没有文件"),
        ({"week": "2026-W47"}, ROWS, "只能要一样"),
        ({"week": "2026-W47", "keep": "门店"}, None, "只有文件才能写 keep"),
        ({"week": "2026-W47", "topics": "true"}, None, "还没有主题"),
        ({"product": "没有这个"}, None, "没有一条反馈符合条件"),
        ({"text_column": "没有"}, ROWS, "文件里没有列"),
        ({"keep": "没有"}, ROWS, "没有这样的列"),
        ({}, "x,y\n1,2\n3,4\n", "text_column"),
        ({}, "", "文件是空的"),
        ({}, "评价\n", "没有"),
        ({"output": "pdf"}, ROWS, "output"),
        ({"outptu": "csv"}, ROWS, "没有这个字段"),
    ],
)
def test_what_cannot_be_a_job_is_refused_and_leaves_nothing(client, folder, form, file, words):
    files = None if file is None else {"file": ("a.csv", file)}
    answer = client.post("/v1/jobs", files=files, data=form)
    assert answer.status_code in (404, 422), answer.text
    assert words in answer.text
    assert not folder.exists() or list(folder.iterdir()) == []
    assert client.get("/v1/jobs").json()["items"] == []


def test_rows_that_cannot_be_read_are_counted_and_not_kept(client, folder):
    taken = send(client, f'{{"text": "闪退"}}\n{{"text": "{PHONE}\n', "a.jsonl").json()["taken"]
    assert (taken["rows"], taken["rejected"]) == (1, {"bad-json": 1})
    assert taken["rejected_lines"] == [{"line": 2, "reason": "bad-json"}]
    assert PHONE not in on_disk(folder)


def test_a_file_of_too_many_rows_is_refused_and_leaves_nothing(client, folder, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_UPLOAD_ROWS", 2)
    assert send(client, "text\n好\n坏\n", "a.csv").status_code == 202
    refused = send(client, "text\n好\n坏\n行\n", "a.csv")
    assert refused.status_code == 422
    assert "超过 2 行" in refused.json()["detail"]
    assert len(list(folder.iterdir())) == 1


def test_a_job_is_cancelled_and_its_files_go(client, place, folder, database):
    where = send(client).headers["Location"]
    assert client.post(f"{where}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{where}/cancel").status_code == 409
    assert client.get(f"{where}/result").status_code == 409
    with database.read() as session:
        now = job_queue.database_time(session)
    assert sweep(place, now) == []  # a worker may be writing still
    assert sweep(place, now + timedelta(minutes=2)) == ["sweep"]
    assert list(folder.iterdir()) == []


def test_a_result_expires(client, place, folder):
    where = send(client).headers["Location"]
    work(place)
    assert client.get(f"{where}/result").status_code == 200
    assert sweep(place, NOW + timedelta(hours=23)) == []
    late = NOW + timedelta(hours=25)
    client.app.state.services.now = lambda: late
    assert client.get(f"{where}/result").status_code == 410
    assert sweep(place, late) == ["sweep"]
    assert list(folder.iterdir()) == []
    assert client.get(f"{where}/result").status_code == 410


def sweep(place: Workplace, now) -> list[str]:
    """Do what is due of sweeping at a moment; return the jobs."""
    there = Workplace(place.database, place.settings, place.config, now=lambda: now)
    with place.database.read() as session:
        due = [one.kind for one in plans.due(session, there) if one.kind == "sweep"]
    for _ in due:
        handlers.sweep(there, {}, watched())
    return due


def test_a_killed_worker_costs_a_chunk(client, place, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 10)
    lines = [json.dumps({"text": f"闪退 {n}"}, ensure_ascii=False) for n in range(30)]
    where = send(client, "\n".join(lines), "a.jsonl").headers["Location"]
    FakeEngine.read = 0

    class Killed(BaseException):
        pass

    def die(_stage: str, done: int, _total: int) -> None:
        if done >= 20:
            raise Killed

    with place.database.write() as session:
        claimed = job_queue.claim(session, ["classify"], timedelta(seconds=-1))
    assert claimed is not None
    with pytest.raises(Killed):
        handlers.classify(place, claimed.payload, watched(die))
    assert FakeEngine.read == 20
    monkeypatch.setattr(handlers, "_TURN_SECONDS", -1.0)  # and others have their turns
    monkeypatch.setattr(bulk.Slice, "is_over", once())
    work(place)
    assert FakeEngine.read == 30
    done = client.get(where).json()
    assert (done["state"], done["attempts"]) == ("done", 2)
    got = client.get(done["download"]).text.splitlines()
    assert [json.loads(line)["id"] for line in got] == list(range(1, 31))


def once():
    asked: list[int] = []

    def is_over(_self) -> bool:
        asked.append(1)
        return len(asked) == 1

    return is_over


def test_a_job_that_was_done_but_not_told_is_told(client, place):
    where = send(client).headers["Location"]
    job = int(where.rsplit("/", 1)[-1])
    with place.database.read() as session:
        wanted = job_queue.one(session, job).payload
    first = handlers.classify(place, wanted, watched())
    assert handlers.classify(place, wanted, watched()) == first


def test_a_worker_that_does_not_see_the_folder_says_so(client, place, tmp_path):
    where = send(client).headers["Location"]
    elsewhere = place.settings.model_copy(update={"jobs_folder": tmp_path / "else"})
    work(Workplace(place.database, elsewhere, place.config, now=lambda: NOW))
    assert "FEEDBACK_JOBS_FOLDER" in client.get(where).json()["error"]


def test_only_so_many_wait(client, monkeypatch):
    monkeypatch.setattr("feedback_api.routes.jobs._MAX_OPEN", 1)
    assert send(client).status_code == 202
    assert send(client).status_code == 409


def test_only_who_may_write_sees_jobs():
    assert needed_scope("GET", "/v1/jobs/1/result") is Scope.WRITE
    assert needed_scope("POST", "/v1/jobs") is Scope.WRITE


def test_a_file_that_is_sent_is_never_spooled_to_the_disk(client, place):
    assert MultiPartParser.spool_max_size > place.settings.max_upload_bytes
    assert send(client, "x" * (place.settings.max_upload_bytes + 1)).status_code == 413


def test_an_erased_person_is_in_no_file_of_a_job(client, stored, place, folder):
    client.post(
        "/v1/feedback",
        json={
            "source": {"name": "官网", "kind": "in_app"},
            "items": [{"source_key": "p-1", "text": "鼋鼍图标点不开", "author": "user-9"}],
        },
    )
    client.post("/v1/jobs", data={"q": "图标", "output": "csv"})
    client.post("/v1/jobs", data={"source": "官网"})
    work(place)
    assert "鼋鼍" in on_disk(folder)
    erased = client.post("/v1/people/erase", json={"author": "user-9", "actor": "林晓"})
    assert erased.status_code == 200
    left = on_disk(folder)
    assert "鼋鼍" not in left
    assert "希望能导出" in left


def test_where_jobs_lie_by_default(database):
    folder = bulk_files.jobs_folder(None, database.url)
    assert folder.name.endswith(".jobs")
