"""The worker does what is due, says what became of it, and loses nothing when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError
from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.labels import SourceKind
from feedback_nlp.pipeline import tell_week
from feedback_nlp.records import RawItem
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, job_queue
from feedback_nlp.store.exclusive import hold
from feedback_nlp.store.job_queue import Wanted
from feedback_nlp.store.tables import Feedback, Job
from feedback_nlp.weeks import Week
from feedback_nlp.worker import Later, Worker, Workplace, plans, presence

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai


@pytest.fixture
def place(database: Database) -> Workplace:
    return Workplace(database, Settings(), load_config(), now=lambda: MONDAY)


def queue(database: Database, **more) -> int:
    with database.write() as session:
        job = job_queue.enqueue(session, Wanted(**({"kind": "x", "payload": {}} | more)))
        assert job.id is not None
        return job.id


def jobs(database: Database) -> list[Job]:
    with database.read() as session:
        return job_queue.page(session)


def post(database: Database, at: datetime, *texts: str) -> None:
    items = [RawItem(n, f"{at:%H%M}-{n}", text) for n, text in enumerate(texts)]
    ingest_items(database, items, source="官网", now=at, kind=SourceKind.IN_APP)


class TestWhatIsDue:
    def due(self, place: Workplace, now: datetime = MONDAY) -> list[str]:
        there = Workplace(place.database, place.settings, place.config, now=lambda: now)
        with place.database.read() as session:
            return [wanted.slot or wanted.kind for wanted in plans.due(session, there)]

    def test_new_feedback_is_read_once_it_has_waited(self, place):
        sunday = MONDAY - timedelta(days=1, hours=14)
        post(place.database, sunday, "一直闪退")
        assert "analyze" not in self.due(place, sunday + timedelta(seconds=30))
        assert "analyze" in self.due(place, sunday + timedelta(seconds=61))
        with place.database.write() as session:
            job_queue.enqueue(session, plans.analysis_wanted())
        assert "analyze" not in self.due(place, sunday + timedelta(seconds=61))

    def test_an_analysis_that_failed_is_not_tried_at_once_again(self, place):
        post(place.database, MONDAY - timedelta(hours=1), "一直闪退")
        with place.database.write() as session:
            job_queue.enqueue(session, plans.analysis_wanted())
            claimed = job_queue.claim(session, ["analyze"])
            assert claimed is not None
            job_queue.fail(session, claimed, "坏了")
        assert "analyze" not in self.due(place)

    @pytest.mark.parametrize(
        ("now", "slot"),
        [
            ("2026-11-23T08:59", None),
            ("2026-11-23T09:00", "digest 2026-W47"),
            ("2026-11-29T23:00", "digest 2026-W47"),  # late is better than never
            ("2026-10-05T12:00", None),  # the holiday week: Monday to Wednesday are off
            ("2026-10-08T09:00", "digest 2026-W40"),
        ],
    )
    def test_a_digest_at_its_time_on_a_working_day(self, place, now, slot):
        moment = datetime.fromisoformat(now).replace(tzinfo=place.settings.zone)
        assert self.due(place, moment.astimezone(UTC)) == ([] if slot is None else [slot])

    def test_a_digest_is_made_once(self, place):
        worker = Worker(place, handlers={"digest": lambda *_: {}})
        for _ in range(2):
            worker.plan()
            worker.do_one()
        assert [(job.kind, job.state) for job in jobs(place.database)] == [("digest", "done")]

    def test_no_time_no_digest(self, place):
        quiet = Workplace(place.database, Settings(digest_at=""), place.config, now=place.now)
        assert self.due(quiet) == []


def test_a_week_without_feedback_has_no_digest_and_that_is_no_failure(place):
    worker = Worker(place)
    worker.plan()
    assert worker.do_one()
    (job,) = jobs(place.database)
    assert (job.state, job.result["week"]) == ("done", "2026-W47")
    assert job.result["skipped"]


def test_feedback_is_analysed_and_the_digest_written(place, tmp_path):
    post(place.database, MONDAY - timedelta(days=3), *(f"第{n}次闪退了" for n in range(12)))
    settings = Settings(digest_folder=tmp_path / "digests")
    told = []
    here = Workplace(place.database, settings, place.config, now=place.now)
    worker = Worker(here, tell=lambda job, outcome, _why: told.append((job.kind, outcome)))
    worker.plan()
    while worker.do_one():
        worker.plan()
    kinds = ("analyze", "digest", "past_weeks", "standings")
    assert sorted(told) == [(kind, "done") for kind in kinds]
    with place.database.read() as session:
        assert all(session.exec(select(Feedback.analyzed_run_id)))
        assert presence.is_anybody_there(session)
    analysed = next(job for job in jobs(place.database) if job.kind == "analyze")
    assert analysed.result["read_count"] == 12
    assert (tmp_path / "digests" / "2026-W47.html").exists()


def test_when_a_week_turns_its_standings_are_kept_before_anybody_asks(place):
    def plan_at(moment):
        here = Workplace(place.database, Settings(digest_at=""), place.config, now=lambda: moment)
        worker = Worker(here)
        worker.plan()
        while worker.do_one():
            pass
        return [job.result for job in jobs(place.database) if job.kind == "standings"]

    sunday = MONDAY - timedelta(hours=12)
    assert plan_at(sunday) == [], "nothing is analysed"
    post(place.database, sunday - timedelta(hours=1), *(f"第{n}次闪退了" for n in range(12)))
    assert len(plan_at(sunday)) == 0, "the analysis kept them itself"
    assert plan_at(sunday) == [{"kept": 0}], "once a week"
    assert len(plan_at(MONDAY)) == 2
    assert len(plan_at(MONDAY)) == 2


def test_past_weeks_are_kept_before_anybody_asks_and_gone_through_once(place):
    """A first look at an older week computes nothing; without news nothing is done again."""

    def work():
        worker = Worker(place)
        worker.plan()
        while worker.do_one():
            pass
        return [job.result for job in jobs(place.database) if job.kind == "past_weeks"]

    for back in range(1, 4):
        at = MONDAY - timedelta(weeks=back)
        items = [RawItem(n, f"{back}-{n}", f"第{n}次闪退了", occurred_at=at) for n in range(12)]
        ingest_items(place.database, items, source="官网", now=at, kind=SourceKind.IN_APP)
    work()
    assert work()[0]["weeks"] == 2, "the analysis kept the last week itself"
    with place.database.read() as session:
        week = str(Week.of(MONDAY - timedelta(weeks=2), place.settings.zone))
        tell_week(session, place.config, zone=place.settings.zone, now=MONDAY, week=week)
        assert session.info.get("standings", []) == []
    done = len(work())
    assert len(work()) == done, "nothing is new"


def test_a_digest_waits_for_the_analysis(place):
    queue(place.database, kind="analyze")
    with place.database.write() as session:
        assert job_queue.claim(session, ["analyze"])
    queue(place.database, kind="digest", payload={"week": "2026-W47"}, max_attempts=1)
    assert Worker(place).do_one()
    digest = jobs(place.database)[0]
    assert (digest.state, digest.error) == ("queued", "等分析做完")


def test_somebody_analyses_by_hand_and_the_worker_comes_after(place):
    queue(place.database, kind="analyze", max_attempts=1)
    with hold(place.database, "analyze", "另一个进程正在分析这个数据库"):
        Worker(place).do_one()
    (job,) = jobs(place.database)
    assert (job.state, job.attempts, job.error) == ("queued", 0, "另一个进程正在分析这个数据库")


def test_a_failure_is_tried_again_later_and_then_given_up(place):
    def broken(*_):
        raise InputError("写不了", hint="检查目录")

    queue(place.database, max_attempts=2)
    told = []
    worker = Worker(
        place, handlers={"x": broken}, tell=lambda _j, what, why: told.append((what, why))
    )
    assert worker.do_one()
    (job,) = jobs(place.database)
    assert job.state == "queued"
    assert job.run_at > datetime.now(UTC) + timedelta(seconds=20)
    with place.database.write() as session:
        waiting = session.get(Job, job.id)
        waiting.run_at = datetime.now(UTC)
    assert worker.do_one()
    assert jobs(place.database)[0].state == "failed"
    assert told == [("later", "写不了（检查目录）"), ("failed", "写不了（检查目录）")]


def test_a_crash_of_a_handler_is_told_without_what_it_held(place):
    def crash(*_):
        raise RuntimeError("13812345678")

    queue(place.database, max_attempts=1)
    Worker(place, handlers={"x": crash}).do_one()
    (job,) = jobs(place.database)
    assert job.error == "程序出错（RuntimeError），详见日志"


def test_progress_and_the_lease_are_kept_while_a_job_is_done(place):
    seen = threading.Event()

    def slow(_place, _payload, beat):
        beat("数数", 1, 2)
        assert seen.wait(30)
        return {}

    job_id = queue(place.database)
    lease = timedelta(seconds=0.9)
    worker = Worker(place, handlers={"x": slow}, lease=lease)
    thread = threading.Thread(target=worker.do_one)
    thread.start()
    renewed: set[datetime | None] = set()
    while len(renewed) < 3:  # the lease ran out twice since, had nobody renewed it
        with place.database.read() as session:
            job = job_queue.one(session, job_id)
        if job.progress:
            assert job.progress == {"stage": "数数", "done": 1, "total": 2}
            renewed.add(job.lease_until)
    seen.set()
    thread.join()
    assert jobs(place.database)[0].state == "done"


def test_a_stop_hands_back_what_was_begun(place):
    def long(_place, _payload, beat):
        worker.stop()
        beat("数数", 1, 1_000)
        raise AssertionError("it went on")

    queue(place.database, max_attempts=1)
    quiet = Workplace(place.database, Settings(digest_at=""), place.config)
    worker = Worker(quiet, handlers={"x": long})
    worker.run()
    (job,) = jobs(place.database)
    assert (job.state, job.attempts) == ("queued", 0)
    with place.database.read() as session:
        assert not presence.is_anybody_there(session)


def test_a_job_that_is_cancelled_stops_at_its_next_step(place):
    job_id = queue(place.database)

    def watched(_place, _payload, beat):
        with place.database.write() as session:
            job_queue.cancel(session, job_id)
        while True:
            beat("数数", 1, 2)
            time.sleep(0.01)

    Worker(place, handlers={"x": watched}, lease=timedelta(seconds=0.3)).do_one()
    assert jobs(place.database)[0].state == "cancelled"


def test_later_is_not_an_attempt(place):
    def not_yet(*_):
        raise Later("再等等", timedelta(minutes=5))

    queue(place.database, max_attempts=1)
    Worker(place, handlers={"x": not_yet}).do_one()
    assert jobs(place.database)[0].state == "queued"


_WORKER = """
import sys, time
from datetime import timedelta
from feedback_nlp.config import load_config
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, job_queue
from feedback_nlp.store.tables import Setting
from feedback_nlp.worker import Worker, Workplace

def work(place, payload, beat):
    time.sleep(0.03)
    return {"n": payload["n"]}

database = Database(sys.argv[1])
print("ready", flush=True)
Worker(
    Workplace(database, Settings(digest_at=""), load_config()),
    handlers={"x": work},
    lease=timedelta(seconds=1),
).run()
"""


def test_workers_are_killed_and_every_job_is_done_once(database):
    """Two workers, killed at random moments: nothing lost, and no result told twice."""
    wanted = {queue(database, payload={"n": n}, max_attempts=50): n for n in range(40)}
    url = database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "api")])}

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, url],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout.readline() == b"ready\n"
        return process

    running = [start(), start()]
    try:
        for kill in range(4):
            time.sleep(0.15 + 0.07 * kill)
            victim = running.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
            running.append(start())
        deadline = time.monotonic() + 120
        while any(job.state in ("queued", "running") for job in _all(database)):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        for process in running:
            process.kill()
            process.communicate()
    assert {job.id: job.result for job in _all(database)} == {
        job_id: {"n": n} for job_id, n in wanted.items()
    }


def _all(database: Database) -> list[Job]:
    with database.read() as session:
        return job_queue.page(session, limit=1_000)
