import json

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from feedback_nlp.cli import alerts
from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.jobs.alerts import daily_people, refresh_alerts
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.alerts import alert_precision, list_alerts, mark_alert
from feedback_nlp.store.tables import AlertRow, FeatureRequest
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

CONFIG = load_config()

app = typer.Typer()
alerts.register(app)


@pytest.fixture(scope="module")
def url(new_database_url):
    url = new_database_url()
    with six_weeks(url):
        pass
    return url


@pytest.fixture
def session(url):
    database = Database(url)
    with pytest.raises(_Undo), database.write() as session:
        yield session
        raise _Undo
    database.dispose()


class _Undo(Exception):
    pass


def refresh(session):
    return refresh_alerts(session, CONFIG, zone=ZONE, now=NOW)


def test_daily_people_add_up(session):
    counts = daily_people(session, ZONE)
    assert counts.first_day == WEEK.shift(-5).bounds(ZONE)[0].astimezone(ZONE).date()
    of_topics = [int(people.sum()) for people in counts.topics.values()]
    assert sum(of_topics) <= counts.total.sum()
    assert max(of_topics) == 75


def test_the_crash_is_the_alert(session):
    assert refresh(session) == 1
    ((alert, name),) = list_alerts(session)
    assert name == "上传照片闪退"
    assert alert.kind == "new"


def test_marks_survive_and_give_the_precision(session):
    refresh(session)
    ((alert, _),) = list_alerts(session)
    assert alert_precision(session).share is None
    mark_alert(session, alert.id or 0, is_useful=True, actor="小王", now=NOW)
    session.add(
        AlertRow(
            topic_id=alert.topic_id,
            kind="spike",
            day="2026-10-20",
            last_day="2026-10-20",
            people=9,
            expected=2,
            days=1,
            p_value=0.0,
            is_useful=False,
            created_at=NOW,
        )
    )
    session.flush()
    refresh(session)
    assert alert_precision(session).share == 0.5
    assert len(session.scalars(select(AlertRow)).all()) == 2


def test_alert_that_no_longer_holds_goes(session):
    refresh(session)
    ((alert, _),) = list_alerts(session)
    alert.day = "2026-10-30"
    session.add(alert)
    session.flush()
    refresh(session)
    assert [row.alert.day for row in list_alerts(session)] != ["2026-10-30"]
    assert len(list_alerts(session)) == 1


def test_release_that_does_not_hold(session):
    sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
    request = session.scalars(
        select(FeatureRequest).where(FeatureRequest.title == "希望有夜间模式")
    ).one()
    for to in (RequestStatus.PLANNED, RequestStatus.RELEASED):
        apply_transition(session, request.key, to, actor="小王", now=WEEK.shift(-2).bounds(ZONE)[0])
    refresh(session)
    kinds = {row.topic_name: row.alert.kind for row in list_alerts(session)}
    assert kinds["希望有夜间模式"] == "relapse"


def test_command_lists_and_marks(url):
    def run(*arguments):
        return CliRunner().invoke(app, [*arguments, "--db", url], catch_exceptions=False).output

    assert "新增" in run()
    (alert,) = json.loads(run("--json"))["alerts"]
    assert "准确率 100%" in run("--useful", str(alert["id"]), "--actor", "小王")
    assert json.loads(run("--json", "--days", "1"))["precision"] == 1.0
    with pytest.raises(InputError, match="谁"):
        run("--useless", "1")
    with pytest.raises(NotFound, match="999"):
        run("--useless", "999", "--actor", "小王")
