"""人员: keys by form; whoever holds one signs with its name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from tests.desk.conftest import NOW, Post

pytestmark = pytest.mark.usefixtures("stored")


def test_a_key_is_shown_once_and_revoked(client: TestClient, post: Post) -> None:
    made = post("/people", name="小王", scope=["read", "write"])
    token = re.search(r"fnlp_[\w-]+", made.text)
    assert token is not None
    page = client.get("/people").text
    assert token[0] not in page
    assert "小王" in page
    assert post("/people", name="小王", scope="read").status_code == 409
    assert post("/people", name="小李").status_code == 422
    assert post("/people/revoke", name="小王").status_code == 303
    assert "已失效" in client.get("/people").text


def test_a_key_that_was_revoked_by_mistake_is_given_back_for_ten_minutes(
    client: TestClient, post: Post
) -> None:
    token = re.search(r"fnlp_[\w-]+", post("/people", name="小王", scope="read").text)
    assert token is not None
    post("/people/revoke", name="小王")
    page = client.get("/people").text
    prefix = re.search(r'name="key" value="([^"]+)"', page)
    assert prefix is not None
    assert token[0].startswith(prefix[1])
    assert post("/people/restore", key=prefix[1]).status_code == 303
    assert "已失效" not in client.get("/people").text
    assert post("/people/restore", key=prefix[1]).status_code == 409  # it is not revoked
    assert post("/people/restore", key="fnlp_none").status_code == 404
    services = client.app.state.services  # type: ignore[attr-defined]
    post("/people/revoke", name="小王")
    services.now = lambda: NOW + timedelta(minutes=11)
    late = post("/people/restore", key=prefix[1])
    assert late.status_code == 409
    assert "另发一把新的" in late.text


def test_the_holder_of_a_key_signs_with_its_name(post: Post, database: Database) -> None:
    token = re.search(r"fnlp_[\w-]+", post("/people", name="小王", scope="write").text)
    assert token is not None
    settings = Settings(
        database_url=database.url.render_as_string(hide_password=False),
        secret="测试用的密钥",
        require_keys=True,
    )
    with TestClient(create_app(settings, now=lambda: NOW), follow_redirects=False) as strict:
        assert strict.get("/feedback").status_code == 303  # to the login
        form = strict.get("/login").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', form)
        assert csrf is not None
        strict.post("/login", data={"csrf": csrf[1], "key": token[0], "next": "/feedback"})
        assert "<summary>小王</summary>" in strict.get("/feedback").text
        moved = strict.post(
            "/requests/REQ-1/move", data={"csrf": csrf[1], "to": "planned", "actor": "别人"}
        )
        assert moved.status_code == 303
        history = strict.get("/requests/REQ-1").text
        assert "<b>小王</b>" in history
        assert "别人" not in history
        assert strict.get("/people").status_code == 403
