"""The source that is picked narrows what a page shows, goes on in links, and promises no more."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, Source
from feedback_nlp.week.records import WeeklyDigest
from tests.desk.conftest import NOW, spike

PICKED = f"source={quote('客服记录')}"


@pytest.fixture
def sources(stored: Database) -> Database:
    """The small database, of two sources: the second crash came through the service desk."""
    with stored.write() as session:
        session.scalars(select(Source)).one().name = "官网"
        session.add(Source(name="客服记录", kind="support", created_at=NOW))
        session.flush()
        session.get_one(Feedback, 2).source_id = 2
        session.add(spike(people=2))
    return stored


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize(
    ("page", "all_of_it", "of_source"),
    [
        ("/topics", "人", "1 人"),
        ("/requests", 'data-value="1"', "不能按来源拆开"),
        ("/?week=2026-W47", "反馈", "不能按来源拆开"),
        ("/alerts", "结算闪退", "看的是全部反馈"),
        ("/requests/REQ-1", "按来源看原话", "这一页数的是全部来源"),
        ("/topics/1", "按来源看原话", "这一页数的是全部来源"),
        ("/notices", "全部来源", "selected>客服记录"),
        ("/data", "全部来源", "selected>客服记录"),
        ("/feedback", "全部来源", "来源 客服记录"),
    ],
)
def test_every_page_with_a_picker_says_what_it_did(
    client: TestClient, page: str, all_of_it: str, of_source: str
) -> None:
    plain = client.get(page)
    assert plain.status_code == 200
    assert all_of_it in plain.text
    assert of_source not in plain.text or of_source == all_of_it
    narrowed = client.get(f"{page}{'&' if '?' in page else '?'}{PICKED}")
    assert narrowed.status_code == 200
    assert of_source in narrowed.text


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize(
    "page", ["/", "/requests", "/topics", "/feedback", "/alerts", "/notices", "/data"]
)
def test_the_source_goes_on_to_every_page_of_the_menu(client: TestClient, page: str) -> None:
    text = client.get(f"{page}?{PICKED}").text
    menu = re.findall(r'<li><a href="([^"]+)"', text.split("</nav>")[0])
    assert len(menu) == 7
    assert all("source=" in address for address in menu)
    assert '<input type="hidden" name="source" value="客服记录">' in text.split('role="search"')[1]


@pytest.mark.usefixtures("sources")
def test_people_of_a_topic_are_those_of_the_source(client: TestClient) -> None:
    def people(address: str) -> list[str]:
        return re.findall(r'data-n="(\d+)"', client.get(address).text)

    assert people("/topics")[0] == "2"
    assert people(f"/topics?{PICKED}") == ["1"]
    assert people(f"/requests?{PICKED}") == ["1"]
    assert people("/topics?source=官网") == ["2", "1"]  # the other topic leads there


@pytest.mark.usefixtures("sources")
def test_the_week_of_a_source_quotes_and_counts_nobody_else(client: TestClient) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    whole, part = (services.week("2026-W47", None, source) for source in (None, "客服记录"))

    def said(digest: WeeklyDigest) -> list[str]:
        return [quote.text for topic in digest.topics for quote in topic.quotes]

    assert {"一点结算就闪退", "升级以后闪退三次了"} <= set(said(whole))
    assert said(part) == ["升级以后闪退三次了"]
    assert part.totals.feedback.value == part.topics[0].people.value == 1
    assert [request.people.value for request in part.backlog] == [1]


@pytest.mark.usefixtures("sources")
def test_a_source_that_is_none_is_a_clear_error(client: TestClient) -> None:
    for page in ("/", "/topics", "/requests"):
        answer = client.get(page, params={"source": "没有这个"})
        assert answer.status_code == 404
        assert "没有名为 没有这个 的来源" in answer.text
