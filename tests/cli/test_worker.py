"""``feedback-nlp worker`` and ``jobs``: what waits is done, and said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from feedback_nlp.cli import own_worker, worker
from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem
from feedback_nlp.store import Database, job_queue
from feedback_nlp.store.job_queue import Wanted
from feedback_nlp.store.tables import Feedback
from tests.worker.test_worker import MONDAY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(database: Database):
    app = typer.Typer()
    worker.register(app)

    def invoke(*arguments: str):
        url = database.url.render_as_string(hide_password=False)
        return CliRunner().invoke(app, [*arguments, "--db", url], catch_exceptions=False)

    return invoke


def test_once_does_what_is_due_and_ends(run, database):
    items = [RawItem(1, "1", "一直闪退"), RawItem(2, "2", "早餐不错")]
    ingest_items(database, items, source="官网", now=MONDAY, kind=SourceKind.IN_APP)
    result = run("worker", "--once")
    assert "（分析）完成" in result.stderr
    with database.read() as session:
        assert all(session.exec(select(Feedback.analyzed_run_id)))
    listed = run("jobs", "list")
    assert "分析" in listed.stdout
    assert "完成" in listed.stdout
    states = {job["kind"]: job["state"] for job in json.loads(run("jobs", "list", "--json").stdout)}
    assert states["analyze"] == "done"


def test_jobs_are_listed_cancelled_and_retried(run, database):
    assert "还没有任务" in run("jobs", "list").stdout
    with database.write() as session:
        job_id = job_queue.enqueue(session, Wanted(kind="analyze", payload={}, actor="林晓")).id
        claimed = job_queue.claim(session, ["analyze"])
        assert claimed is not None
        job_queue.renew(
            session, claimed, progress={"stage": "阅读反馈", "done": 1500, "total": 3000}
        )
    listed = run("jobs", "list")
    assert "1,500/3,000" in listed.stdout
    assert "林晓" in listed.stdout
    assert "没有 worker" in listed.stderr
    assert "已取消" in run("jobs", "cancel", str(job_id)).stdout
    assert "取消" in run("jobs", "list", "--state", "cancelled").stdout
    with pytest.raises(Conflict):
        run("jobs", "cancel", str(job_id))
    assert "已重新排上" in run("jobs", "retry", str(job_id)).stdout
    with pytest.raises(NotFound):
        run("jobs", "retry", "99")


_SERVE = "import typer; from feedback_nlp.cli.serve import serve; typer.run(serve)"


def test_the_service_s_own_worker_reads_what_is_posted_and_ends_with_it(database):
    """Started as people start it; killed without mercy, it leaves no worker behind."""
    environment = {
        **os.environ,
        "FEEDBACK_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "FEEDBACK_ANALYZE_AFTER_SECONDS": "0",
        "FEEDBACK_DIGEST_AT": "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "api")]),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        assert process.stderr is not None
        try:
            items = [RawItem(1, "1", "一直闪退")]
            ingest_items(database, items, source="官网", now=MONDAY, kind=SourceKind.IN_APP)
            done = threading.Timer(120, process.kill)  # a test that waits for ever tells nothing
            done.start()
            assert any("（分析）完成" in line for line in process.stderr)
            done.cancel()
        finally:
            process.send_signal(signal.SIGKILL)
        # The pipe is the worker's as well: it closes when the last of them has ended.
        assert "worker 已停止" in process.stderr.read()
    with database.read() as session:
        assert all(session.exec(select(Feedback.analyzed_run_id)))


def test_a_worker_that_dies_is_started_again(monkeypatch, capsys):
    started: list[subprocess.Popen[bytes]] = []

    def start(_url: str) -> subprocess.Popen[bytes]:
        code = "raise SystemExit(3)" if not started else "import time; time.sleep(60)"
        started.append(subprocess.Popen([sys.executable, "-c", code]))
        return started[-1]

    monkeypatch.setattr(own_worker, "_start", start)
    monkeypatch.setattr(own_worker, "_AGAIN_AFTER_SECONDS", 0.01)
    with own_worker.own_worker("sqlite:///none.db"):
        deadline = time.monotonic() + 60
        while len(started) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert started[0].returncode == 3
    assert started[1].poll() is not None
