"""本周: what is told first, and that it opens."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from tests.desk.conftest import spike


def test_an_empty_database_says_where_to_begin(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "还没有反馈" in page.text
    assert 'href="/data"' in page.text


@pytest.mark.usefixtures("stored")
def test_an_unfinished_week_says_so(client: TestClient) -> None:
    assert "还没有结束" in client.get("/?week=2026-W48").text
    assert "还没有结束" not in client.get("/?week=2026-W47").text
    assert client.get("/?week=47").status_code == 422


def test_an_alert_leads_and_counts_people_once(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        session.add(spike(people=5))
    page = client.get("/?week=2026-W47").text
    assert "预警 · 上升" in page
    link = 'data-n="2" href="/feedback?of=people&amp;topic_id=1&amp;since_day=2026-11-20'
    assert link in page


@pytest.mark.usefixtures("stored")
def test_both_tabs_and_the_paper(client: TestClient) -> None:
    assert client.get("/?tab=backlog").text.count('class="card ranked"') == 1
    assert client.get("/?tab=other").status_code == 422
    assert "<script" not in client.get("/report").text


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("page", ["/", "/week/send"])
def test_what_is_offered_to_take_away_is_there(client: TestClient, page: str) -> None:
    product = re.search(r"<option>(小岛记账[^<]*)</option>", client.get("/feedback").text)
    for chosen in ({}, {"product": html.unescape(product[1])} if product else {}):
        shown = client.get(page, params={"week": "2026-W47", **chosen}).text
        offered = re.findall(r'href="(/(?:v1/digests|report)[^"]*)"', shown)
        assert offered
        for address in offered:
            assert client.get(html.unescape(address)).status_code == 200, address
