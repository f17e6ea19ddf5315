"""Every number on every page is a link, and its target counts the same: walked over the demo."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from tests.desk_demo import NOW, answer_everybody, demos, propose_one_matter

pytestmark = pytest.mark.slow

PAGES = [
    *("/", "/?tab=backlog", "/requests", "/requests?view=board", "/requests/REQ-1"),
    *("/topics", "/topics/1", "/alerts", "/data", "/data/batches/1", "/feedback/1"),
    *("/requests/REQ-2", "/topics/merge?topic=13&into=8", "/notices", "/notices/REQ-2"),
    *("/week/send", "/data/sample", "/?week=2026-W45", "/feedback?q=闪退"),
]
# Places that may show digits which count nothing: names, quotes, times, marked plain words,
# and what a person types into.
_PLAIN = {
    *("q", "blockquote", "time", "option", "kbd", "select", "h1", "title", "script", "style"),
    *("input", "textarea", "legend"),
}
_PLAIN_CLASSES = {
    *("plain", "name", "key", "chip", "said", "quote", "topic", "whole", "score", "tally"),
    *("picker", "place", "facts", "units", "origin", "sr", "card-text"),
}
_VOID = {"meta", "link", "input", "br", "img", "rect", "circle", "hr"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    for copied in demos(tmp_path_factory.mktemp("demo")):
        url = copied()
        propose_one_matter(url)
        answer_everybody(url)
        app = create_app(Settings(database_url=url, secret="演示"), now=lambda: NOW)
        with TestClient(app) as client:
            yield client


class Reader(HTMLParser):
    """Collects linked numbers, and digits that are neither linked nor plain."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.links: list[tuple[int, str]] = []
        self.loose: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        classes = set((values.get("class") or "").split())
        is_number = "n" in classes
        if is_number:
            self.links.append((int(values["data-n"] or -1), values["href"] or ""))
        is_plain = tag in _PLAIN or bool(classes & _PLAIN_CLASSES) or is_number
        self.open.append((tag, is_plain))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if re.search(r"\d", data) and not any(is_plain for _, is_plain in self.open):
            self.loose.append(data.strip())


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.mark.parametrize("address", PAGES)
def test_no_number_stands_without_its_rows(desk: TestClient, address: str) -> None:
    assert read(desk.get(address).text).loose == []


def test_every_number_counts_the_same_where_it_leads(desk: TestClient) -> None:
    found: dict[str, int] = {}
    for address in PAGES:
        for number, link in read(desk.get(address).text).links:
            assert found.setdefault(link, number) == number, link
    assert len(found) > 300
    wrong = {}
    for link, number in found.items():
        target = desk.get(link)
        assert target.status_code == 200, link
        of = re.search(r"of=(\w+)", link)
        assert of is not None
        shown = re.search(rf'data-count="{of[1]}" data-value="(\d+)"', html.unescape(target.text))
        if shown is None or int(shown[1]) != number:
            wrong[link] = (number, shown and int(shown[1]))
    assert wrong == {}


@pytest.mark.parametrize("address", ["/", "/?tab=backlog"])
def test_the_week_is_light(desk: TestClient, address: str) -> None:
    assert len(desk.get(address).content) <= 150_000
