"""A request is split in two and put together again; requests are linked. Nobody is told twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from feedback_nlp.config import load_config
from feedback_nlp.editing import Edit
from feedback_nlp.editing.topic_edits import merge
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.jobs.request_splits import Splitter
from feedback_nlp.jobs.topic_edits import TopicDesk
from feedback_nlp.labels import RequestStatus
from feedback_nlp.pipeline import keep_requests
from feedback_nlp.requests.comments import comments_of
from feedback_nlp.requests.linking import LinkKind, link_requests, linked, unlink_requests
from feedback_nlp.requests.moving import apply_transition, create_request, get_request
from feedback_nlp.requests.reading import request_detail, request_row
from feedback_nlp.requests.versions import describe_edit
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Evidence, FeatureRequest, Feedback, FeedbackUnit, Notice
from tests.jobs.test_notices import PEOPLE, Place
from tests.outlets.local_server import local_server
from tests.week.six_weeks import NOW, ZONE, six_weeks

CONFIG = load_config()


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    url = database.url.render_as_string(hide_password=False)
    with six_weeks(url), local_server() as sink:
        yield Place(database, sink)


def splitter(session: Session, place: Place, actor: str = "林晓", reason: str = "") -> Splitter:
    place.now += timedelta(minutes=1)
    return Splitter(session, CONFIG, ZONE, Edit(actor=actor, now=place.now, reason=reason))


def units_of(session: Session, key: str) -> list[int]:
    request = get_request(session, key)
    statement = select(col(Evidence.unit_id)).where(col(Evidence.request_id) == request.id)
    return sorted(session.scalars(statement))


def askers(session: Session, key: str) -> set[str]:
    statement = (
        select(col(Feedback.author_key))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .where(col(FeedbackUnit.id).in_(units_of(session, key)))
    )
    return {author for author in session.scalars(statement) if author}


def split(place: Place, count: int = 5) -> tuple[str, list[int]]:
    with place.database.write() as session:
        taken = units_of(session, place.key)[:count]
        why = splitter(session, place, reason="是两回事")
        child = why.split(place.key, taken, "上传大照片闪退")
        return child.key, taken


def words(session: Session, key: str) -> list[str]:
    return [describe_edit(edit) for edit in request_detail(session, key).edits]


def test_what_was_split_off_is_a_request_of_its_own_and_stays_one(place: Place) -> None:
    with place.database.read() as session:
        before = units_of(session, place.key)
    key, taken = split(place)
    for _ in range(2):  # what an analysis does changes nothing
        with place.database.write() as session:
            assert units_of(session, key) == taken
            assert units_of(session, place.key) == sorted(set(before) - set(taken))
            keep_requests(session, CONFIG, zone=ZONE, now=place.now)
    with place.database.read() as session:
        child = request_detail(session, key)
        assert (child.row.request.title, child.row.request.status) == ("上传大照片闪退", "new")
        assert child.row.request.topic_id != get_request(session, place.key).topic_id
        assert child.row.request.priority is not None
        assert [event.reason for event in child.history] == [f"从 {place.key} 拆出：是两回事"]
        assert words(session, place.key) == [f"拆出了 {key}：是两回事"]
        assert request_row(session, child.row.request).counts.units == len(taken)


def test_a_split_is_undone_whole_and_its_number_is_not_given_again(place: Place) -> None:
    with place.database.read() as session:
        before, topic_id = units_of(session, place.key), get_request(session, place.key).topic_id
    key, _ = split(place)
    with place.database.write() as session:
        assert splitter(session, place).undo(place.key) == key
    with place.database.write() as session:
        assert units_of(session, place.key) == before
        assert get_request(session, place.key).topic_id == topic_id
        with pytest.raises(NotFound):
            get_request(session, key)
        assert words(session, place.key)[-1] == f"撤销了拆分，{key} 并回来"
        with pytest.raises(Conflict, match="没有可撤销的拆分"):
            splitter(session, place).undo(place.key)
        keep_requests(session, CONFIG, zone=ZONE, now=place.now)
        assert units_of(session, place.key) == before
    again, _ = split(place)
    assert again != key


def test_who_stands_behind_the_new_request_alone_is_told_by_that(place: Place) -> None:
    place.move("planned")
    place.send()
    key, _ = split(place, 8)
    with place.database.read() as session:
        old, new = askers(session, place.key), askers(session, key)
    assert new - old, "some asked for the split part alone"
    assert len(old | new) == PEOPLE
    assert place.deliver() == {"sent": len(old)}
    parent, place.key = place.key, key
    place.move("planned")
    place.send()
    place.deliver()
    told = [(one["data"]["request"], one["data"]["feedback"]["source_key"]) for one in place.said()]
    assert len(told) == len(set(told)) == len(old) + len(new)
    assert {request for request, _ in told} == {parent, key}


def test_an_undone_split_owes_again_what_it_withdrew_and_nobody_is_told_twice(
    place: Place,
) -> None:
    place.move("planned")
    split(place, 8)
    with place.database.write() as session:
        splitter(session, place).undo(place.key)
    assert place.states() == {"planned pending": PEOPLE}
    place.send()
    assert place.deliver() == {"sent": PEOPLE}
    assert (place.send().queued, place.deliver()) == (0, {})
    assert len(place.sink.received) == PEOPLE


@pytest.mark.parametrize("how", ["moved", "edited", "linked"])
def test_a_new_request_that_somebody_works_on_is_not_withdrawn(place: Place, how: str) -> None:
    with place.database.read() as session:
        before = units_of(session, place.key)
    key, _ = split(place)
    with place.database.write() as session:
        now = place.now + timedelta(minutes=1)
        if how == "moved":
            apply_transition(session, key, RequestStatus.TRIAGED, actor="小王", now=now)
        elif how == "edited":
            some = units_of(session, key)[:1]
            splitter(session, place).split(key, some, "再拆一次")
        else:
            link_requests(session, key, place.key, LinkKind.RELATED, actor="小王", now=now)
        with pytest.raises(Conflict, match="有人动过"):
            splitter(session, place).undo(place.key)
    if how != "moved":
        return
    with place.database.write() as session:  # the way that the error names
        apply_transition(
            session,
            key,
            RequestStatus.DUPLICATE,
            actor="小王",
            now=place.now + timedelta(minutes=2),
            duplicate_of=place.key,
        )
        assert units_of(session, place.key) == before


def test_evidence_that_people_added_moves_as_it_is(place: Place) -> None:
    with place.database.write() as session:
        made = create_request(session, title="手工的", intent="feature", now=NOW, actor="林晓")
        chosen = sorted(id_ or 0 for id_ in session.scalars(select(FeedbackUnit.id).limit(3)))
        session.add_all(
            Evidence(request_id=made.id or 0, unit_id=unit, added_by="林晓") for unit in chosen
        )
        session.flush()
        one = splitter(session, place)
        child = one.split(made.key, chosen[:1], "其中一半")
        assert (units_of(session, made.key), units_of(session, child.key)) == (
            chosen[1:],
            chosen[:1],
        )
        assert child.topic_id is None
        assert one.undo(made.key) == child.key
        assert units_of(session, made.key) == chosen


def test_what_cannot_be_split_is_said(place: Place) -> None:
    with place.database.write() as session:
        every = units_of(session, place.key)
        one = splitter(session, place)
        with pytest.raises(Conflict, match="全拿走"):
            one.split(place.key, every, "全部")
        for units, title in (([], "空"), (every[:1], " ")):
            with pytest.raises(InputError):
                one.split(place.key, units, title)
        with pytest.raises(InputError, match="谁拆的"):
            splitter(session, place, " ").split(place.key, every[:1], "一半")
        with pytest.raises(NotFound):
            one.split("REQ-999", every[:1], "一半")
        with pytest.raises(Conflict, match="不是"):
            one.split(place.key, [10**6], "没有")
        assert units_of(session, place.key) == every


def test_a_merge_of_requests_taken_back_tells_each_person_once(place: Place) -> None:
    """Followers move to the other request, and come back when the merge is undone."""
    place.move("planned")
    with place.database.write() as session:
        target = create_request(session, title="总的", intent="bug", now=NOW, actor="林晓")
        key = target.key
        apply_transition(session, key, RequestStatus.PLANNED, actor="小王", now=place.now)
        place.now += timedelta(minutes=1)
        apply_transition(
            session,
            place.key,
            RequestStatus.DUPLICATE,
            actor="小王",
            now=place.now,
            duplicate_of=key,
        )
        states = {
            (one.request_id == target.id, one.status) for one in session.exec(select(Notice)).all()
        }
    assert states == {(True, "pending"), (False, "superseded")}
    place.move("reopened")
    with place.database.read() as session:
        assert units_of(session, key) == []
        assert len(askers(session, place.key)) == PEOPLE
    place.move("planned")
    assert place.send().queued == PEOPLE
    assert place.deliver() == {"sent": PEOPLE}
    own, place.key = place.key, key
    place.send()
    place.deliver()
    told = [one["data"]["feedback"]["source_key"] for one in place.said()]
    assert len(told) == len(set(told)) == PEOPLE, own


@pytest.mark.parametrize("sent", [False, True])
def test_a_merge_of_topics_taken_back_tells_each_person_once(place: Place, sent: bool) -> None:
    """Both requests were planned; the merge is undone before, or after, anything left."""
    place.move("planned")
    with place.database.write() as session:
        own = get_request(session, place.key)
        target = next(
            one for one in session.exec(select(FeatureRequest)) if one.title == "希望有夜间模式"
        )
        key, topic_id, into = target.key, own.topic_id or 0, target.topic_id or 0
        other = askers(session, key)
        apply_transition(session, key, RequestStatus.PLANNED, actor="小王", now=place.now)

    def desk(session: Session) -> TopicDesk:
        place.now += timedelta(minutes=1)
        return TopicDesk(session, CONFIG, ZONE, Edit("林晓", place.now))

    with place.database.write() as session:
        desk(session).apply(lambda session, edit: merge(session, topic_id, into, edit))
        assert get_request(session, place.key).status == "duplicate"
    own_key, place.key = place.key, key
    if sent:
        place.send()
        place.deliver()
    with place.database.write() as session:
        desk(session).undo(topic_id)
        assert get_request(session, own_key).status == "planned"
        assert len(askers(session, own_key)) == PEOPLE
    for place.key in (own_key, key):
        place.send()
    place.deliver()
    told = [(one["data"]["request"], one["data"]["feedback"]["source_key"]) for one in place.said()]
    assert len(told) == len(set(told))
    by_request = Counter(request for request, _ in told)
    if not sent:
        assert by_request == {own_key: PEOPLE, key: len(other)}


def test_links_are_seen_from_both_sides_and_taken_back(place: Place) -> None:
    with place.database.write() as session:
        other = create_request(session, title="另一个", intent="bug", now=NOW, actor="林晓").key

        def put(kind: LinkKind) -> bool:
            return link_requests(session, place.key, other, kind, actor="林晓", now=NOW)

        def seen(key: str) -> list[tuple[str, str]]:
            return [(one.kind, one.key) for one in linked(session, get_request(session, key))]

        assert put(LinkKind.BLOCKED_BY)
        assert not put(LinkKind.BLOCKED_BY)
        assert (seen(place.key), seen(other)) == (
            [("blocked_by", other)],
            [("blocks", place.key)],
        )
        assert put(LinkKind.RELATED), "another kind replaces it"
        assert (seen(place.key), seen(other)) == ([("related", other)], [("related", place.key)])
        assert unlink_requests(session, other, place.key, actor="小王", now=NOW, reason="各做各的")
        assert not unlink_requests(session, other, place.key, actor="小王", now=NOW)
        assert seen(place.key) == seen(other) == []
        assert words(session, place.key) == [
            f"关联了（等 {other}）",
            f"取消了关联（等 {other}）",
            f"关联了（相关 {other}）",
            f"取消了关联（相关 {other}）：各做各的",
        ]
        assert comments_of(session, get_request(session, other)) == []
        for wrong in ((place.key, place.key, "林晓"), (place.key, other, " ")):
            with pytest.raises((InputError, Conflict)):
                link_requests(
                    session, wrong[0], wrong[1], LinkKind.RELATED, actor=wrong[2], now=NOW
                )
