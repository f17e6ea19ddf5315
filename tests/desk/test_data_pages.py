"""数据: a file is looked at before it is stored, and what became of it is told row by row."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_api.uploads import Uploads
from feedback_nlp.errors import NotFound
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.contact_table import Contact
from feedback_nlp.store.tables import Feedback, IngestBatch, Job, Source
from tests.desk.conftest import Post

FILE = (
    "甲,乙,手机\n结算的时候闪退,2026-11-20,13812345678\n,2026-11-20,\n希望能导出账单,2026-11-21,\n"
)


def upload(client: TestClient, content: str, name: str = "导出.csv", **fields: str) -> str:
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/data").text)
    assert token is not None
    answer = client.post(
        "/data/preview",
        data={"csrf": token[1], "source": "官网", **fields},
        files={"file": (name, content.encode())},
    )
    assert answer.status_code == 200, answer.text
    page: str = answer.text
    return page


def test_a_file_is_looked_at_mapped_and_stored(
    client: TestClient, post: Post, database: Database
) -> None:
    page = upload(client, FILE)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    with database.read() as session:
        assert session.exec(select(Feedback)).all() == []
    mapping = {"column": ["甲", "乙", "手机"], "field": ["text", "occurred_at", "-"]}
    fields = {"token": token[1], "source": "官网", **mapping}
    again = post("/data/preview", **fields)
    assert "结算的时候闪退" in again.text
    assert "没有文字" in again.text or "blank-text" in again.text
    answer = post("/data/import", **fields)
    assert answer.status_code == 303
    with database.read() as session:
        assert [row.text for row in session.exec(select(Feedback)).all()] == [
            "结算的时候闪退",
            "希望能导出账单",
        ]
        assert [job.kind for job in session.exec(select(Job)).all()] == ["analyze"]
        stored = repr([row.model_dump() for row in session.exec(select(Feedback)).all()])
    assert "13812345678" not in stored
    page = client.get(answer.headers["location"]).text
    assert 'data-count="rejected" data-value="1"' in page
    assert post("/data/import", **fields).status_code == 404  # looked at once, stored once


def test_a_column_of_addresses_is_kept_where_the_deployment_and_the_person_say_so(
    client: TestClient, database: Database
) -> None:
    content = "甲,谁,留言邮箱\n结算的时候闪退,小王,a@mango.example\n"
    assert "联系邮箱" not in upload(client, content)
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, secret="测试用的密钥", keep_contacts=True, worker=False)
    with TestClient(create_app(settings), follow_redirects=False) as keeping:
        page = upload(keeping, content)
        fields = {
            "csrf": keeping.cookies["feedback_csrf"],
            "actor": "林晓",
            "token": re.search(r'name="token" value="([^"]+)"', page)[1],  # type: ignore[index]
            "source": "官网",
            "column": ["甲", "谁", "留言邮箱"],
            "field": ["text", "author", "+contact"],
        }
        assert keeping.post("/data/preview", data=fields).status_code == 422, "who agreed?"
        fields["agreed"] = "1"
        seen = keeping.post("/data/preview", data=fields).text
        assert "联系邮箱（加密，只用于通知）" in seen
        assert "mango" not in seen
        assert keeping.post("/data/import", data=fields).status_code == 303
    with database.read() as session:
        assert len(session.exec(select(Contact)).all()) == 1
        batch = session.exec(select(IngestBatch)).one()
        assert any("联系邮箱存下 1 个" in note for note in batch.notes)


def test_a_file_whose_text_column_is_unknown_asks(client: TestClient) -> None:
    page = upload(client, "a,b\n1,2\n3,4\n")
    assert "哪一列是正文" in page
    assert page.count('name="column"') == 2
    assert "导入并分析" not in page


def test_a_broken_file_is_a_page_that_says_so(client: TestClient, post: Post) -> None:
    post("/desk/actor")
    token = client.cookies["feedback_csrf"]
    answer = client.post(
        "/data/preview",
        data={"csrf": token, "source": "官网"},
        files={"file": ("x.xlsx", b"PK\x03\x04 nothing")},
    )
    assert answer.status_code == 422
    assert "<h1>文件无法读取</h1>" in answer.text
    assert post("/data/preview", source="官网").status_code == 422
    assert post("/data/preview", source="").status_code == 422


def test_uploads_are_forgotten_and_their_names_harmless() -> None:
    uploads = Uploads()
    tokens = [uploads.put(f"../../etc/{n}<b>.csv", b"a") for n in range(6)]
    with pytest.raises(NotFound):
        uploads.get(tokens[0])
    kept = uploads.get(tokens[-1])
    assert kept.name == "5_b_.csv"
    with kept.as_file() as path:
        assert path.read_bytes() == b"a"
    assert not path.exists()


@pytest.mark.usefixtures("stored")
def test_numbers_of_files_by_week_and_source(client: TestClient, database: Database) -> None:
    with database.write() as session:
        source = session.exec(select(Source)).one()
        batch = IngestBatch(
            source_id=source.id or 0,
            read_count=7,
            accepted_count=5,
            rejected_count=2,
            started_at=source.created_at,
        )
        session.add(batch)
        session.flush()
        for feedback in session.exec(select(Feedback)).all():
            feedback.batch_id = batch.id
            session.add(feedback)
        name = source.name
    page = client.get("/data", params={"of": "read", "week": "2026-W47", "source": name}).text
    assert 'data-count="read" data-value="7"' in page
    assert client.get("/data?week=2026-W40").text.count('data-value="0"') == 5
    assert client.get("/data?wekk=1").status_code == 422


@pytest.mark.usefixtures("stored")
def test_an_analysis_is_queued_once(client: TestClient, post: Post, database: Database) -> None:
    for _ in range(2):
        assert post("/data/analyze").status_code == 303
    with database.read() as session:
        assert len(session.exec(select(Job)).all()) == 1
    page = client.get("/data").text
    assert "排队中" in page
    assert 'hx-trigger="every 2s"' in page
