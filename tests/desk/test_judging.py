"""改判断 in the drawer, and the blind sample of 数据."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeedbackUnit
from tests.desk.conftest import NOW, Post

pytestmark = pytest.mark.usefixtures("stored")


def intent_of(database: Database, unit: int) -> str:
    with database.read() as session:
        return session.get_one(FeedbackUnit, unit).intent


def test_a_reading_is_corrected_in_the_drawer_and_taken_back(
    client: TestClient, post: Post, database: Database
) -> None:
    answer = post("/feedback/3/units/3/judge", sentiment="neg", intent="complaint")
    assert answer.status_code == 303
    assert intent_of(database, 3) == "complaint"
    page = client.get("/feedback/3").text
    assert "以后的分析不会改回去" in page
    assert "林晓 判的" in page
    assert post("/feedback/3/units/3/unjudge").status_code == 303
    assert intent_of(database, 3) == "feature"
    assert post("/feedback/3/units/1/judge", intent="bug").status_code == 404
    assert post("/feedback/3/units/3/judge", intent="lost").status_code == 422


def test_the_sample_hides_what_the_engine_read_and_gives_an_interval(
    client: TestClient, post: Post
) -> None:
    assert "还没量过" in client.get("/data").text
    page = client.get("/data/sample").text
    units = re.findall(r'name="unit" value="(\d+)"', page)
    assert units
    assert "checked" not in page
    read = {
        f"{name}-{units[0]}": value for name, value in (("sentiment", "neg"), ("intent", "bug"))
    }
    week = re.search(r'name="week" value="([^"]+)"', page)
    assert week is not None
    assert post("/data/sample", week=week[1], unit=units, **read).status_code == 303
    assert f'name="unit" value="{units[0]}"' not in client.get("/data/sample").text
    assert "/ 1 句，95% 把握在" in client.get("/data").text
    assert post("/data/sample", week=week[1], unit=units).status_code == 422


@pytest.fixture
def framed(database: Database) -> Iterator[TestClient]:
    settings = Settings(
        database_url=database.url.render_as_string(hide_password=False),
        frame_ancestors="https://*.feishu.cn  https://work.weixin.qq.com",
        secure_cookies=True,
    )
    with TestClient(create_app(settings, now=lambda: NOW)) as client:
        yield client


def test_only_named_sites_may_frame_the_desk(client: TestClient, framed: TestClient) -> None:
    policy = "content-security-policy"
    assert client.get("/data").headers[policy].endswith("frame-ancestors 'none'")
    answer = framed.get("/data")
    sites = "frame-ancestors https://*.feishu.cn https://work.weixin.qq.com"
    assert answer.headers[policy].endswith(sites)
    assert "samesite=none" in answer.headers["set-cookie"].lower()
    for wrong in ("*", "https://a.cn; script-src *", "feishu"):
        with pytest.raises(ValidationError):
            Settings(frame_ancestors=wrong)
