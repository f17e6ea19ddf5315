"""The figures of the loop equal what a plain walk over the rows counts."""

from datetime import timedelta
from statistics import median

import pytest
from sqlmodel import col, select

from feedback_nlp.config import load_config
from feedback_nlp.labels import RequestStatus
from feedback_nlp.report.loop_words import loop_words
from feedback_nlp.requests.late import late_requests
from feedback_nlp.requests.moving import apply_transition, create_request
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    StatusEvent,
)
from feedback_nlp.week.loop_figures import loop_figures
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, PLAN, WEEK, ZONE, six_weeks

CONFIG = load_config()
END = WEEK.bounds(ZONE)[1]
S = RequestStatus


@pytest.fixture(scope="module")
def filled(new_database_url):
    """Four requests of topics and three by hand, each with another life."""
    with six_weeks(new_database_url()) as (database, _), database.write() as session:
        made = WEEK.shift(-4).bounds(ZONE)[0]
        sync_requests(session, CONFIG.rank, zone=ZONE, now=made)
        keys = {row.title: row.key for row in session.scalars(select(FeatureRequest))}
        for title in ("导出表格", "语音记账", "又一个闪退"):
            request = create_request(session, title=title, intent="feature", now=made, actor="林晓")
            request.product = "小岛日历"
            keys[title] = request.key

        def go(title, to, days, **fields):
            moment = made + timedelta(days=days)
            apply_transition(session, keys[title], to, actor="小王", now=moment, **fields)

        go("上传照片闪退", S.PLANNED, 2)
        go("上传照片闪退", S.RELEASED, 9)
        go("希望有夜间模式", S.DECLINED, 10.5, reason="下半年再议")
        go("同步很慢", S.TRIAGED, 1)
        go("同步很慢", S.PLANNED, 4)
        go("登录收不到验证码", S.PLANNED, 3)
        go("导出表格", S.PLANNED, 1)
        go("导出表格", S.DECLINED, 20, reason="做不了")
        go("又一个闪退", S.DUPLICATE, 1, duplicate_of=keys["上传照片闪退"])
        go("语音记账", S.PLANNED, 60)  # after the week that is told
        slow = session.scalars(select(FeatureRequest).where(FeatureRequest.title == "同步很慢"))
        sent = select(Notice).where(Notice.reporter_status == "planned").order_by(col(Notice.id))
        for number, notice in enumerate(session.scalars(sent).all()):
            if number % 3:
                notice.status, notice.settled_at = "sent", made + timedelta(days=5 + number)
        slow.one().due = (END - timedelta(days=1)).astimezone(ZONE).date()
        session.flush()
        yield session, keys
        session.rollback()


def walked(session, end, product=None):
    """Count by hand: every row is read, nothing is asked of the database but the rows."""
    events = session.scalars(select(StatusEvent).order_by(col(StatusEvent.id))).all()
    lives = {}
    for request in session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))):
        own = [e for e in events if e.request_id == request.id and e.happened_at < end]
        if own and own[-1].to_status != "duplicate" and product in (None, request.product):
            lives[request.key] = (request, own)
    shown = {key: own[-1].to_reporter_status for key, (_, own) in lives.items()}
    waits = []
    for _, own in lives.values():
        told = [e for e in own if e.to_reporter_status in ("planned", "shipped", "declined")]
        waits += (
            [(told[0].happened_at - own[0].happened_at).total_seconds() / 86_400] if told else []
        )
    people, asked_for = set(), []
    for key, (request, own) in lives.items():
        if own[-1].to_status != "declined":
            continue
        unit_ids = {
            e.unit_id for e in session.scalars(select(Evidence)) if e.request_id == request.id
        }
        feedback_ids = {
            u.feedback_id for u in session.scalars(select(FeedbackUnit)) if u.id in unit_ids
        }
        later = {
            f.person_key
            for f in session.scalars(select(Feedback))
            if f.id in feedback_ids
            and own[-1].happened_at < f.occurred_at < end
            and not f.is_spam
            and not f.is_burst
        }
        people |= later
        asked_for += [key] if later else []
    told = [
        notice
        for notice in session.scalars(select(Notice))
        if notice.status == "sent"
        and notice.settled_at < end
        and product in (None, session.get(FeatureRequest, notice.request_id).product)
    ]
    return {
        "told_people": len({notice.person_key for notice in told}),
        "told_notices": len(told),
        "requests": len(lives),
        "closed": sum(status in ("shipped", "declined") for status in shown.values()),
        "answered": len(waits),
        "median_days": round(median(waits), 1) if waits else None,
        "repeat_people": len(people),
        "repeat_keys": tuple(asked_for),
    }


@pytest.mark.parametrize("back", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("product", [None, "小岛日历"])
def test_each_figure_equals_its_query(filled, back, product):
    session, _ = filled
    scope = Scope(WEEK.shift(-back), ZONE, product)
    found = loop_figures(session, scope)
    expected = walked(session, scope.end, product)
    assert {name: getattr(found, name) for name in expected} == expected


def test_the_figures_of_this_life(filled):
    session, keys = filled
    found = loop_figures(session, Scope(WEEK, ZONE))
    assert (found.requests, found.closed, found.answered) == (len(PLAN) + 2, 3, 5)
    assert found.closure_rate == 0.5
    assert found.median_days == 3.0  # of 1, 2, 3, 4 and 10.5
    assert [(item.key, item.due is None) for item in found.broken] == [
        (keys["同步很慢"], False),
        (keys["导出表格"], True),
    ]
    assert found.repeat_keys == (keys["希望有夜间模式"],)
    assert 0 < found.repeat_people < sum(PLAN["希望有夜间模式"])
    words = loop_words(found)
    assert words.startswith(
        "闭环：闭环率 50%（6 个需求里 3 个已发布或不采纳）；首次答复中位数 3 天（5 个）"
    )
    assert "失约 2 个" in words
    assert "说过已计划，又变成“暂不考虑”" in words
    assert f"不采纳后又有 {found.repeat_people} 人提：{keys['希望有夜间模式']}" in words


def test_a_week_before_any_request_says_nothing(filled):
    session, _ = filled
    found = loop_figures(session, Scope(WEEK.shift(-8), ZONE))
    assert (found.requests, found.closure_rate, found.median_days) == (0, None, None)
    assert loop_words(found) == ""


def test_a_due_day_is_broken_when_it_is_over(filled):
    session, keys = filled
    before = loop_figures(session, Scope(WEEK.shift(-1), ZONE))
    assert keys["同步很慢"] not in [item.key for item in before.broken]


def test_late_is_what_is_over_its_limit(filled):
    session, keys = filled
    limits = {S.PLANNED: 5, S.DECLINED: 0}
    late = late_requests(session, limits=limits, now=NOW.astimezone(ZONE))
    assert keys["同步很慢"] in [item.key for item in late]
    assert keys["上传照片闪退"] not in [item.key for item in late]  # released: no limit
    overdue = [item.clock.business_days - (item.clock.limit or 0) for item in late]
    assert overdue == sorted(overdue, reverse=True)
    assert min(overdue) > 0
    assert late_requests(session, limits={}, now=NOW.astimezone(ZONE)) == []
    of_product = late_requests(session, limits=limits, now=NOW.astimezone(ZONE), product="小岛日历")
    assert {item.key for item in of_product} <= {keys["导出表格"], keys["语音记账"]}
