"""Every page and every action without scripts: forms found on pages, filled, sent, answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api.desk import routers
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import apply_transition, create_request
from feedback_nlp.store import Database
from feedback_nlp.store.access_tables import AuditEvent
from feedback_nlp.store.likeness_table import TopicLikeness
from feedback_nlp.store.tables import (
    Feedback,
    FeedbackUnit,
    IngestBatch,
    Source,
    Topic,
)
from tests.desk.conftest import NOW, one_matter, spike

PAGES = (
    *("/alerts", "/notices", "/notices/REQ-1", "/?week=2026-W47", "/?week=2026-W47&tab=backlog"),
    *("/week/send?week=2026-W47", "/requests/REQ-1", "/requests/REQ-2", "/requests?status=all"),
    *("/requests?view=board&status=all", "/feedback", "/feedback/1", "/feedback/2", "/topics"),
    *("/topics/1", "/topics/2", "/topics/merge?topic=2&into=1", "/data", "/data/batches/1"),
    *("/data/sample?week=2026-W47", "/people"),
)
#: What a person would write into a field that has no value yet.
WRITTEN = {
    "actor": "林晓",
    "name": "新起的名字",
    "title": "另起的标题",
    "owner": "林晓",
    "reason": "评审会定的",
    "to": "REQ-2",
    "text": "和相册组对过",
    "source": "官网反馈",
    "q": "闪退",
    "fixed_in": "5.4.0",
}
#: What ends something others need: sent last.
LAST = (
    *("/notices/each/{notice_id}/cancel", "/people/revoke"),
    *("/notices/each/{notice_id}/restore", "/people/restore"),
)
#: Forms that a page shows only after something special; the same posts are sent by
#: ``test_notices`` (a message that failed), ``test_feedback_pages`` and ``test_requests``.
ELSEWHERE = {
    "/notices/each/{notice_id}/retry",
    "/requests/{key}/evidence/remove",
    "/requests/{key}/split",
    "/requests/{key}/split/undo",
}
#: What changes nothing that is shared: a look before, and under which name one signs.
LEAVES_NO_LINE = {"/data/preview", "/topics/merge/preview", "/desk/actor"}
#: What has left the house, or is a file in it, and the words that say so instead of an 撤销.
FOR_GOOD = {
    "/week/send": "收不回来",
    "/notices/{key}/send": "收不回来",
    "/notices/each/{notice_id}/retry": "收不回来",
    "/data/import": "不能一步撤回",
}
#: Shows a key once, beside the button that revokes it.
NEEDS_NO_UNDO = {"/people"}
#: What an 撤销 itself posts to.
TAKES_BACK = re.compile(r"undo|unjudge|restore|drop|remove|withdraw")
OUTLETS = """
[outlets.team]
channel = "wecom"
url = "https://example.com/robot"
[outlets.reply]
channel = "webhook"
url = "https://example.com/hook"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
"""


@dataclass
class Form:
    """A form as a browser without scripts sees it: fields with values, and its buttons."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)
    has_file: bool = False

    def add(self, values: Mapping[str, str]) -> None:
        """Take an input: hidden ones as they are, empty ones filled, the first tick ticked."""
        name, kind = values.get("name", ""), values.get("type", "text")
        if kind == "file":
            self.has_file = True
        elif kind in ("checkbox", "radio"):
            if name not in dict(self.fields):
                self.fields.append((name, values.get("value", "on")))
        elif name:
            self.fields.append((name, values.get("value") or WRITTEN.get(name, "")))


