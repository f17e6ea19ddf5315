"""Releases in a database: the verdict moves the request, with its figures as the reason."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from sqlmodel import select

from feedback_nlp.config import load_config
from feedback_nlp.jobs.verify import check_releases
from feedback_nlp.labels import ENGINE, RequestStatus, Verdict
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.reading import request_detail
from feedback_nlp.requests.verifying import Looked, verifications, words_of
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, Feedback, StatusEvent
from tests.benchmarks import verification as simulation

ZONE = simulation.ZONE
RELEASE = simulation.RELEASE


def moment(day: int) -> datetime:
    return datetime.combine(simulation.FIRST + timedelta(days=day), time(23), ZONE).astimezone(UTC)


@pytest.fixture
def people() -> np.ndarray:
    """Five topics of four people a day; the first falls silent on the day of the release."""
    counts = np.full((5, 7 * simulation.WEEKS), 4)
    counts[0, RELEASE:] = 0
    return counts


def filled(database: Database, people: np.ndarray) -> Database:
    with database.write() as session:
        simulation.fill(session, people)
    return database


def check(database: Database, day: int):
    found = check_releases(database, load_config(), zone=ZONE, now=moment(day))
    return {one.key: one for one in found}


def status(database: Database, key: str) -> str:
    with database.read() as session:
        return request_detail(session, key).row.request.status


def test_what_was_fixed_is_verified_and_what_was_not_is_reopened(database, people):
    filled(database, people)
    early = check(database, RELEASE + 5)
    assert {key: one.verdict for key, one in early.items()} == {
        "REQ-1": Verdict.WAITING,
        "REQ-2": Verdict.WAITING,
    }
    assert not any(one.moved for one in early.values())

    seen: dict[str, Looked] = {}
    for day in range(RELEASE + 6, RELEASE + 30):
        seen |= {key: one for key, one in check(database, day).items() if one.moved}
    assert {key: one.verdict for key, one in seen.items()} == {
        "REQ-1": Verdict.FIXED,
        "REQ-2": Verdict.NOT_FIXED,
    }
    assert (status(database, "REQ-1"), status(database, "REQ-2")) == ("verified", "reopened")
    with database.read() as session:
        last = request_detail(session, "REQ-2").history[-1]
    assert last.actor == ENGINE
    assert last.reason.startswith("未见效：发布前 28 天 112 人次，发布后 ")
    assert "另外 3 个主题" in last.reason, "neither of the released topics is a control"
    assert check(database, RELEASE + 31) == {}, "what is decided is left alone"


def test_each_release_is_judged_by_itself(database, people):
    filled(database, people)
    for day in range(RELEASE + 6, RELEASE + 30):
        check(database, day)
    with database.write() as session:
        for to in (RequestStatus.IN_PROGRESS, RequestStatus.RELEASED):
            apply_transition(session, "REQ-2", to, actor="林晓", now=moment(RELEASE + 30))
    assert check(database, RELEASE + 35)["REQ-2"].verdict is Verdict.WAITING
    with database.read() as session:
        request = session.exec(select(FeatureRequest).where(FeatureRequest.key == "REQ-2")).one()
        found = verifications(session, request.id)
        assert [one.verdict for one in found] == ["waiting", "not_fixed"]
        assert found[0].decided_at is None


def test_a_season_that_ends_is_no_fix(database, people):
    people[:, RELEASE:] //= 4
    filled(database, people)
    for day in range(RELEASE + 6, 7 * simulation.WEEKS):
        check(database, day)
    assert status(database, "REQ-1") == "verified"
    assert status(database, "REQ-2") != "verified"


@pytest.mark.parametrize("said_in", ["reason", "target release"])
def test_people_on_an_older_version_cannot_have_the_fix(database, people, said_in):
    """Half of the people did not update and still complain; the release names its version."""
    people[0, RELEASE:] = 3
    filled(database, people)
    with database.write() as session:
        for item in session.exec(select(Feedback)):
            topic, day, who = map(int, item.source_key.split("-"))
            old = day < RELEASE or who % 2 == 0 or topic == 0
            item.app_version = "5.2.0" if old else "5.10.0"
            session.add(item)
        if said_in == "reason":
            event = session.exec(select(StatusEvent).where(StatusEvent.request_id == 1)).one()
            event.reason = "随 5.10.0 发布"
            session.add(event)
        else:
            request = session.exec(select(FeatureRequest).where(FeatureRequest.id == 1)).one()
            request.target_release = "Android 5.10.0"
            session.add(request)
    found: dict[str, Looked] = {}
    for day in range(RELEASE + 6, 7 * simulation.WEEKS):
        found |= {key: one for key, one in check(database, day).items() if one.moved}
    assert found["REQ-1"].verdict is Verdict.FIXED
    assert "只看 5.10.0 及以后的版本" in found["REQ-1"].words


def test_nothing_is_judged_beyond_the_last_feedback(database, people):
    """Silence because no file came in is no fix."""
    filled(database, people[:, : RELEASE + 4])
    looked = check(database, RELEASE + 40)
    assert looked["REQ-1"].verdict is Verdict.WAITING
    assert "发布后 1 天 0 人次" in looked["REQ-1"].words


def test_without_feedback_or_releases_there_is_nothing_to_look_at(database):
    assert check(database, 1) == {}


def test_words_of_what_cannot_be_compared(database, people):
    people[0] = 0
    filled(database, people)
    check(database, RELEASE + 20)
    with database.read() as session:
        (found,) = verifications(session, 1)
        assert words_of(found).endswith("还比不出来")


def test_the_first_day_of_data_may_lie_after_the_stretch_begins(database, people):
    people[:, : RELEASE - 10] = 0
    filled(database, people)
    check(database, RELEASE + 12)
    with database.read() as session:
        assert verifications(session, 2)[0].figures["days_before"] == 10
