"""Whether a release was a fix, over the API and on the terminal."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np
import pytest

from feedback_nlp.cli.analyze import print_releases
from feedback_nlp.config import load_config
from feedback_nlp.jobs.verify import check_releases
from tests.benchmarks import verification as simulation


@pytest.fixture
def looked(database):
    people = np.full((5, 7 * simulation.WEEKS), 4)
    people[0, simulation.RELEASE :] = 0
    with database.write() as session:
        simulation.fill(session, people)
    day = simulation.FIRST + timedelta(days=simulation.RELEASE + 14)
    now = datetime.combine(day, time(23), simulation.ZONE)
    return check_releases(database, load_config(), zone=simulation.ZONE, now=now)


def test_figures_and_words_of_each_release(client, looked):
    (found,) = client.get("/v1/requests/REQ-1/verification").json()
    assert found["verdict"] == "fixed"
    assert (found["before"], found["days_before"], found["after"], found["controls"]) == (
        112,
        28,
        0,
        3,
    )
    assert found["low"] <= found["ratio"] <= found["high"] < 0.8
    assert found["released_on"] == "2026-03-30"
    assert found["decided_at"]
    assert found["words"].startswith("发布前 28 天 112 人次")
    detail = client.get("/v1/requests/REQ-1").json()
    assert detail["verifications"] == [found]
    assert detail["status"] == "verified"
    assert detail["history"][-1]["reason"] == f"已验证：{found['words']}"


def test_never_released_never_looked_at(client):
    made = {"title": "语音记账", "intent": "feature", "actor": "林晓"}
    key = client.post("/v1/requests", json=made).json()["key"]
    assert client.get(f"/v1/requests/{key}/verification").json() == []
    assert client.get("/v1/requests/REQ-99/verification").status_code == 404


def test_the_terminal_says_what_was_found(looked, capsys):
    print_releases(looked)
    said = capsys.readouterr().out
    assert "REQ-1 fixed：已验证，已改成“已验证”。发布前 28 天 112 人次" in said
    assert "REQ-2 not_fixed：" in said
