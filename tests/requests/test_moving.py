"""One service moves, edits and makes requests for everybody who asks."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from feedback_nlp.config import load_config
from feedback_nlp.errors import Conflict, InputError, NotFound, TransitionNotAllowed
from feedback_nlp.labels import Intent, RequestStatus
from feedback_nlp.requests.estimating import edit_request
from feedback_nlp.requests.making import NewRequest, make_request
from feedback_nlp.requests.moving import Move, get_request, move_request
from feedback_nlp.requests.reading import request_detail
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.requests.versions import Expected
from feedback_nlp.store.tables import FeatureRequest, RequestEdit, StatusEvent, Topic
from tests.requests.test_requests import _Undo, by_title, evidence_of, units_of
from tests.week.six_weeks import NOW as UTC_NOW
from tests.week.six_weeks import PLAN, WEEK, ZONE, six_weeks

NOW = UTC_NOW.astimezone(ZONE)
RANK = load_config().rank
SOON, LATER = NOW + timedelta(seconds=2), NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def filled(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        yield database, build


@pytest.fixture
def session(filled):
    """A session whose changes are rolled back."""
    database, _ = filled
    with pytest.raises(_Undo), database.write() as session:
        sync_requests(session, RANK, zone=ZONE, now=NOW - timedelta(hours=1))
        yield session
        raise _Undo


def move(session, to, actor, now=NOW, **fields):
    return move_request(session, "REQ-1", Move(RequestStatus(to), actor, **fields), now=now)


def edit(session, key="REQ-1", actor="小王", now=NOW, expected=None, **values):
    return edit_request(
        session, key, values, actor=actor, now=now, config=RANK, zone=ZONE, expected=expected
    )


def make(session, title="记账支持语音输入", actor="林晓", **fields):
    wanted = NewRequest(title=title, intent=Intent.FEATURE, actor=actor, **fields)
    return make_request(session, wanted, now=NOW, config=RANK, zone=ZONE)


def steps_of(session, key):
    request = get_request(session, key)
    statement = select(StatusEvent).where(StatusEvent.request_id == request.id)
    return [event.to_status for event in session.scalars(statement)]


@pytest.mark.parametrize(
    "seen", [Expected(), Expected(status=RequestStatus.NEW), Expected(version=1)]
)
@pytest.mark.parametrize("to", ["triaged", "planned"])
def test_the_second_of_two_is_told_who_did_what_and_when(session, seen, to):
    assert move(session, "planned", "林晓", reason="排进 3.3 版").changed
    with pytest.raises(Conflict) as refused:
        move(session, to, "小王", now=SOON, reason="先看看", expected=seen)
    assert "林晓在 2026-11-23 09:00:00 把它从“新建”改成了“已排期”（排进 3.3 版）" in str(
        refused.value
    )
    assert refused.value.reason == "changed-meanwhile"
    assert steps_of(session, "REQ-1") == ["new", "planned"]


@pytest.mark.parametrize("seen", [Expected(), Expected(version=1)])
def test_a_retry_of_the_same_actor_does_nothing(session, seen):
    move(session, "planned", "林晓", expected=seen)
    again = move(session, "planned", " 林晓 ", now=LATER, expected=seen)
    assert (again.changed, again.from_status) == (False, RequestStatus.PLANNED)
    assert steps_of(session, "REQ-1") == ["new", "planned"]


def test_an_old_retry_does_not_undo_what_others_did(session):
    move(session, "planned", "林晓", expected=Expected(version=1))
    move(session, "in_progress", "小王", now=LATER, expected=Expected(version=2))
    with pytest.raises(Conflict, match="小王在"):
        move(session, "planned", "林晓", now=LATER, reason="再说", expected=Expected(version=1))


def test_one_who_says_nothing_may_go_on_from_a_step_that_can_have_been_seen(session):
    move(session, "planned", "林晓")
    assert move(session, "in_progress", "小王", now=LATER).changed


def test_one_who_saw_the_new_state_may_go_on_at_once(session):
    move(session, "planned", "林晓")
    seen = Expected(version=2, status=RequestStatus.PLANNED)
    assert move(session, "in_progress", "小王", now=SOON, expected=seen).changed


def test_the_same_person_may_take_two_steps_at_once(session):
    move(session, "planned", "林晓")
    assert move(session, "in_progress", "林晓", now=SOON).changed


def test_a_step_that_does_not_exist_is_still_refused(session):
    with pytest.raises(TransitionNotAllowed):
        move(session, "closed", "林晓", expected=Expected(version=1))
    with pytest.raises(InputError) as refused:
        move(session, "declined", "林晓")
    assert refused.value.reason == "reason-missing"


def test_a_retry_may_name_a_request_that_is_itself_a_duplicate(session):
    second = Move(RequestStatus.DUPLICATE, "林晓", duplicate_of="REQ-3")
    move_request(session, "REQ-2", second, now=NOW)
    first = {"duplicate_of": "REQ-2"}
    assert move(session, "duplicate", "林晓", **first).changed
    assert not move(session, "duplicate", "林晓", **first).changed
    assert get_request(session, "REQ-1").duplicate_of_key == "REQ-3"


def test_an_edit_is_an_event_with_an_actor(session):
    before = get_request(session, "REQ-1").version
    edited = edit(session, owner="小李", effort=0.5, due=date(2026, 12, 31), title="照片传不上去")
    assert edited.changed
    assert edited.request.version == before + 1
    (event,) = request_detail(session, "REQ-1").edits
    assert (event.actor, event.happened_at) == ("小王", NOW)
    assert event.detail["owner"] == [None, "小李"]
    assert event.detail["due"] == [None, "2026-12-31"]
    assert event.detail["effort"] == [None, 0.5]
    assert event.detail["title"][1] == "照片传不上去"


def test_the_same_edit_again_is_no_event(session):
    edit(session, owner="小李", effort=0.5)
    assert not edit(session, owner="小李", effort=0.5, now=LATER).changed
    assert len(session.scalars(select(RequestEdit)).all()) == 1
    assert edit(session, owner=None, effort=None).request.owner is None


def test_an_edit_by_one_who_saw_an_older_version_is_refused(session):
    edit(session, owner="小李")
    with pytest.raises(Conflict, match=r"小王在 .+ 改了负责人（未填 → 小李）"):
        edit(session, actor="林晓", owner="林晓", now=SOON, expected=Expected(version=1))


@pytest.mark.parametrize(
    "values",
    [
        {"effort": 1.1},
        {"effort": "多"},
        {"strategic_weight": -0.1},
        {"title": " "},
        {"title": None},
        {"title": "长" * 301},
        {"owner": "长" * 101},
        {"due": "明天"},
        {"status": "planned"},
    ],
)
def test_what_a_field_does_not_take_changes_nothing(session, values):
    with pytest.raises(InputError):
        edit(session, **values)
    with pytest.raises(InputError):
        edit(session, actor=" ", owner="小李")
    assert get_request(session, "REQ-1").version == 1


def test_a_title_that_a_person_wrote_stays(session, filled):
    request = by_title(session)["同步很慢"]
    edit(session, key=request.key, title="云同步慢")
    topic = session.get_one(Topic, filled[1].topics["同步很慢"])
    topic.name = "同步要等十分钟"
    session.add(topic)
    sync_requests(session, RANK, zone=ZONE, now=LATER)
    assert get_request(session, request.key).title == "云同步慢"


def test_an_estimate_ranks_all_requests_as_of_the_week_they_were_ranked_for(session, filled):
    _, build = filled
    build.session = session
    before = {request.key: request.priority for request in by_title(session).values()}
    assert {request.priority_week for request in by_title(session).values()} == {str(WEEK)}
    stray = build.say("传照片闪退了", topic="上传照片闪退", author="stray")
    stray.occurred_at = WEEK.shift(1).bounds(ZONE)[0] + timedelta(hours=3)
    session.add(stray)
    session.flush()

    edited = edit(session, strategic_weight=1.0).request
    after = {request.key: request.priority for request in by_title(session).values()}
    assert after[edited.key] > before[edited.key]
    assert {**after, edited.key: 0} == {**before, edited.key: 0}
    assert {request.priority_week for request in by_title(session).values()} == {str(WEEK)}

    edit(session, strategic_weight=None)
    assert {request.key: request.priority for request in by_title(session).values()} == before


def test_making_a_request_twice_makes_one(session):
    first = make(session, owner="小李", due=date(2026, 12, 31))
    assert (first.created, first.request.key) == (True, f"REQ-{len(PLAN) + 1}")
    assert (first.request.owner, first.request.created_by) == ("小李", "林晓")
    again = make(session, title=" 记账支持语音输入 ")
    assert (again.created, again.request.key) == (False, first.request.key)
    assert make(session, actor="小王").created


def test_a_request_on_a_topic_gets_its_evidence_and_place(session, filled):
    topic_id = filled[1].topics["界面好看"]
    made = make(session, title="保持现在的界面", topic_id=topic_id).request
    assert evidence_of(session, made) == units_of(session, topic_id)
    assert made.priority is not None
    assert made.priority_week == str(WEEK)
    sync_requests(session, RANK, zone=ZONE, now=LATER)
    assert made.title == "保持现在的界面"
    assert len(session.scalars(select(FeatureRequest)).all()) == len(PLAN) + 1


def test_one_topic_has_one_open_request(session, filled):
    topic_id = filled[1].topics["同步很慢"]
    with pytest.raises(Conflict) as refused:
        make(session, topic_id=topic_id)
    assert refused.value.facts["key"] == by_title(session)["同步很慢"].key
    with pytest.raises(NotFound):
        make(session, topic_id=9_999)
    with pytest.raises(InputError):
        make(session, actor=" ")
