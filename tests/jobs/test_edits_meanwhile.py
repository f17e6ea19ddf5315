"""What people edit while an analysis runs stands: between reading and deciding, between slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlmodel import Session, col, func, select

from feedback_nlp.config import load_config
from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.errors import Conflict
from feedback_nlp.jobs import publishing
from feedback_nlp.jobs.llm_names import ModelNames
from feedback_nlp.jobs.publishing import decide, finish, slices_of
from feedback_nlp.jobs.topic_edits import TopicDesk
from feedback_nlp.jobs.topics import Found
from feedback_nlp.labels import TopicEventKind, TopicKind
from feedback_nlp.requests import catching_up
from feedback_nlp.requests.estimating import edit_request
from feedback_nlp.requests.priorities import rank_requests
from feedback_nlp.store import Database, analysis, plans
from feedback_nlp.store.edit_marks import edit_mark
from feedback_nlp.store.slices import Slices
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    FeedbackUnit,
    Run,
    RunPlan,
    Topic,
)
from feedback_nlp.topics import TopicResult
from feedback_nlp.topics.records import LedgerEvent, Theme
from feedback_nlp.topics.records import Topic as FoundTopic
from tests.week.six_weeks import NOW, ZONE, six_weeks

CONFIG = load_config()
CRASH, WISH, SLOW, LOGIN = "上传照片闪退", "希望有夜间模式", "同步很慢", "登录收不到验证码"
Hook = Callable[[], object]


class Office:
    """Six weeks, topics and requests in step, and an analysis that wants to change all of it.

    It puts every unit of 同步很慢 into a new topic, lets 登录收不到验证码 go into 希望有夜间模式,
    and gives the crash another name.
    """

    def __init__(self, database: Database, topics: dict[str, int]) -> None:
        self.database = database
        self.topics = topics

    def units(self, topic: str | int, limit: int = 1_000) -> list[int]:
        topic_id = self.topics[topic] if isinstance(topic, str) else topic
        with self.database.read() as session:
            return [
                unit or 0
                for unit in session.exec(
                    select(FeedbackUnit.id)
                    .where(col(FeedbackUnit.topic_id) == topic_id)
                    .order_by(col(FeedbackUnit.id))
                    .limit(limit)
                )
            ]

    def topic(self, name: str | int) -> Topic:
        with self.database.read() as session:
            return session.get_one(Topic, self.topics[name] if isinstance(name, str) else name)

    def edit(self, act: Callable[[Session, Edit], Any]) -> Any:
        with self.database.write() as session:
            return TopicDesk(session, CONFIG, ZONE, Edit("林晓", NOW)).apply(act)

    def undo(self, topic: str) -> None:
        with self.database.write() as session:
            TopicDesk(session, CONFIG, ZONE, Edit("林晓", NOW)).undo(self.topics[topic])

    def find(self) -> Found:
        """Return what the analysis found in the present state."""
        with self.database.read() as session:
            mark, units = edit_mark(session).topic_event, analysis.topic_units(session)
        topics = tuple(
            FoundTopic(
                topic_id=known and str(self.topics[known]),
                name=name,
                keywords=(name[:2],),
                kind=TopicKind.ISSUE,
                theme=0,
                centroid=np.ones(4, np.float32),
                quotes=(),
                member_count=9,
                cohesion=0.8,
            )
            for known, name in ((CRASH, "一传照片就崩"), (WISH, WISH), (None, "云端同步"))
        )
        place = {self.topics[name]: index for name, index in ((CRASH, 0), (WISH, 1), (LOGIN, 1))}
        place[self.topics[SLOW]] = 2
        merged = LedgerEvent(
            TopicEventKind.MERGED,
            str(self.topics[LOGIN]),
            {"into": str(self.topics[WISH]), "units": 9},
        )
        retired = LedgerEvent(TopicEventKind.RETIRED, str(self.topics[SLOW]), {})
        assignment = np.array([place.get(unit.topic_id or 0, -1) for unit in units], np.int32)
        result = TopicResult(
            topics=topics,
            themes=(Theme("体验", (0, 1, 2)),),
            assignment=assignment,
            similarity=np.full(len(units), 0.9, np.float32),
            centroids=np.ones((3, 4), np.float32),
            events=(merged, retired),
        )
        return Found(units, result, mark)

    def start(self) -> int:
        with self.database.write() as session:
            return analysis.start_run(session, config={}, versions={}, now=NOW)

    def decide(self, found: Found, run_id: int, slices: Slices | None = None) -> None:
        report = {"run_id": run_id, "read_count": 0}
        slices = slices or slices_of(self.database, run_id)
        decide(self.database, slices, found, ModelNames(), report, run_id, NOW)

    def finish(self, run_id: int, slices: Slices | None = None) -> dict[str, Any]:
        return finish(
            self.database,
            slices or slices_of(self.database, run_id),
            CONFIG,
            run_id,
            zone=ZONE,
            now=NOW,
            progress=lambda _stage, _done, _total: None,
        )

    def analyse(self, *, before: Hook = lambda: None, between: Hook = lambda: None) -> None:
        """Run the analysis; people edit before it decides, or when its first slice is written."""
        run_id, found = self.start(), self.find()
        before()
        self.decide(found, run_id)
        hooks = [between]

        def rest(_seconds: float) -> None:
            if hooks:
                hooks.pop()()

        check = lambda session: analysis.require_open(session, run_id)  # noqa: E731
        slices = Slices(self.database, check, rest=rest)
        slices._sizes["moves"] = 5
        self.finish(run_id, slices)

    def check_in_step(self) -> None:
        """Check what must hold at the end of every analysis: no twins, evidence as the topics say."""
        with self.database.read() as session:
            requests = session.exec(
                select(FeatureRequest).where(col(FeatureRequest.status) != "duplicate")
            ).all()
            owners = [request.topic_id for request in requests]
            assert len(owners) == len(set(owners))
            for request in requests:
                topic = session.get_one(Topic, request.topic_id)
                assert topic.state != "merged", topic.name
                behind = set(
                    session.exec(
                        select(Evidence.unit_id).where(col(Evidence.request_id) == request.id)
                    )
                )
                own = set(
                    session.exec(
                        select(FeedbackUnit.id).where(
                            col(FeedbackUnit.topic_id) == request.topic_id
                        )
                    )
                )
                assert own <= behind, request.title
            merged = select(Topic.id).where(col(Topic.state) == "merged")
            lost = select(func.count()).where(col(FeedbackUnit.topic_id).in_(merged))
            assert session.exec(lost).one() == 0
            assert session.exec(select(func.count()).select_from(RunPlan)).one() in (0, 1)
            assert session.exec(select(Run.status).order_by(col(Run.id).desc())).first() == (
                "complete"
            )


@pytest.fixture
def office(new_database_url: Callable[[], str]):
    from feedback_nlp.requests.sync import sync_requests

    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        yield Office(database, build.topics)


WHEN = pytest.mark.parametrize("when", ["before", "between"])


def test_without_edits_all_is_as_found(office: Office) -> None:
    slow, login = office.units(SLOW), office.units(LOGIN)
    office.analyse()
    assert office.topic(CRASH).name == "一传照片就崩"
    assert office.topic(LOGIN).state == "merged"
    assert office.topic(SLOW).state == "retired"
    assert set(login) <= set(office.units(WISH))
    with office.database.read() as session:
        new = session.exec(select(Topic).where(col(Topic.name) == "云端同步")).one()
        key = session.exec(
            select(FeatureRequest.key).where(col(FeatureRequest.topic_id) == new.id)
        ).one()
    assert office.units(new.id or 0) == slow
    assert key == "REQ-5"
    office.check_in_step()


@WHEN
def test_a_moved_unit_stays_where_it_was_put(office: Office, when: str) -> None:
    moved = office.units(SLOW)[-3:]
    office.analyse(
        **{
            when: lambda: office.edit(
                lambda s, e: topic_edits.move_units(s, moved, office.topics[CRASH], e)
            )
        }
    )
    assert set(moved) <= set(office.units(CRASH))
    with office.database.read() as session:
        units = session.exec(select(FeedbackUnit).where(col(FeedbackUnit.id).in_(moved)))
        assert {unit.assigned_by for unit in units} == {"person"}
    office.check_in_step()


@WHEN
def test_a_merge_is_followed_and_has_no_twin(office: Office, when: str) -> None:
    crash = office.units(CRASH)
    office.analyse(
        **{
            when: lambda: office.edit(
                lambda s, e: topic_edits.merge(s, office.topics[CRASH], office.topics[WISH], e)
            )
        }
    )
    assert office.topic(CRASH).state == "merged"
    assert set(crash) <= set(office.units(WISH))
    with office.database.read() as session:
        names = session.exec(select(Topic.name).where(col(Topic.state) == "active")).all()
    assert not any("传照片" in name for name in names)
    office.check_in_step()


@WHEN
def test_a_topic_that_somebody_renames_is_not_merged_away(office: Office, when: str) -> None:
    login = office.units(LOGIN)
    office.analyse(
        **{
            when: lambda: office.edit(
                lambda s, e: topic_edits.rename(s, office.topics[LOGIN], "验证码收不到", e)
            )
        }
        if when == "before"
        else {
            when: lambda: office.edit(
                lambda s, e: topic_edits.rename(s, office.topics[WISH], "想要深色界面", e)
            )
        }
    )
    if when == "before":
        assert office.topic(LOGIN).name == "验证码收不到"
        assert office.topic(LOGIN).state == "active"
        assert office.units(LOGIN) == login
    else:
        assert office.topic(WISH).name == "想要深色界面"
    office.check_in_step()


@WHEN
def test_a_split_keeps_its_units_and_its_name(office: Office, when: str) -> None:
    some = office.units(SLOW)[-4:]
    child = []
    office.analyse(
        **{
            when: lambda: child.append(
                office.edit(
                    lambda s, e: topic_edits.split(s, office.topics[SLOW], some, "手机不同步", e)
                ).id
            )
        }
    )
    assert office.units(child[0]) == some
    assert office.topic(child[0]).name == "手机不同步"
    office.check_in_step()


@WHEN
def test_an_undo_stands_too(office: Office, when: str) -> None:
    some = office.units(SLOW)[-4:]
    office.edit(lambda s, e: topic_edits.move_units(s, some, office.topics[CRASH], e))
    office.analyse(**{when: lambda: office.undo(CRASH)})
    assert not set(some) & set(office.units(CRASH))
    office.check_in_step()


@WHEN
def test_a_pinned_topic_does_not_retire(office: Office, when: str) -> None:
    slow = office.units(SLOW)
    office.analyse(
        **{
            when: lambda: office.edit(
                lambda s, e: topic_edits.set_pinned(s, office.topics[SLOW], True, e)
            )
        }
    )
    assert office.topic(SLOW).pinned
    if when == "before":
        assert office.topic(SLOW).state == "active"
        assert office.units(SLOW) == slow
    office.check_in_step()


def test_an_estimate_made_while_it_ranks_counts_in_what_is_stored(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimates = [1.0]

    def ranked_then_edited(session: Session, *arguments: Any, **options: Any) -> Any:
        ranked = rank_requests(session, *arguments, **options)
        if estimates:
            values = {"strategic_weight": estimates.pop()}
            with office.database.write() as writing:
                edit_request(
                    writing,
                    "REQ-1",
                    values,
                    actor="林晓",
                    now=NOW,
                    config=CONFIG.rank,
                    zone=ZONE,
                )
        return ranked

    monkeypatch.setattr(catching_up, "rank_requests", ranked_then_edited)
    office.analyse()
    with office.database.read() as session:
        stored = session.exec(select(FeatureRequest)).all()
        ranked = rank_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
    assert ranked is not None
    assert not estimates
    for request in stored:
        score = ranked.scores.get(request.id or 0)
        assert request.priority == (score and score.score), request.key
    assert "strategic" in ranked.scores[1].parts


def test_killed_after_it_decided_the_next_one_finishes_it(office: Office) -> None:
    slow = office.units(SLOW)
    run_id = office.start()
    office.decide(office.find(), run_id)
    with office.database.read() as session:
        assert plans.is_unfinished(session)
    with office.database.write() as session:
        heir = plans.take_over(session, now=NOW)
    assert office.finish(heir)["topic_count"] == 3
    with office.database.read() as session:
        new = session.exec(select(Topic).where(col(Topic.name) == "云端同步")).one()
    assert office.units(new.id or 0) == slow
    with pytest.raises(Conflict, match="取代"):
        office.finish(run_id, Slices(office.database, lambda s: analysis.require_open(s, run_id)))
    office.check_in_step()


def test_killed_amid_the_slices_and_edited_since_then_it_ends_well(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = office.units(SLOW)
    run_id = office.start()
    office.decide(office.find(), run_id)

    class Killed(BaseException):
        pass

    def killed(_seconds: float) -> None:
        raise Killed

    check = lambda session: analysis.require_open(session, run_id)  # noqa: E731
    slices = Slices(office.database, check, rest=killed)
    with pytest.raises(Killed):
        office.finish(run_id, slices)
    office.edit(lambda s, e: topic_edits.move_units(s, slow[:2], office.topics[CRASH], e))
    with office.database.write() as session:
        heir = plans.take_over(session, now=NOW)
    office.finish(heir)
    assert set(slow[:2]) <= set(office.units(CRASH))
    with office.database.read() as session:
        new = session.exec(select(Topic).where(col(Topic.name) == "云端同步")).one()
    assert office.units(new.id or 0) == slow[2:]
    office.check_in_step()


def test_moves_that_were_never_decided_are_forgotten(office: Office) -> None:
    first, second = office.start(), office.start()
    with office.database.write() as session:
        plans.add_part(session, first, 0, np.zeros(3, plans.MOVE))
    publishing.forget_plans(office.database, slices_of(office.database, second))
    with office.database.read() as session:
        assert plans.parts(session) == []
