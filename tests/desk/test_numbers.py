"""Every number on every page is a link, and its target counts the same: walked over the demo."""

from __future__ import annotations

import html
import re
from collections import Counter
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
    *("/requests?status=new&view=board", "/alerts?marked=open", "/requests/REQ-11", "/topics/11"),
    *("/topics?kind=praise", "/topics?kind=vent", "/notices/REQ-1", "/people"),
]
#: A source of the demo, and the pages that it narrows.
SOURCE = "应用内反馈"
PAGES += [
    f"{page}{'&' if '?' in page else '?'}source={SOURCE}"
    for page in (
        *("/", "/?tab=backlog", "/?week=2026-W45", "/requests", "/requests?view=board", "/topics"),
        *("/topics?product=满筐买菜", "/alerts", "/alerts?week=2026-W46", "/data", "/notices"),
        *("/notices/REQ-1", "/notices/REQ-2", "/requests/REQ-1", "/topics/1", "/feedback?of=units"),
    )
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
    *("list-size", "does"),
}
#: The only places where words count people or rows and are no link, and why that is right.
_COUNTS_IN_WORDS = {
    "message": "a message as others will read it, before it is sent",
    "definitions": "rules: from how many on a word is used",
    "why-words": "a sentence that an analysis stored; its numbers stand linked beside it",
    "why": "the same sentence on a card, folded away under the linked numbers",
    "history": "what was true when somebody did something",
    "told": "what a verdict or an analysis said then, beside the link to its request or topic",
    "list-size": "how many lines the list has that it heads",
    "does": "a button that says what it will do; the same number is linked above it",
    "sample": "one example of a message",
    "clock": "working days, and how many a step may take",
    "expected": "a level that was to be expected; counted people are linked beside it",
    "rule": "how many are drawn each week",
    "rows-of-file": "rows of a file of which nothing is stored yet",
    **dict.fromkeys(("said", "quote", "whole"), "what people wrote"),
    **dict.fromkeys(("name", "chip", "raw", "facts"), "names and values"),
    "card-text": "text to be pasted elsewhere",
    **dict.fromkeys(("tally", "n"), "the number itself: where links lead, and links"),
}
_COUNTED = re.compile(r"\d[\d,]*\s*(?:人|条|个|句|对|批|份|行)")
_WORDS_OF_OTHERS = {"q", "blockquote", "option", "title", "textarea", "time"}
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
        self.counted: list[str] = []
        self.excuses: Counter[str] = Counter()
        self.classes: list[tuple[str, set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        classes = set((values.get("class") or "").split())
        is_number = "n" in classes
        if "data-count" in values:
            classes.add("tally")
        if is_number:
            self.links.append((int(values["data-n"] or -1), values["href"] or ""))
        is_plain = tag in _PLAIN or bool(classes & _PLAIN_CLASSES) or is_number
        self.open.append((tag, is_plain))
        self.classes.append((tag, classes))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self.open and self.open.pop()[0] != tag:
            self.classes.pop()
        if self.classes:
            self.classes.pop()

    def handle_data(self, data: str) -> None:
        if re.search(r"\d", data) and not any(is_plain for _, is_plain in self.open):
            self.loose.append(data.strip())
        tags = {tag for tag, _ in self.classes}
        if _COUNTED.search(data) and not tags & _WORDS_OF_OTHERS:
            held = {name for _, names in self.classes for name in names} & set(_COUNTS_IN_WORDS)
            if not held:
                self.counted.append(data.strip())
            elif not held & {"n", "tally"}:
                self.excuses[sorted(held)[0]] += 1


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.mark.parametrize("address", PAGES)
def test_no_number_stands_without_its_rows(desk: TestClient, address: str) -> None:
    assert read(desk.get(address).text).loose == []


@pytest.mark.parametrize("address", PAGES)
def test_no_words_count_what_a_link_could_open(desk: TestClient, address: str) -> None:
    assert read(desk.get(address).text).counted == []


def test_every_number_counts_the_same_where_it_leads(desk: TestClient) -> None:
    found: dict[str, int] = {}
    printed, excuses = 0, Counter[str]()
    for address in PAGES:
        page = read(desk.get(address).text)
        excuses += page.excuses
        printed += len(page.links)
        for number, link in page.links:
            assert found.setdefault(link, number) == number, link
    print(f"{printed} numbers that are links, {len(found)} targets; words that count: {excuses}")
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
