"""The chart of a release: columns that open their rows, and the course of the others."""

from __future__ import annotations

from datetime import date

import pytest
from starlette.testclient import TestClient

from feedback_api.desk.verification_chart import before_after, expected
from feedback_nlp.labels import Measure
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Verification
from feedback_nlp.week.item_records import Count
from tests.desk.conftest import NOW


def counts(*values: int) -> list[Count]:
    return [Count(value, Measure.PEOPLE, {"request": "REQ-1"}) for value in values]


def test_the_course_is_the_level_before_moved_as_the_others_moved() -> None:
    course = expected(counts(10, 10, 2), counts(100, 100, 50), 2)
    assert course == pytest.approx([10, 10, 5])
    assert expected(counts(1, 2), counts(0, 5), 1) == [0.0, 0.0]


def test_each_column_opens_its_rows() -> None:
    chart = before_after(counts(4, 1), [4.0, 3.0], ["2026-W46", "2026-W47"], 0)
    assert chart.count('href="/feedback?of=people&amp;request=REQ-1"') == 2
    assert 'data-n="4"' in chart
    assert chart.count("bar now") == 1
    assert "发布" in chart


def test_a_release_is_shown_with_its_verdict_and_figures(
    client: TestClient, stored: Database
) -> None:
    figures = {
        "before": 9, "after": 2, "days_before": 28, "days_after": 14, "expected": 5.0,
        "ratio": 0.4, "low": 0.2, "high": 0.8, "controls": 6, "left_out": 0,
    }  # fmt: skip
    with stored.write() as session:
        session.add(
            Verification(
                request_id=1, event_id=1, verdict="waiting", released_on=date(2026, 11, 16),
                figures=figures, judged_at=NOW,
            )
        )  # fmt: skip
    page = client.get("/requests/REQ-1").text
    assert "还在观察" in page
    assert "90% 区间 20%–80%" in page
    assert 'request=REQ-1&amp;week=2026-W47&amp;counted=1" class="n" data-n="2"' in page
