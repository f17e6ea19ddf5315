"""Whatever goes wrong, a browser shows a page in Chinese and a program gets its problem."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from feedback_api.refusals import problem_page
from feedback_api.services import Services
from feedback_nlp.cli.serve import _check_secret
from feedback_nlp.errors import ConfigError, StoreError
from feedback_nlp.store import Database
from feedback_nlp.store.keys import deployment_secret
from tests.desk.conftest import RAW

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def title(page: str) -> str:
    found = re.search(r"<h1>([^<]+)</h1>", page)
    assert found is not None, page[:200]
    return found[1]


def test_what_no_route_knows_is_a_page_for_people_alone(client: TestClient) -> None:
    page = client.get("/nowhere", headers=BROWSER)
    assert (page.status_code, title(page.text)) == (404, "没有这个页面")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path, headers in (("/nowhere", {}), ("/v1/nowhere", BROWSER)):
        answer = client.get(path, headers=headers)
        assert answer.json()["type"] == "urn:feedback-nlp:problem:no-such-route"


def test_a_page_that_only_a_form_leads_to_says_so(client: TestClient) -> None:
    page = client.get("/data/preview", headers=BROWSER)
    assert (page.status_code, title(page.text)) == (405, "这个页面不能直接打开")


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (ConfigError("/secret/path 不是密钥"), 500, "服务出错了"),
        (StoreError("postgresql://user@host 连不上"), 503, "数据库现在用不了"),
        (RuntimeError("boom"), 500, "服务出错了"),
    ],
)
def test_what_breaks_is_a_page_with_a_number_and_no_secrets(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Services, "week", broken)
    page = client.get("/", headers=BROWSER)
    assert (page.status_code, title(page.text)) == (status, words)
    assert page.headers["x-request-id"] in page.text
    assert str(error) not in page.text


@pytest.mark.parametrize(
    ("code", "status"),
    [("bad-request", 400), ("unauthorized", 401), ("forbidden", 403), ("too-many-requests", 429)],
)
def test_a_refusal_is_text_and_leads_on(code: str, status: int) -> None:
    problem = {"type": f"urn:feedback-nlp:problem:{code}", "title": f"没有权限{RAW}"}
    page = problem_page({**problem, "status": status, "detail": RAW})
    assert "<script" not in page
    assert ('href="/login"' in page) is (status == 401)
    assert "编号" not in page


def test_another_key_is_refused_before_anything_listens(database: Database) -> None:
    assert _check_secret(database, "第一把") == ""
    with database.write() as session:
        deployment_secret(session, "第一把")
    assert _check_secret(database, "第一把") == ""
    with pytest.raises(ConfigError, match="不是这个数据库的密钥"):
        _check_secret(database, "第二把")
    assert "收不了新反馈" in _check_secret(database, None)