class Page(HTMLParser):
    """Collects the forms of a page, wherever their fields stand, and what only scripts can do."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.dead: list[str] = []
        self._by_id: dict[str, Form] = {}
        self._waiting: list[tuple[str, str, dict[str, str]]] = []
        self._select: tuple[dict[str, str], list[tuple[str, bool]]] | None = None
        self._inside: Form | None = None
        self.feed(text)
        for id_, tag, values in self._waiting:
            form = self._by_id.get(id_)
            if form is None:
                self.dead.append(f"{tag} of no form {id_}")
            elif tag == "button":
                form.buttons.append(values)
            else:
                form.add(values)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(values.get("action", ""), values.get("method", "get").lower())
            if "hidden" not in values:  # what a drag sends; the page has a form beside it
                self.forms.append(self._inside)
            self._by_id[values.get("id", "")] = self._inside
        elif tag in ("input", "textarea"):
            self._put(tag, values)
        elif tag == "select":
            self._select = (values, [])
        elif tag == "option" and self._select:
            self._select[1].append((values.get("value", "?"), "selected" in values))
        elif tag == "button" and values.get("type") != "button":
            self._put(tag, values)
        elif tag == "a" and values.get("href", "#") == "#":
            self.dead.append("#")
        if (asked := values.get("hx-get")) and not (values.get("href") == asked or tag != "a"):
            self.dead.append(asked)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select" and self._select:
            values, options = self._select
            chosen = [value for value, is_selected in options if is_selected and value]
            full = [value for value, _ in options if value]
            if values.get("name") == "field":
                full = []  # columns are read as the page proposes
            values["value"] = (chosen[:1] or full[-1:] or [""])[0]
            self._put("select", values)
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._select and self._select[1] and self._select[1][-1][0] == "?":
            self._select[1][-1] = (data, self._select[1][-1][1])  # an option's words are its value

    def _put(self, tag: str, values: dict[str, str]) -> None:
        if "form" in values:
            self._waiting.append((values["form"], tag, values))
        elif self._inside is not None:
            if tag == "button":
                self._inside.buttons.append(values)
            else:
                self._inside.add(values)


@pytest.fixture
def client(client: TestClient) -> TestClient:
    client.follow_redirects = True
    return client


@pytest.fixture(autouse=True)
def outlets(tmp_path: Any, client: TestClient) -> None:
    file = tmp_path / "outlets.toml"
    file.write_text(OUTLETS, encoding="utf-8")
    services = client.app.state.services  # type: ignore[attr-defined]
    services.settings = services.settings.model_copy(update={"outlets": file})


@pytest.fixture
def lively(stored: Database) -> Database:
    """The small database with two proposals, an alert, and a notice that is owed."""
    with stored.write() as session:
        session.add(one_matter())
        session.add(spike(people=2))
        for said in session.scalars(select(Feedback)):
            said.author_key = said.person_key
        session.flush()
        apply_transition(session, "REQ-1", RequestStatus.PLANNED, actor="林晓", now=NOW)
        session.add(Topic(name="闪退三次"))
        session.flush()
        session.get_one(FeedbackUnit, 2).topic_id = 3
        session.add(
            TopicLikeness(
                topic_id=1, other_id=3, score=0.8, evidence={"shared_people": 2}, found_at=NOW
            )
        )
        session.scalars(select(Source)).one().name = "官网"
        create_request(session, title="导出账单", intent="feature", now=NOW)
        session.add(IngestBatch(source_id=1, layout="auto", status="complete", started_at=NOW))
    return stored


def kinds() -> dict[str, re.Pattern[str]]:
    """Return what can be posted to the desk, each with the pattern of its addresses."""
    found = {}
    for router in routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            if "POST" in (route.methods or ()):
                if route.path == "/topics/{topic_id}/{action}":
                    for word in ("rename", "merge", "split", "nest", "pin", "mute", "apart"):
                        path = f"/topics/{{topic_id}}/{word}"
                        found[path] = re.compile(rf"^/topics/\d+/{word}$")
                else:
                    found[route.path] = route.path_regex
    return found


class Walker:
    """Sends each kind of form once, as a browser without scripts would."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.wanted = kinds()
        self.done: set[str] = set()
        self.without_line: set[str] = set()
        self.without_undo: set[str] = set()

    def lines(self) -> int:
        """Return how long the audit trail is."""
        services = self.client.app.state.services  # type: ignore[attr-defined]
        with services.database.read() as session:
            return session.scalar(select(func.count()).select_from(AuditEvent)) or 0

    def walk(self, addresses: Sequence[str], *, last: bool) -> None:
        """Send the forms of some pages that were not sent yet."""
        for address in addresses:
            for form in self.forms_of(address):
                for button in form.buttons:
                    self.send(form, button, last=last)

    def forms_of(self, address: str) -> list[Form]:
        """Return the forms of a page; nothing on it may need a script."""
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        page = Page(answer.text)
        assert page.dead == [], address
        for form in page.forms:
            asks = {name for name, _ in form.fields} - {"csrf", "next"}
            assert form.buttons or not asks, f"{address}: nothing sends {form.action} but a script"
        return page.forms

    def send(self, form: Form, button: Mapping[str, str], *, last: bool) -> None:
        """Send a form, and what its answer offers to take it back."""
        action = button.get("formaction") or form.action
        kind = next((k for k, at in self.wanted.items() if at.match(action)), None)
        is_back = action.endswith("undo")  # what was done is taken back each time
        if (
            kind is None
            or (kind in self.done and not is_back)
            or (kind in LAST) != last
            or form.method != "post"
        ):
            return
        lines = self.lines()
        answer = self.client.post(action, data=fields_of(form, button), files=file_of(form))
        assert answer.status_code < 500, (action, answer.text)
        if answer.status_code != 200:
            return  # refused in words: another form of this kind will do
        self.done.add(kind)
        if self.lines() == lines:
            self.without_line.add(kind)
        toast = re.search(r'class="toast".*?</div>', answer.text, re.DOTALL)
        says = (FOR_GOOD.get(kind, ">撤销</button>"), "不能原样退回")
        if toast is None or not any(words in toast[0] for words in says):
            self.without_undo.add(kind)
        for offered in Page(answer.text).forms:
            for more in offered.buttons:
                address = more.get("formaction") or offered.action
                if address.endswith(("undo", "unjudge", "restore", "/data/import")):
                    self.send(offered, more, last=last)


def fields_of(form: Form, button: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what a press of a button sends."""
    fields: dict[str, list[str]] = {}
    named = [(button["name"], button.get("value", ""))] if "name" in button else []
    for name, value in [*form.fields, *named]:
        fields.setdefault(name, []).append(value)
    return fields


def file_of(form: Form) -> dict[str, tuple[str, bytes]] | None:
    """Return a file where a form asks for one."""
    rows = "内容,时间\n一直闪退,2026-11-20\n"
    return {"file": ("导出.csv", rows.encode())} if form.has_file else None


@pytest.mark.usefixtures("lively")
def test_every_action_is_a_form_that_works_without_scripts(client: TestClient) -> None:
    walker = Walker(client)
    for last in (False, True):
        for _ in range(3):  # what was done makes pages show more that can be done
            walker.walk(PAGES, last=last)
    missing = sorted(set(walker.wanted) - walker.done - ELSEWHERE)
    assert not missing, missing
    assert walker.without_line == LEAVES_NO_LINE
    final = {kind for kind in walker.without_undo if not TAKES_BACK.search(kind)}
    assert final <= LEAVES_NO_LINE | NEEDS_NO_UNDO, final


def test_the_reader_finds_what_only_scripts_can_do() -> None:
    page = Page('<a href="#">x</a><a href="/a" hx-get="/b">y</a><form action="/c"></form>')
    assert page.dead == ["#", "/b"]
    assert not page.forms[0].buttons
