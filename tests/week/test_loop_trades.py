"""An app, a restaurant and a petitions office: each figure of the loop equals its query."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.labels import ReporterStatus, RequestStatus
from feedback_nlp.loop import allowed_from
from feedback_nlp.requests.moving import apply_transition, create_request
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Evidence, FeatureRequest, Notice, StatusEvent
from feedback_nlp.week.loop_figures import loop_figures
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, Builder
from tests.week.test_loop_figures import walked

FIGURES = ("requests", "closed", "answered", "median_days", "told_people", "told_notices")
REPEATS = ("repeat_people", "repeat_keys")


class Trade(NamedTuple):
    """What people ask of one trade, and how its team answers.

    Attributes:
        asks: What is asked for.
        products: Of which product, shop or office.
        kind: Of its source.
        named: Share of people who give a name.
        steps: How many steps a request takes.
        declines: Share of steps that decline where that is allowed.
    """

    asks: tuple[str, ...]
    products: tuple[str | None, ...]
    kind: str
    named: float
    steps: tuple[int, int]
    declines: float


TRADES = {
    "app": Trade(
        ("批注导出是空白的", "想要手写板支持", "目录跳转错页", "深色主题下字看不清", "打印少一页",
         "离线时打不开文件", "希望能合并文档", "缩放后文字发糊"),
        ("小岛阅读", "小岛批注"), "in_app", 1.0, (1, 5), 0.1,
    ),
    "restaurant": Trade(
        ("上菜等了一小时", "汤底太咸", "叫号听不见", "儿童椅不够", "停车要绕很远", "想要小份菜"),
        ("河边店", "北门店", None), "social", 0.4, (1, 4), 0.5,
    ),
    "petitions": Trade(
        ("楼道灯一直不亮", "公交班次太少", "夜间施工扰民", "办证要跑三趟", "路口没有红绿灯",
         "小区积水没人管", "网上申报总退回", "老年食堂关门了", "河道有异味", "消防通道被占"),
        (None,), "survey", 0.9, (1, 4), 0.5,
    ),
}  # fmt: skip


def live(session: Session, trade: Trade, draw: random.Random) -> None:
    """Write what people said over six weeks, and what the team made of it, step by step."""
    build = Builder(session)
    build.flushes = False
    begun = WEEK.shift(-6).bounds(ZONE)[0]
    for number, ask in enumerate(trade.asks):
        product = trade.products[number % len(trade.products)]
        said = [
            build.say(
                f"{ask}，第 {one} 次说",
                weeks_ago=draw.randrange(6),
                hours=draw.uniform(0, 160),
                topic=ask,
                author=f"{ask}-{draw.randrange(9)}",
                source_kind=trade.kind,
                product=product,
                is_spam=draw.random() < 0.05,
            )
            for one in range(draw.randint(4, 9))
        ]
        for feedback in said:
            if draw.random() >= trade.named:
                feedback.author_key = None
        session.flush()
        now = begun + timedelta(days=draw.uniform(0, 20))
        request = create_request(
            session, title=ask, intent="bug", now=now, product=product, actor="林晓"
        )
        for feedback in said:
            session.add(
                Evidence(request_id=request.id or 0, unit_id=feedback.id or 0, added_by="林晓")
            )
        session.flush()
        if draw.random() < 0.6:
            request.due = (now + timedelta(days=draw.uniform(3, 25))).date()
        _walk(session, request, trade, draw, now)
    session.flush()


def _walk(
    session: Session, request: FeatureRequest, trade: Trade, draw: random.Random, now: Any
) -> None:
    for _ in range(draw.randint(*trade.steps)):
        steps = [
            to
            for to in allowed_from(RequestStatus(request.status))
            if to != RequestStatus.DUPLICATE
        ]
        if not steps:
            return
        now += timedelta(days=draw.uniform(0.2, 9))
        declines = RequestStatus.DECLINED in steps and draw.random() < trade.declines
        to = RequestStatus.DECLINED if declines else draw.choice(steps)
        apply_transition(session, request.key, to, actor="小王", now=now, reason="研究过了")
        owed = select(Notice).where(col(Notice.request_id) == request.id)
        for notice in session.scalars(owed).all():
            if notice.status == "pending" and draw.random() < 0.7:
                notice.status, notice.settled_at = (
                    "sent",
                    now + timedelta(hours=draw.uniform(1, 90)),
                )


def broken(session: Session, scope: Scope) -> set[str]:
    """Return the keys of broken promises, by a plain walk over the events."""
    found = set()
    for request in session.scalars(select(FeatureRequest)):
        events = session.scalars(
            select(StatusEvent)
            .where(StatusEvent.request_id == request.id)
            .order_by(col(StatusEvent.id))
        )
        shown = [ReporterStatus(e.to_reporter_status) for e in events if e.happened_at < scope.end]
        if not shown or scope.product not in (None, request.product):
            continue
        promises = [one for one in shown if one in (ReporterStatus.PLANNED, ReporterStatus.SHIPPED)]
        is_promised = shown[-1] is ReporterStatus.PLANNED
        is_over = request.due is not None and request.due < scope.end.astimezone(ZONE).date()
        is_dropped = shown[-1] not in (ReporterStatus.PLANNED, ReporterStatus.SHIPPED)
        if (is_promised and is_over) or (
            is_dropped and promises and promises[-1] is ReporterStatus.PLANNED
        ):
            found.add(request.key)
    return found


@pytest.fixture(scope="module", params=list(TRADES))
def lived(request: Any, new_database_url: Any) -> Iterator[tuple[str, Database]]:
    database = Database(new_database_url())
    with database.write() as session:
        live(session, TRADES[request.param], random.Random(f"loop {request.param}"))
    yield request.param, database
    database.dispose()


def test_each_figure_equals_its_query(lived: tuple[str, Database]) -> None:
    name, database = lived
    seen: dict[str, set[Any]] = {figure: set() for figure in (*FIGURES, *REPEATS, "broken")}
    with database.read() as session:
        for back in (0, 2, 5):
            for product in {None, *TRADES[name].products}:
                scope = Scope(WEEK.shift(-back), ZONE, product)
                found = loop_figures(session, scope)
                expected = walked(session, scope.end, product)
                assert {one: getattr(found, one) for one in expected} == expected
                rate = expected["closed"] / expected["requests"] if expected["requests"] else None
                assert found.closure_rate == rate
                assert {item.key for item in found.broken} == broken(session, scope)
                for figure, values in seen.items():
                    values.add(getattr(found, figure))
    told_nothing = [figure for figure, values in seen.items() if len(values) < 2]
    assert told_nothing == [], "a figure that never moves proves nothing"


@pytest.mark.slow
def test_list_and_digest_tell_the_same(lived: tuple[str, Database]) -> None:
    name, database = lived
    url = database.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, worker=False), now=lambda: NOW)
    with TestClient(app) as client, database.read() as session:
        scope = Scope(WEEK, ZONE)
        found = loop_figures(session, scope)
        served = client.get("/v1/loop", params={"week": str(WEEK)}).json()
        told = client.get(f"/v1/digests/{WEEK}").json()["loop_figures"]
    for figure in (*FIGURES, *REPEATS):
        value = getattr(found, figure)
        value = list(value) if isinstance(value, tuple) else value
        assert (served[figure], told[figure]) == (value, value), (name, figure)
    assert served["closure_rate"] == found.closure_rate
    keys = sorted(item.key for item in found.broken)
    assert sorted(item["key"] for item in served["broken"]) == keys
    assert sorted(item["key"] for item in told["broken"]) == keys
