"""Kill -9 at random points; running again ends in the state of an undisturbed run."""

import os
import random
import signal
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from feedback_nlp.jobs import ingest
from feedback_nlp.jobs.ingest import ingest_file
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.store import Database
from feedback_nlp.store.search import matches
from feedback_nlp.store.tables import Feedback, IngestBatch, RejectedRow

ROWS = 2_400
KILLS = 6

FEEDBACK = ["source_key", "text", "rating", "occurred_at", "author_key", "meta"]
REJECTED = ["line", "reason", "detail", "raw"]
TOTALS = ["status", "read_count", "accepted_count", "duplicate_count", "rejected_count"]


def feedback_file(path: Path) -> Path:
    lines = ["text,star,time,user"]
    for n in range(ROWS):
        star = n % 5 + 1
        words = "" if n % 97 == 0 else f"第{n % 4000}次打开就闪退，请尽快修复"
        extra = ",多" if n % 211 == 0 else ""
        lines.append(f"{words},{star},2026-03-0{n % 9 + 1} 10:22:31,u{n % 700}{extra}")
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def start(url: str, file: Path) -> int:
    """Fork a process that ingests; return its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: a fork beside threads
        pid = os.fork()
    if pid:
        return pid
    try:
        ingest_file(
            Database(url),
            file,
            IngestOptions(source="s", zone=ZoneInfo("Asia/Shanghai"), secret="fixed"),
            now=lambda: datetime.now(UTC),
        )
    except BaseException:
        os._exit(1)
    os._exit(0)


def ended(pid: int, within: float) -> bool:
    """Wait for a process at most so long; tell whether it ended by itself, and well."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            assert status == 0
            return True
        time.sleep(0.002)
    return False


def dump(url: str):
    """Return all that was stored, without ids and clocks, and the accounts of all batches."""

    def rows(session, table, names, first_batch):
        columns = [getattr(table, name) for name in names]
        query = select(*columns).where(table.batch_id == first_batch).order_by(*columns[:2])
        return [tuple(row) for row in session.exec(query)]

    database = Database(url)
    with database.read() as session:
        batches = session.exec(select(IngestBatch).order_by(col(IngestBatch.id))).all()
        feedback = rows(session, Feedback, FEEDBACK, batches[0].id)
        rejected = rows(session, RejectedRow, REJECTED, batches[0].id)
        assert session.exec(select(func.count()).select_from(Feedback)).one() == len(feedback)
        found = [
            session.exec(
                select(func.count()).select_from(Feedback).where(matches(session, word))
            ).one()
            for word in ("闪退", "第2399次")
        ]
    database.dispose()
    accounts = [tuple(getattr(batch, name) for name in TOTALS) for batch in batches]
    return feedback, rejected, found, accounts


def test_killed_ingest_ends_like_an_undisturbed_one(tmp_path, new_database_url, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK_SIZE", 50)
    file = feedback_file(tmp_path / "a.csv")
    calm, rough = new_database_url(), new_database_url()
    begun = time.monotonic()
    assert ended(start(calm, file), within=120)
    seconds = time.monotonic() - begun
    random.seed(11)
    killed = 0
    for _ in range(KILLS):
        pid = start(rough, file)
        if not ended(pid, within=random.uniform(0.02, 0.4) * seconds):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            killed += 1
    assert ended(start(rough, file), within=120)
    assert killed >= 1
    *expected, (account,) = dump(calm)
    *found, accounts = dump(rough)
    assert found == expected
    assert accounts[0] == account
    # a run that was quicker than its kill leaves later ones to find duplicates only
    assert all(status == "complete" and accepted == 0 for status, _, accepted, _, _ in accounts[1:])
