"""A queue that survives its workers: nothing lost, nothing done twice, nothing told twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.labels import JobState
from feedback_nlp.store import Database, job_queue
from feedback_nlp.store.job_queue import Claimed, Wanted

KINDS = ("count",)
OVER = timedelta(seconds=-1)  # a lease that has run out as soon as it is given


def queue(database: Database, **more) -> int:
    with database.write() as session:
        job = job_queue.enqueue(session, Wanted(kind="count", payload={"n": 1}, **more))
        return int(job.id or 0)


def take(database: Database, lease: timedelta = job_queue.LEASE) -> Claimed:
    claimed = claim(database, lease)
    assert claimed is not None
    return claimed


def claim(database: Database, lease: timedelta = job_queue.LEASE) -> Claimed | None:
    with database.write() as session:
        return job_queue.claim(session, KINDS, lease)


def finish(database: Database, claimed: Claimed) -> None:
    with database.write() as session:
        job_queue.finish(session, claimed, {})


def state(database: Database, job_id: int) -> JobState:
    with database.read() as session:
        return JobState(job_queue.one(session, job_id).state)


def test_a_job_is_claimed_once_and_done_once(database):
    job_id = queue(database)
    claimed = take(database)
    assert (claimed.job_id, claimed.payload, claimed.attempt) == (job_id, {"n": 1}, 1)
    assert claim(database) is None
    with database.write() as session:
        job_queue.finish(session, claimed, {"counted": 1})
    with database.read() as session:
        job = job_queue.one(session, job_id)
        assert (job.state, job.result, job.token) == ("done", {"counted": 1}, None)
        assert not job_queue.is_any_free(session)


def test_many_claimers_share_the_jobs_and_none_is_given_twice(database):
    wanted = {queue(database) for _ in range(40)}
    taken: list[int] = []

    def work() -> None:
        while (claimed := claim(database)) is not None:
            taken.append(claimed.job_id)
            with database.write() as session:
                job_queue.finish(session, claimed, {})

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(wanted)


def test_who_slept_through_the_end_of_a_lease_stores_nothing(database):
    job_id = queue(database)
    asleep = take(database, OVER)
    awake = take(database)
    assert awake.job_id == asleep.job_id
    assert awake.attempt == 2
    with database.write() as session:
        assert not job_queue.renew(session, asleep)
        assert not job_queue.fail(session, asleep, "")
        assert job_queue.renew(session, awake, progress={"stage": "数", "done": 1, "total": 2})
    with pytest.raises(Conflict, match="接手"), database.write() as session:
        queued = job_queue.enqueue(session, Wanted(kind="effect", payload={}))
        job_queue.finish(session, asleep, {"counted": 1})
    with database.write() as session:
        job_queue.finish(session, awake, {"counted": 2})
        job = job_queue.one(session, job_id)
        assert (job.result, job.progress["done"]) == ({"counted": 2}, 1)
        with pytest.raises(NotFound):
            job_queue.one(session, queued.id or 0)  # what the sleeper wrote went with it


def test_a_job_that_kills_its_workers_is_given_up_and_says_so(database):
    job_id = queue(database, max_attempts=2)
    assert take(database, OVER).attempt == 1
    assert take(database, OVER).is_last_attempt
    assert claim(database) is None
    with database.read() as session:
        job = job_queue.one(session, job_id)
    assert job.state == "failed"
    assert "中途停了" in job.error


def test_the_same_wish_waits_once_and_may_be_had_again_while_it_is_done(database):
    first = queue(database, wish="analyze")
    assert queue(database, wish="analyze") == first
    claimed = take(database)
    second = queue(database, wish="analyze")
    assert second != first
    with database.write() as session:  # the first fails while the second waits
        assert job_queue.put_off(session, claimed, timedelta(), "满了")
    assert {take(database).job_id, take(database).job_id} == {first, second}


def test_a_slot_is_filled_once_for_ever(database):
    first = queue(database, slot="digest 2026-W47")
    finish(database, take(database))
    assert queue(database, slot="digest 2026-W47") == first
    with database.write() as session:
        assert job_queue.prune(session, OVER) == 0
    assert claim(database) is None


def test_jobs_of_a_lane_go_one_after_the_other(database):
    first, second = queue(database, lane="analyze"), queue(database, lane="analyze")
    aside = queue(database)
    claimed = take(database)
    assert claimed.job_id == first
    assert take(database).job_id == aside
    assert claim(database) is None
    with database.write() as session:
        job_queue.finish(session, claimed, {})
    assert take(database).job_id == second


def test_what_is_put_off_waits_and_need_not_count_as_an_attempt(database):
    job_id = queue(database)
    claimed = take(database)
    with database.write() as session:
        job_queue.put_off(session, claimed, timedelta(hours=1), "忙", counts=False)
    assert claim(database) is None
    with database.write() as session:
        job = job_queue.one(session, job_id)
        assert (job.attempts, job.error, job.state) == (0, "忙", "queued")


def test_people_cancel_and_retry(database):
    job_id = queue(database, wish="x")
    claimed = take(database)
    with database.write() as session:
        job_queue.cancel(session, job_id)
    with pytest.raises(Conflict), database.write() as session:
        job_queue.finish(session, claimed, {})
    assert state(database, job_id) is JobState.CANCELLED
    with pytest.raises(Conflict), database.write() as session:
        job_queue.cancel(session, job_id)
    with database.write() as session:
        job_queue.retry(session, job_id)
    with pytest.raises(Conflict, match="没有失败"), database.write() as session:
        job_queue.retry(session, job_id)
    assert take(database).attempt == 1

    other = queue(database, wish="y")
    with database.write() as session:
        job_queue.cancel(session, other)
    queue(database, wish="y")
    with pytest.raises(Conflict, match="已经在等"), database.write() as session:
        job_queue.retry(session, other)
    with database.read() as session:
        assert job_queue.counts(session) == {"running": 1, "cancelled": 1, "queued": 1}


def test_old_jobs_are_forgotten(database):
    job_id = queue(database)
    waiting = queue(database)
    finish(database, take(database))
    with database.write() as session:
        assert job_queue.prune(session, timedelta(days=1)) == 0
        assert job_queue.prune(session, OVER) == 1
    with database.read() as session:
        assert [job.id for job in job_queue.page(session)] == [waiting]
        with pytest.raises(NotFound):
            job_queue.one(session, job_id)
