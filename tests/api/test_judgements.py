"""改判断: what a person says of a unit stands against every analysis, and can be learnt from."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select
from starlette.testclient import TestClient

from feedback_nlp.cli.train import _judged_labels
from feedback_nlp.editing import Edit, sampling
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Understanding, Unit
from feedback_nlp.store import Database
from feedback_nlp.store.analysis import PendingFeedback, save_understandings, start_run
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.tables import Feedback, FeedbackUnit
from feedback_nlp.weeks import Week
from tests.api.conftest import NOW, TEXTS
from tests.week.six_weeks import ZONE


def judged(client: TestClient, unit: int, **said: str) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/v1/units/{unit}/judgement", json={"actor": "林晓", **said})
    return answer.status_code, answer.json()


def reads(database: Database, unit: int) -> tuple[str, str]:
    with database.read() as session:
        found = session.get_one(FeedbackUnit, unit)
    return found.sentiment, found.intent


def analyse(session: Session, feedback_id: int, *cuts: tuple[int, int]) -> None:
    """Read a feedback again: all praise, cut at these places."""
    text = session.get_one(Feedback, feedback_id).text
    units = tuple(
        Unit(start, end, text[start:end], Sentiment.POS, 0.8, Intent.PRAISE, 0.9)
        for start, end in cuts
    )
    run = start_run(session, config={}, versions={}, now=NOW)
    pending = PendingFeedback(feedback_id, text, None)
    understood = Understanding(Sentiment.POS, 0.8, Intent.PRAISE, units)
    save_understandings(session, run, [(pending, understood, False)])


def test_a_judgement_counts_at_once_and_says_what_the_engine_had_said(
    client: TestClient, stored: Database
) -> None:
    status, said = judged(client, 1, sentiment="neu", intent="question")
    assert status == 200
    assert (said["engine_sentiment"], said["engine_intent"]) == ("neg", "bug")
    assert reads(stored, 1) == ("neu", "question")
    with stored.read() as session:  # the only unit of its feedback
        assert session.get_one(Feedback, 1).intent == "question"


def test_no_analysis_says_otherwise_even_where_it_cuts_anew(
    client: TestClient, stored: Database
) -> None:
    judged(client, 1, intent="complaint")
    length = len(TEXTS[0][0])
    for cut in ((0, length), (1, length)):
        with stored.write() as session:
            analyse(session, 1, cut)
        assert reads(stored, 1) == ("neg", "complaint")
    with stored.write() as session:
        analyse(session, 2, (0, len(TEXTS[1][0])))
    assert reads(stored, 2) == ("pos", "praise")


def test_undo_gives_back_the_judgement_before_then_the_engine_s(
    client: TestClient, stored: Database
) -> None:
    judged(client, 1, intent="complaint")
    judged(client, 1, intent="feature")
    for expected in ("complaint", "bug"):
        assert client.delete("/v1/units/1/judgement?actor=林晓").status_code == 200
        assert reads(stored, 1) == ("neg", expected)
    assert client.delete("/v1/units/1/judgement?actor=林晓").status_code == 404


def test_undo_reaches_one_unit_and_its_score_agrees(client: TestClient, stored: Database) -> None:
    length = len(TEXTS[0][0])
    with stored.write() as session:
        analyse(session, 1, (0, length - 3), (length - 3, length))
        found = select(FeedbackUnit.id).where(FeedbackUnit.feedback_id == 1)
        first, second = sorted(id_ or 0 for id_ in session.exec(found))
    for unit in (first, second):
        assert judged(client, unit, sentiment="neg", intent="bug")[0] == 200
    assert client.delete(f"/v1/units/{first}/judgement?actor=林晓").status_code == 200
    assert (reads(stored, first), reads(stored, second)) == (("pos", "praise"), ("neg", "bug"))
    with stored.read() as session:
        assert session.get_one(FeedbackUnit, first).sentiment_score > 0
        assert session.get_one(FeedbackUnit, second).sentiment_score < 0


@pytest.mark.parametrize(
    ("unit", "said", "status"),
    [(1, {}, 422), (1, {"sentiment": "mixed"}, 422), (99, {"intent": "bug"}, 404)],
)
def test_what_cannot_be_judged(
    client: TestClient, stored: Database, unit: int, said: dict[str, str], status: int
) -> None:
    assert judged(client, unit, **said)[0] == status


def test_judgements_are_labels(client: TestClient, stored: Database) -> None:
    judged(client, 1, intent="complaint")
    judged(client, 1, intent="feature")
    items = client.get("/v1/judgements").json()["items"]
    assert items == [
        {"text": TEXTS[0][0], "sentiment": "neg", "intent": "feature", "actor": "林晓"}
    ]
    (label,) = _judged_labels(stored.url.render_as_string(hide_password=False))
    assert (label.text, label.is_unit) == (TEXTS[0][0], True)
    assert label.intent == list(Intent).index(Intent.FEATURE)


def test_a_judgement_goes_with_its_feedback(client: TestClient, stored: Database) -> None:
    judged(client, 1, intent="complaint")
    with stored.write() as session:
        assert erase_feedback(session, [1])["judgement"] == 1
    assert client.get("/v1/judgements").json()["items"] == []


def test_a_sample_is_the_same_for_all_and_says_how_often_both_agree(stored: Database) -> None:
    week = str(Week.of(NOW, ZONE))
    with stored.write() as session:
        units = sampling.to_judge(session, week, ZONE)
        assert units == sampling.to_judge(session, week, ZONE)
        assert "".join(units[0][2:]) in [text for text, *_ in TEXTS]
        right, wrong = [unit.unit_id for unit in units[:2]]
        unit = session.get_one(FeedbackUnit, right)
        read = {right: (unit.sentiment.replace("mixed", "neg"), unit.intent)}
        read[wrong] = ("pos", "other")
        sampling.answer(session, week, read, Edit("林晓", NOW))
        left = {unit.unit_id for unit in sampling.to_judge(session, week, ZONE)}
        assert left == {unit.unit_id for unit in units} - {right, wrong}
        (found,) = sampling.agreements(session)
    assert (found.week, found.judged) == (week, 2)
    assert found.intent == 1
