"""What people wrote is text on every page: in feedback, names, titles, owners, files."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, IngestBatch, RejectedRow, Source, Topic
from tests.desk.conftest import NOW, RAW, Post

CORPUS = (
    RAW,
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{7*7}}{% print(1) %}",
    '<a href="javascript:alert(1)" hx-get=/data hx-on:click=alert(1)>x</a>',
    "</title></textarea></select></script><b onmouseover=alert(1)>",
    '<!--<img src="--><img src=x onerror=alert(1)>',
    "＜script＞alert(1)＜/script＞",
)
PAGES = (
    *("/", "/?tab=backlog&week=2026-W47", "/requests", "/requests?view=board", "/requests/REQ-1"),
    *(
        "/topics",
        "/topics/1",
        "/topics/2",
        "/topics/merge?topic=2&into=1",
        "/notices",
        "/notices/REQ-1",
        "/data/sample",
        "/alerts",
        "/data",
    ),
    *("/data/batches/1", "/feedback", "/feedback/1", "/feedback/5", "/week/send?week=2026-W47"),
)


class Foreign(HTMLParser):
    """Collects tags and attributes that our own templates never have."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_ours = tag != "script" or values.get("src", "").startswith("/static/")
        if tag in ("img", "iframe", "object", "style") or not is_ours:
            self.found.append(tag)
        self.found += [name for name in values if name.startswith(("on", "hx-on"))]
        links = (values.get(name, "") for name in ("href", "src", "action", "formaction"))
        self.found += [link for link in links if link.lower().startswith("javascript:")]


def foreign(page: str) -> list[str]:
    reader = Foreign()
    reader.feed(page)
    return reader.found


GROUPS = ["".join(CORPUS[:3]), "".join(CORPUS[3:6]), "".join(CORPUS[6:])]


@pytest.fixture(params=GROUPS, ids=["tags", "attributes", "ends"])
def poisoned(request: pytest.FixtureRequest, stored: Database) -> str:
    text: str = request.param
    with stored.write() as session:
        for topic_id in (1, 2):
            topic = session.get(Topic, topic_id)
            assert topic is not None
            topic.name, topic.keywords = text, [text]
            session.add(topic)
        found = session.get(FeatureRequest, 1)
        source = session.get(Source, 1)
        assert found is not None
        assert source is not None
        found.title, found.owner, source.name = text, text, f"{text}1"
        session.add_all([found, source])
        batch = IngestBatch(
            source_id=1, file_name=text, layout=text[:60], notes=[text], error=text, started_at=NOW
        )
        session.add(batch)
        session.flush()
        session.add(RejectedRow(batch_id=batch.id or 0, line=1, reason="x", detail=text, raw=text))
    return text


@pytest.mark.usefixtures("poisoned")
def test_no_page_holds_a_tag_of_theirs(client: TestClient) -> None:
    for address in PAGES:
        page = client.get(address)
        assert page.status_code == 200, address
        assert foreign(page.text) == [], address


def test_a_toast_and_an_address_are_text_too(
    client: TestClient, post: Post, stored: Database
) -> None:
    post("/desk/actor", actor=RAW)
    for address in (
        "/feedback",
        f"/feedback?q={RAW}",
        f"/feedback?source={RAW}",
        f"/?product={RAW}",
    ):
        assert foreign(client.get(address).text) == []


def test_the_error_page_shows_names_as_text(client: TestClient) -> None:
    assert foreign(client.get(f"/feedback?{RAW}=1").text) == []


def test_the_reader_finds_what_it_looks_for() -> None:
    assert foreign(RAW) == ["script", "img", "onerror"]
