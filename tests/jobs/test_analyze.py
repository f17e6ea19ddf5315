"""The analysis survives being killed anywhere, and says no to a second one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from feedback_nlp.demo import generate
from feedback_nlp.errors import Conflict
from feedback_nlp.jobs import analyze
from feedback_nlp.jobs.analyze import run_analysis
from feedback_nlp.jobs.ingest import ingest_file
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, analysis
from feedback_nlp.store.exclusive import hold
from feedback_nlp.store.tables import FeatureRequest, Feedback, FeedbackUnit, Run, Topic
from tests.fast_reading import fast_config

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
ZONE = Settings().zone
ANALYZE = """
import sys
from datetime import UTC, datetime
import feedback_nlp.jobs.analyze as job
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from tests.fast_reading import fast_config
job.CHUNK_SIZE = 50
job.run_analysis(
    Database(sys.argv[1]),
    fast_config(),
    zone=Settings().zone,
    now=lambda: datetime.now(UTC),
    progress=lambda stage, done, total: print(stage, done, flush=True),
)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the beginnings of two of the demo's files."""
    folder = tmp_path_factory.mktemp("files")
    generate(folder)
    for name, rows in (("android_store.csv", 240), ("app_store.csv", 60)):
        whole = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(whole[: rows + 1]))
    return folder


@pytest.fixture(scope="module")
def filled(new_database_url: Callable[[], str], files: Path) -> Iterator[Callable[[], Database]]:
    """Return a function that makes a database with a few hundred feedback, not analysed."""
    opened: list[Database] = []

    def make() -> Database:
        database = Database(new_database_url())
        opened.append(database)
        ingest_file(
            database,
            files / "android_store.csv",
            IngestOptions(source="应用商店", zone=ZONE, secret="test"),
            now=lambda: NOW,
        )
        return database

    yield make
    for database in opened:
        database.dispose()


@pytest.fixture(scope="module")
def undisturbed(filled: Callable[[], Database]) -> Database:
    """A database that was analysed in peace; to be read only."""
    database = filled()
    run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)
    return database


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return all that an analysis decides, without times and run numbers.

    Units and topics go by their place among all: on PostgreSQL a killed transaction uses
    up ids.
    """
    with database.read() as session:
        units = list(session.exec(select(FeedbackUnit).order_by(col(FeedbackUnit.id))))
        topics = list(session.exec(select(Topic).order_by(col(Topic.id))))
        place = {unit.id: number for number, unit in enumerate(units)}
        rank: dict[int | None, int] = {topic.id: number for number, topic in enumerate(topics)}
        return {
            "feedback": [
                (f.id, f.sentiment, f.sentiment_score, f.intent, f.signals, f.person_key, f.is_spam)
                for f in session.exec(select(Feedback).order_by(col(Feedback.id)))
            ],
            "units": [
                (
                    place[u.id],
                    u.feedback_id,
                    u.start,
                    u.end,
                    u.sentiment,
                    u.intent,
                    None if u.topic_id is None else rank[u.topic_id],
                )
                for u in units
            ],
            "topics": [
                (rank[t.id], t.name, t.state, t.keywords, [place[u] for u in t.quote_unit_ids])
                for t in topics
            ],
            "requests": [
                (r.key, r.title, r.priority, r.status)
                for r in session.exec(select(FeatureRequest).order_by(col(FeatureRequest.id)))
            ],
        }


def test_killed_anywhere_it_ends_where_an_undisturbed_run_ends(
    undisturbed: Database, filled: Callable[[], Database]
) -> None:
    expected = contents(undisturbed)
    assert expected["units"]

    disturbed = filled()
    chance = random.Random(20261121)
    url = disturbed.url.render_as_string(hide_password=False)
    kills = 0
    for steps in (1, 3, 6):  # of a dozen: a machine's speed cannot let the run escape
        process = subprocess.Popen(
            [sys.executable, "-c", ANALYZE, url], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(steps):
            process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 2
    run_analysis(disturbed, fast_config(), zone=ZONE, now=lambda: NOW)
    assert contents(disturbed) == expected


def test_a_run_left_open_by_a_crash_is_closed(database: Database) -> None:
    with database.write() as session:
        session.add(
            Run(
                kind="analyze",
                started_at=NOW,
                figures={},
            )
        )
    run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)
    with database.read() as session:
        assert list(session.exec(select(Run.status).order_by(col(Run.id)))) == [
            "aborted",
            "complete",
        ]


def test_a_second_analysis_at_the_same_time_is_refused(database: Database) -> None:
    with hold(database, "analyze", "另一个进程正在分析这个数据库"):
        elsewhere = Database(database.url.render_as_string(hide_password=False))
        with pytest.raises(Conflict, match="正在分析"):
            run_analysis(elsewhere, fast_config(), zone=ZONE, now=lambda: NOW)
        elsewhere.dispose()
    run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)


def test_a_run_that_was_overtaken_stores_nothing(
    filled: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that slept through the loss of its lock wakes up and must not write."""
    database = filled()
    from feedback_nlp.jobs.topics import _find_topics as real

    def overtaken(*arguments: Any, **options: Any) -> Any:
        with database.write() as session:
            analysis.start_run(session, config={}, versions={}, now=NOW)
        return real(*arguments, **options)

    monkeypatch.setattr(analyze, "_find_topics", overtaken)
    with pytest.raises(Conflict, match="取代"):
        run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)
    assert contents(database)["topics"] == []


def test_reading_in_other_chunks_changes_nothing(
    undisturbed: Database, filled: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = filled()
    monkeypatch.setattr("feedback_nlp.jobs.analyze.CHUNK_SIZE", 37)
    run_analysis(other, fast_config(), zone=ZONE, now=lambda: NOW)
    assert contents(undisturbed) == contents(other)


def test_what_comes_later_joins_the_same_topics(
    filled: Callable[[], Database], files: Path
) -> None:
    database = filled()
    run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)
    before = contents(database)
    ingest_file(
        database,
        files / "app_store.csv",
        IngestOptions(source="App Store", zone=ZONE, secret="test"),
        now=lambda: NOW,
    )
    run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)
    after = contents(database)
    assert len(after["units"]) > len(before["units"])
    assert [row[:6] for row in after["units"]][: len(before["units"])] == [
        row[:6] for row in before["units"]
    ]
    assert {row[0] for row in before["topics"]} <= {row[0] for row in after["topics"]}
    assert {row[0] for row in before["requests"]} <= {row[0] for row in after["requests"]}


def test_a_run_ends_while_people_go_on_posting(
    filled: Callable[[], Database], tmp_path: Path
) -> None:
    """What comes in while it reads is the next run's; else topics are never found."""
    database = filled()
    with database.read() as session:
        waiting = session.exec(select(func.count(col(Feedback.id)))).one()
    posted = 0

    def post(stage: str, _done: int, _total: int) -> None:
        nonlocal posted
        if stage != "阅读反馈" or posted >= 20:  # an end, should the run not find its own
            return
        posted += 1
        path = tmp_path / f"{posted}.csv"
        path.write_text(f"内容\n付款页第 {posted} 次闪退\n", encoding="utf-8")
        options = IngestOptions(source="小程序", zone=ZONE, secret="test")
        ingest_file(database, path, options, now=lambda: NOW)

    report = run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW, progress=post)
    assert report.read_count == waiting
    assert 0 < posted < 20
    again = run_analysis(database, fast_config(), zone=ZONE, now=lambda: NOW)
    assert again.read_count == posted
