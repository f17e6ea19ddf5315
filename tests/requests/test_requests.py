import pytest
from sqlmodel import col, select

from feedback_nlp.config import load_config
from feedback_nlp.errors import Conflict, InputError, NotFound, TransitionNotAllowed
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import (
    apply_transition,
    create_request,
    get_request,
)
from feedback_nlp.requests.priorities import refresh_priorities
from feedback_nlp.requests.quoting import QUOTED_FROM
from feedback_nlp.requests.reading import request_detail, with_quotes
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    FeedbackUnit,
    Notice,
    StatusEvent,
    Topic,
)
from tests.week.six_weeks import NOW, PLAN, ZONE, six_weeks

RANK = load_config().rank


@pytest.fixture(scope="module")
def filled(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        yield database, build


@pytest.fixture
def session(filled):
    """A session whose changes are rolled back."""
    database, _ = filled
    with pytest.raises(_Undo), database.write() as session:
        sync_requests(session, RANK, zone=ZONE, now=NOW)
        yield session
        raise _Undo


class _Undo(Exception):
    pass


def by_title(session):
    return {request.title: request for request in session.scalars(select(FeatureRequest))}


def evidence_of(session, request):
    return set(
        session.scalars(select(Evidence.unit_id).where(col(Evidence.request_id) == request.id))
    )


def units_of(session, topic_id):
    return set(session.scalars(select(FeedbackUnit.id).where(FeedbackUnit.topic_id == topic_id)))


def step(session, key, to, **arguments):
    return apply_transition(session, key, to, actor="小王", now=NOW, **arguments)


def test_each_issue_topic_gets_one_request(session, filled):
    requests = by_title(session)
    assert set(requests) == set(PLAN)
    assert {request.key for request in requests.values()} == {f"REQ-{n}" for n in range(1, 5)}
    for name, request in requests.items():
        assert evidence_of(session, request) == units_of(session, filled[1].topics[name])
        assert request.status == "new"
        assert request.product == "云笔记"
        assert request.priority_low <= request.priority <= request.priority_high
        assert request.priority_parts
    assert requests["希望有夜间模式"].intent == "feature"


def test_syncing_again_changes_nothing(session):
    before = {key: row.model_dump() for key, row in by_title(session).items()}
    evidence = session.scalars(select(Evidence.id)).all()
    assert sync_requests(session, RANK, zone=ZONE, now=NOW) == 4
    assert {key: row.model_dump() for key, row in by_title(session).items()} == before
    assert session.scalars(select(Evidence.id)).all() == evidence


def test_a_request_has_the_same_quotes_in_a_list_and_by_itself(session):
    rows = with_quotes(session, list(by_title(session).values()))
    details = [request_detail(session, row.request.key) for row in rows]
    assert max(len(detail.evidence) for detail in details) > QUOTED_FROM
    assert any(row.quotes for row in rows)
    assert [row.quotes for row in rows] == [detail.row.quotes for detail in details]


def test_too_few_people_make_no_request(session, filled):
    _, build = filled
    build.session = session
    for _ in range(9):
        build.say("导出卡住", topic="导出卡住", author="one")
    sync_requests(session, RANK, zone=ZONE, now=NOW)
    assert "导出卡住" not in by_title(session)
    del build.topics["导出卡住"]


def test_title_follows_the_topic_until_a_person_creates_it(session, filled):
    topic = session.get_one(Topic, filled[1].topics["同步很慢"])
    own = create_request(session, title="我们自己的说法", intent="bug", now=NOW, actor="小王")
    own.topic_id = topic.id
    key = by_title(session)["同步很慢"].key
    topic.name = "云同步太慢"
    session.add(topic)
    sync_requests(session, RANK, zone=ZONE, now=NOW)
    assert get_request(session, key).title == "云同步太慢"
    assert own.title == "我们自己的说法"


def test_evidence_follows_the_units_and_keeps_what_people_added(session, filled):
    request = by_title(session)["同步很慢"]
    moved = min(evidence_of(session, request))
    added = min(units_of(session, filled[1].topics["界面好看"]))
    session.add(Evidence(request_id=request.id, unit_id=added, added_by="小王"))
    unit = session.get_one(FeedbackUnit, moved)
    unit.topic_id = filled[1].topics["希望有夜间模式"]
    session.add(unit)
    session.flush()
    sync_requests(session, RANK, zone=ZONE, now=NOW)
    assert moved not in evidence_of(session, request)
    assert added in evidence_of(session, request)
    assert moved in evidence_of(session, by_title(session)["希望有夜间模式"])


def test_merged_topic_makes_its_request_a_duplicate(session, filled):
    topics = filled[1].topics
    requests = by_title(session)
    lost, kept = requests["登录收不到验证码"], requests["同步很慢"]
    merged = session.get_one(Topic, topics["登录收不到验证码"])
    merged.state, merged.merged_into_id = "merged", topics["同步很慢"]
    session.add(merged)
    for unit in session.scalars(select(FeedbackUnit).where(FeedbackUnit.topic_id == merged.id)):
        unit.topic_id = merged.merged_into_id
        session.add(unit)
    session.flush()
    for _ in range(2):
        sync_requests(session, RANK, zone=ZONE, now=NOW)
    assert (lost.status, lost.duplicate_of_key) == ("duplicate", kept.key)
    assert evidence_of(session, kept) == units_of(session, topics["同步很慢"])


def test_merge_into_a_topic_without_request_moves_the_request(session, filled):
    topics = filled[1].topics
    request = by_title(session)["登录收不到验证码"]
    target = Topic(name="登录问题")
    session.add(target)
    session.flush()
    merged = session.get_one(Topic, topics["登录收不到验证码"])
    merged.state, merged.merged_into_id = "merged", target.id
    session.add(merged)
    for unit in session.scalars(select(FeedbackUnit).where(FeedbackUnit.topic_id == merged.id)):
        unit.topic_id = target.id
        session.add(unit)
    session.flush()
    sync_requests(session, RANK, zone=ZONE, now=NOW)
    assert (request.topic_id, request.title) == (target.id, "登录问题")
    assert len(by_title(session)) == 4


def test_duplicate_hands_its_evidence_on_and_takes_it_back(session):
    requests = by_title(session)
    first, second = requests["登录收不到验证码"], requests["同步很慢"]
    own = evidence_of(session, second)
    step(session, first.key, RequestStatus.DUPLICATE, duplicate_of=second.key)
    assert evidence_of(session, second) == own | evidence_of(session, first)
    step(session, first.key, RequestStatus.REOPENED, reason="不是一回事")
    assert evidence_of(session, second) == own
    assert first.duplicate_of_key is None


def test_duplicates_cannot_form_a_circle(session):
    requests = by_title(session)
    first, second = requests["登录收不到验证码"], requests["同步很慢"]
    with pytest.raises(Conflict, match="自己"):
        step(session, first.key, RequestStatus.DUPLICATE, duplicate_of=first.key)
    step(session, first.key, RequestStatus.DUPLICATE, duplicate_of=second.key)
    with pytest.raises(Conflict, match="自己"):
        step(session, second.key, RequestStatus.DUPLICATE, duplicate_of=first.key)


def test_everyone_who_asked_is_owed_each_message_once(session):
    request = by_title(session)["上传照片闪退"]
    for to in (RequestStatus.PLANNED, RequestStatus.IN_PROGRESS, RequestStatus.RELEASED):
        step(session, request.key, to)
    step(session, request.key, RequestStatus.REOPENED, reason="还有人遇到")
    step(session, request.key, RequestStatus.IN_PROGRESS)
    step(session, request.key, RequestStatus.RELEASED)
    notices = list(session.scalars(select(Notice)))
    people = sum(PLAN["上传照片闪退"])
    assert len(notices) == 2 * people
    assert {notice.reporter_status for notice in notices} == {"planned", "shipped"}
    owed = {notice.reporter_status for notice in notices if notice.status == "pending"}
    assert owed == {"shipped"}  # one message a person, of the newest status
    assert sum(notice.status == "superseded" for notice in notices) == people
    events = list(session.scalars(select(StatusEvent).where(StatusEvent.request_id == request.id)))
    assert [event.to_status for event in events] == [
        "new",
        "planned",
        "in_progress",
        "released",
        "reopened",
        "in_progress",
        "released",
    ]


def test_people_without_identity_are_owed_nothing(session, filled):
    _, build = filled
    build.session = session
    request = by_title(session)["上传照片闪退"]
    row = build.say("传照片闪退了", topic="上传照片闪退", author="anonymous")
    row.author_key = None
    session.add(row)
    sync_requests(session, RANK, zone=ZONE, now=NOW)
    step(session, request.key, RequestStatus.PLANNED)
    assert len(session.scalars(select(Notice)).all()) == sum(PLAN["上传照片闪退"])


def test_refused_step_writes_nothing(session):
    request = by_title(session)["同步很慢"]
    events = len(session.scalars(select(StatusEvent)).all())
    with pytest.raises(TransitionNotAllowed):
        step(session, request.key, RequestStatus.VERIFIED)
    with pytest.raises(InputError):
        step(session, request.key, RequestStatus.DECLINED)
    assert request.status == "new"
    assert len(session.scalars(select(StatusEvent)).all()) == events
    assert session.scalars(select(Notice)).first() is None


def test_effort_and_strategy_move_the_priority(session):
    request = by_title(session)["同步很慢"]
    before = request.priority
    request.strategic_weight, request.effort = 1.0, 0.0
    session.add(request)
    refresh_priorities(session, RANK, zone=ZONE, now=NOW)
    assert request.priority > before
    assert {"strategic", "ease"} <= set(request.priority_parts)


def test_keys_are_found_in_any_case_and_unknown_ones_refused(session):
    assert get_request(session, " req-1 ").key == "REQ-1"
    with pytest.raises(NotFound, match="REQ-99"):
        get_request(session, "REQ-99")


def test_a_request_without_a_history_is_in_its_status_since_it_was_made(session):
    request = session.scalars(select(FeatureRequest)).first()
    for event in session.scalars(
        select(StatusEvent).where(col(StatusEvent.request_id) == request.id)
    ):
        session.delete(event)
    session.flush()
    detail = request_detail(session, request.key)
    assert detail.history == []
    assert detail.since == request.created_at
