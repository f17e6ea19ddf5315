"""JSON lines, and JSON documents that hold a list of records somewhere.

The only module that imports ``ijson``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

import ijson

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.decoding import (
    TextLine,
    text_lines,
    utf8_bytes,
)
from feedback_nlp.tabular.json_guard import BLOCK_BYTES, MAX_DEPTH, GuardedJson, is_too_deep
from feedback_nlp.tabular.json_posts import Posts, is_thing
from feedback_nlp.tabular.json_salvage import MOST_BYTES, Broken, records_after
from feedback_nlp.tabular.json_shapes import members_of, page_list, records_of
from feedback_nlp.tabular.json_sheets import is_one_response, may_be_sheet
from feedback_nlp.tabular.repeated_names import objects_counting, pairs_counting
from feedback_nlp.tabular.rows import Limits, Row, reject, told_above
from feedback_nlp.tabular.wrapped import without_stray_commas

_LIST_NAMES = frozenset(
    [
        "data",
        "items",
        "rows",
        "records",
        "list",
        "results",
        "result",
        "entry",
        "entries",
        "feedback",
        "feedbacks",
        "comments",
        "reviews",
        "posts",
        "answers",
        "submissions",
        "responses",
    ]
)
# What stands beside the list in a page of an answer, where each line is a page.
_PAGING = frozenset(
    [
        *("code", "status", "success", "ret", "total", "count", "page", "pages", "maxpage"),
        *("size", "limit", "offset", "next", "has_more", "cursor"),
    ]
)
# Where a list lies below one of these there is no other beside it to look for.
_WRAPPERS = frozenset(
    ["response", "payload", "body", "feed", "hits", "content", "page", "resp", "json"]
)
_DEEP = 2
_SENTENCE = 6
_SEARCH_EVENTS = 200_000
_BESIDE_EVENTS = 2_000
_MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
_MAX_RESPONSE_BYTES = 1024 * 1024
_OPTIONS: dict[str, Any] = {"use_float": True, "multiple_values": True, "buf_size": BLOCK_BYTES}
_PYTHON = re.compile(r"[{,]\s*'")
_HAN = re.compile("[一-鿿]")
_REPLACED = "\ufffd"


def read_json_lines(
    stream: BinaryIO, limits: Limits, repeated: Counter[str]
) -> Iterator[Row | Rejection]:
    """Yield one row for each line that holds a JSON object; count names that stand twice in one."""
    decoder, posts = _decoder(repeated), Posts()
    for line in text_lines(stream, limits):
        if is_blank(line):
            continue
        row = _parsed(line, limits, decoder)
        if isinstance(row, Row) and (name := page_list(row.values, _LIST_NAMES, _PAGING)):
            yield from (_row(line.number, value, limits) for value in row.values[name])
        elif isinstance(row, Row):
            yield from (_row(line.number, value, limits) for value in posts.of(row.values))
        else:
            yield row


def read_lines(lines: Iterator[TextLine], limits: Limits) -> Iterator[Row | Rejection]:
    """Yield one row ``{"text": …}`` for each line that is not blank."""
    for line in lines:
        if not is_blank(line):
            yield parse_plain_line(line, limits)


def is_blank(line: TextLine) -> bool:
    """Whether a line is no row at all."""
    return not line.fault and (not line.text or line.text.isspace())


def parse_json_line(line: TextLine, limits: Limits) -> Row | Rejection:
    """Return the row that one line of JSON holds."""
    return _parsed(line, limits, _LINES)


def _decoder(repeated: Counter[str]) -> json.JSONDecoder:
    """Return a decoder for many lines: ``json.loads`` would make one for each."""
    return json.JSONDecoder(
        parse_constant=lambda _name: None, object_pairs_hook=pairs_counting(repeated)
    )


_LINES = _decoder(Counter())


def _parsed(line: TextLine, limits: Limits, decoder: json.JSONDecoder) -> Row | Rejection:
    text = line.text.strip().lstrip("\ufeff")  # files with a mark each, joined to one
    if line.fault:
        return reject(line.number, line.fault, "这一行不是可读的 UTF-8 文字或太长", text)
    if is_too_deep(text):
        return reject(line.number, "bad-json", f"这一行的 JSON 嵌套超过 {MAX_DEPTH} 层", text)
    try:
        value = decoder.decode(text)
    except (ValueError, RecursionError):
        return reject(line.number, "bad-json", "这一行不是合法的 JSON", text)
    return _row(line.number, value, limits)


def parse_plain_line(line: TextLine, limits: Limits) -> Row | Rejection:
    """Return the row ``{"text": …}`` that one line of text is."""
    text = line.text.rstrip("\r\n")
    if line.fault:
        return reject(line.number, line.fault, "这一行不是可读的 UTF-8 文字或太长", text)
    return _row(line.number, {"text": text}, limits)


def read_json(
    stream: BinaryIO, limits: Limits, repeated: Counter[str]
) -> Iterator[Row | Rejection]:
    """Yield the records of a JSON document: a list, or an object with a list in it.

    An object without a list of objects is one record itself, or records in another shape
    (see :mod:`~feedback_nlp.tabular.json_shapes`), and read as a whole, so up to 16 MB. If the document breaks off
    in the middle, the records before the break come out and then one rejection. Names that
    stand twice in an object are counted in ``repeated``.

    Raises:
        FileUnreadable: If no record can be read at all.
    """
    try:
        yield from _read_strict(stream, limits, repeated, may_mend=True)
    except FileUnreadable:
        if (mended := without_stray_commas(stream)) is None:
            raise
        repeated.clear()
        yield from _read_strict(mended, limits, repeated, may_mend=False)


def _read_strict(
    stream: BinaryIO, limits: Limits, repeated: Counter[str], *, may_mend: bool
) -> Iterator[Row | Rejection]:
    """Yield the records of a document; what is broken beyond repair is one rejection.

    Raises:
        FileUnreadable: If no record can be read at all.
    """
    prefix = _find_records(_guarded(stream))
    if _is_one_response(stream, prefix):
        prefix = ""
    number = 0
    first: Any = None
    try:
        guard = _guarded(stream)
        if not prefix:
            guard.limit_bytes(_MAX_DOCUMENT_BYTES)
        for value in _records(stream, guard, prefix, objects_counting(repeated)):
            number += 1
            first = value if number == 1 else first
            yield _row(number, value, limits, is_damaged=guard.is_damaged)
    except FileUnreadable as error:
        if number == 0:
            raise
        yield _broken_off(number, f"之后无法继续读取：{error.message}")
    except (ijson.JSONError, RecursionError, UnicodeDecodeError) as error:  # half a character
        if may_mend and (mended := without_stray_commas(stream)) is not None:
            repeated.clear()
            again = _read_strict(mended, limits, repeated, may_mend=False)
            yield from islice(again, number, None)
            return
        count = number
        for value in _salvaged(stream, prefix, number, first):
            number += 1
            yield _row(number, value, limits)
        if number == 0:
            raise _not_json(error) from error
        if number == count:
            yield _broken_off(number, "之后的 JSON 已损坏，无法继续读取")


def _records(
    stream: BinaryIO, guard: GuardedJson, prefix: str, objects: type[dict[str, Any]]
) -> Iterator[Any]:
    """Yield the records below a prefix; comments of tickets with who wrote them."""
    options = {**_OPTIONS, "map_type": objects}
    outer, nested, inner = prefix.rpartition(".item.")
    if nested and inner.count(".") == 1:
        name = inner.removesuffix(".item")
        for record in ijson.items(guard, f"{outer}.item", **options):
            yield from members_of(record, name)
        return
    records = records_of(ijson.items(guard, prefix, **options), is_document=not prefix)
    first = next(records, None)
    if first is None:
        return
    if prefix == "item" and (list_name := page_list(first, _LIST_NAMES)) is not None:
        for page in chain((first,), records):
            yield from members_of(page, list_name)
        return
    roles: dict[Any, Any] = {}
    if (
        isinstance(first, dict)
        and not is_thing(first)
        and "author_id" in first
        and "role" not in first
        and prefix
    ):
        users = ijson.items(_guarded(stream), "users.item", **_OPTIONS)
        roles = {user.get("id"): user.get("role") for user in users if isinstance(user, dict)}
        guard = _guarded(stream)
        records = records_of(ijson.items(guard, prefix, **options), is_document=False)
        first = next(records)
    posts = Posts()
    for record in chain((first,), records):
        known = isinstance(record, dict) and roles.get(record.get("author_id"))
        yield from ({**record, "role": known},) if known else posts.of(record)


def _salvaged(
    stream: BinaryIO, prefix: str, count: int, first: Any
) -> Iterator[dict[str, Any] | Broken]:
    """Yield what follows the first fault of a list of records."""
    if ".item." in prefix or not (isinstance(first, dict) or (count == 0 and prefix == "item")):
        return
    data = utf8_bytes(stream).read(MOST_BYTES + 1)
    if len(data) <= MOST_BYTES:
        yield from records_after(data.decode("utf-8", "replace"), count, first)


def _guarded(stream: BinaryIO) -> GuardedJson:
    return GuardedJson(utf8_bytes(stream))


def _not_json(error: Exception) -> FileUnreadable:
    told = error.args[0] if error.args else type(error).__name__
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    if _PYTHON.search(text):
        return FileUnreadable(
            "不是 JSON，像是 Python 打印出来的（单引号）", hint="用 json.dump 保存后再试"
        )
    line = next(iter(text.splitlines()), type(error).__name__)
    return FileUnreadable(f"不是合法的 JSON：{line}", hint="检查文件是否完整")


def _broken_off(number: int, what: str) -> Rejection:
    return reject(number + 1, "file-damaged", f"第 {number} 条{what}")


def _row(line: int, value: object, limits: Limits, *, is_damaged: bool = False) -> Row | Rejection:
    if isinstance(value, Broken):
        return reject(line, "bad-json", "这一条不是合法的 JSON", value.shown)
    if is_damaged and _REPLACED in json.dumps(value, ensure_ascii=False):
        return reject(line, "bad-encoding", "含有不是 UTF-8 的字节", value)
    if not isinstance(value, dict):
        kind = type(value).__name__
        return reject(line, "bad-json", f"应是一个 JSON 对象，得到的是 {kind}", value)
    if len(value) > limits.max_columns:
        return reject(line, "column-count", f"有 {len(value):,} 个字段", list(value)[:20])
    for cell in value.values():
        if isinstance(cell, str) and len(cell) > limits.max_cell_chars:
            detail = f"有一格长达 {len(cell):,} 个字符，最多接受 {limits.max_cell_chars:,}"
            return reject(line, "cell-too-long", detail)
    return Row(line, _without_marks(value))


def _without_marks(record: dict[str, Any]) -> dict[str, Any]:
    """Take byte order marks out of the names: a file joined of others has them anywhere."""
    if "\ufeff" not in "".join(record):
        return record
    return {name.replace("\ufeff", ""): value for name, value in record.items()}


def told_beside(stream: BinaryIO) -> tuple[str, ...]:
    """Return what a document says beside its records, ``name：value`` each; rewinds.

    Looks at its beginning only: when an answer was fetched stands before the list.
    """
    told: list[str] = []
    try:
        for count, (prefix, event, value) in enumerate(ijson.parse(_guarded(stream), **_OPTIONS)):
            if event in ("string", "number") and prefix and ".item" not in f".{prefix}.":
                name = str(prefix).rpartition(".")[2]
                told.append(f"{name}：{str(value)[:100]}")
            if count > _BESIDE_EVENTS:
                break
    except (ijson.JSONError, FileUnreadable, RecursionError, UnicodeDecodeError):
        pass  # whoever reads the records says what is wrong
    stream.seek(0)
    return told_above(told)


def _find_records(stream: GuardedJson) -> str:
    """Return the ijson prefix of the records in a document."""
    first = found = ""
    lists: set[str] = set()
    lists_with_words = _ListsWithWords()
    events = lists_with_words.heard(ijson.parse(stream, **_OPTIONS))
    try:
        for count, (prefix, event, _) in enumerate(events):
            if count == 0 and event == "start_array":
                return "item"
            if event != "start_map" or not prefix:
                continue
            is_list_member = prefix.endswith(".item")
            if _is_named_list(prefix):
                top, _, below = str(prefix).partition(".")
                if found and top != found.partition(".")[0] and found.endswith(f".{below}"):
                    return ""  # a list for each shop, by its name: see records_of
                if top.casefold() in _WRAPPERS or top in _LIST_NAMES or prefix.count(".") < _DEEP:
                    return found or str(prefix)
                found = found or str(prefix)
                continue
            if is_list_member and prefix.count(".") == 1:
                lists.add(str(prefix))
            if is_list_member and not first and prefix.count(".item") == 1:
                first = str(prefix)
            if count > _SEARCH_EVENTS:
                break
    except (ijson.JSONError, UnicodeDecodeError) as error:
        if not first and not found:
            raise _not_json(error) from error
    if found and (outer := lists_with_words.written_around(found)):
        return outer
    # Several lists by name: see records_of.
    return found or ("" if len(lists) > 1 else lists_with_words.instead_of(first))


def _is_one_response(stream: BinaryIO, prefix: str) -> bool:
    """Whether the records found are the answers of a document that is one response."""
    name = prefix.removesuffix(".item").rpartition(".")[2]
    if prefix.count(".item") != 1 or not may_be_sheet(name):
        return False
    guard = _guarded(stream)
    guard.limit_bytes(_MAX_RESPONSE_BYTES)
    try:
        return is_one_response(next(ijson.items(guard, "", **_OPTIONS), None))
    except (ijson.JSONError, FileUnreadable, RecursionError, UnicodeDecodeError):
        return False  # too long for one response, or whoever reads the records says what is wrong


def _is_named_list(prefix: str) -> bool:
    """Whether an object lies in a list that is called as lists of records are."""
    parent = prefix.removesuffix(".item").rsplit(".", 1)[-1]
    return parent in _LIST_NAMES and (prefix.endswith(".item") or parent == "entry")


class _ListsWithWords:
    """Which lists of objects in a document hold sentences: groups of reviews (携程) below tabs."""

    def __init__(self) -> None:
        self._sentences: Counter[str] = Counter()
        self._of_objects: set[str] = set()
        self._written: set[str] = set()

    def heard(self, events: Iterator[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
        """Pass events on, and count the sentences directly in the members of each list."""
        for prefix, event, value in events:
            if event == "start_map" and prefix.endswith(".item"):
                self._of_objects.add(prefix)
            elif event == "string" and len(value) >= _SENTENCE:
                outer, found, _ = prefix.rpartition(".item.")
                self._sentences[f"{outer}.item" if found else ""] += 1
                if found and (_HAN.search(value) or value.count(" ") > 1):
                    self._written.add(f"{outer}.item")
            yield prefix, event, value

    def written_around(self, found: str) -> str | None:
        """Return the list of written records deep inside of which another was found.

        Comments (Jira: ``issues.item.fields.comment.comments``) are not all that a ticket says.
        """
        outer, nested, inner = found.rpartition(".item.")
        around = f"{outer}.item"
        return around if nested and inner.count(".") > 1 and around in self._written else None

    def instead_of(self, first: str) -> str:
        """Return the first list, or if it says nothing the one that does and lies outermost.

        What lies below a review is said of it: pictures, replies.
        """
        telling = self._of_objects & self._sentences.keys()
        if not first or first in telling:
            return first
        return min(telling, key=lambda p: (p.count(".item"), -self._sentences[p]), default=first)
