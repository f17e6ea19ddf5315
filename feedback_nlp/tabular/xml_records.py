"""XML files of records: 弹幕 of Bilibili, feeds, exports of databases; no pages.

A record is the element that repeats. Its attributes and the elements in it are its cells. Read as a
stream; entities are not followed.

Source: Bilibili comment files (``<i><d p="…">``), RSS 2.0, RFC 4287 (Atom).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, BinaryIO

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.decoding import utf8_bytes
from feedback_nlp.tabular.rows import Limits, Row, reject

_BLOCK_BYTES, _LOOK_BYTES = 256 * 1024, 512 * 1024
_MOST_CELLS = 2_000
_NO_CHARACTERS = bytes(code for code in range(32) if code not in (9, 10, 13))
# What a 弹幕 says of itself, in the order in which the file writes it.
_DANMAKU = ("progress", "mode", "fontsize", "color", "ctime", "pool", "midHash", "idStr", "weight")
_DANMAKU_VALUE = re.compile(r"\d+(?:\.\d+)?(?:,[^,]*){7,8}")

Path = tuple[str, ...]


def read_xml(stream: BinaryIO, limits: Limits) -> Iterator[Row | Rejection]:
    """Yield one row a record, numbered from 1; its cells may be nested.

    Raises:
        FileUnreadable: If no element repeats or holds cells.
    """
    wanted = _record_path(stream)
    number = 0
    text = utf8_bytes(stream)
    try:
        for values in _records(text, wanted):
            number += 1
            yield _row(number, values, limits)
    except BrokenXml as broken:
        yield reject(number + 1, "file-damaged", f"第 {number} 条之后的 XML 已损坏（{broken}）")


class BrokenXml(Exception):
    """A document ends or breaks where it may not."""


def _record_path(stream: BinaryIO) -> Path:
    """Return the element that repeats, the one nearest to the root that holds something."""
    seen: dict[Path, int] = defaultdict(int)
    inside: dict[Path, int] = defaultdict(int)
    told: set[Path] = set()
    path: list[str] = []
    try:
        for event, element in xml_events(utf8_bytes(stream), _LOOK_BYTES):
            if event == "start":
                path.append(element.tag)
                at = tuple(path)
                seen[at] += 1
                inside[at[:-1]] += 1
                if element.attrib:
                    told.add(at)
            else:
                if element.text and element.text.strip():
                    told.add(tuple(path))
                path.pop()
                element.clear()
    except BrokenXml:
        pass  # what came before it may still be read
    repeated = [at for at, count in seen.items() if count > 1 and (inside[at] or at in told)]
    alone = [at for at in seen if len(at) == 2 and (inside[at] or at in told)]
    if not repeated and not alone:
        raise FileUnreadable("XML 里没有成条的记录", hint="导出成 CSV、xlsx 或 JSON；或另存为表格")
    return min(repeated or alone, key=lambda at: (not inside[at], len(at), -inside[at], -seen[at]))


def _records(stream: BinaryIO, wanted: Path) -> Iterator[dict[str, Any]]:
    path: list[str] = []
    for event, element in xml_events(stream, None):
        if event == "start":
            path.append(element.tag)
            continue
        at = tuple(path)
        path.pop()
        if at == wanted:
            yield _cells(element)
        if len(at) <= len(wanted):
            forget(element)


def forget(element: Any) -> None:
    """Drop an element that was read, and its brothers before it, from memory."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def xml_events(stream: BinaryIO, most: int | None) -> Iterator[tuple[str, Any]]:
    """Yield where elements begin and end, of the first ``most`` bytes.

    Raises:
        BrokenXml: If the document is not well formed or breaks off.
    """
    from lxml import etree  # noqa: PLC0415 - few files are XML

    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",  # whatever the declaration says: it is recoded by now
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    size = 0
    try:
        while block := stream.read(_BLOCK_BYTES):
            size += len(block)
            parser.feed(block.translate(None, _NO_CHARACTERS))
            yield from parser.read_events()
            if most is not None and size >= most:
                return
        parser.close()
        yield from parser.read_events()
    except etree.XMLSyntaxError as error:
        raise BrokenXml(str(error)[:120]) from error


def _cells(element: Any) -> dict[str, Any]:
    """Return the cells of a record: its attributes, its elements, its own words as ``content``."""
    cells: dict[str, Any] = {}
    for name, value in element.attrib.items():
        if name == "p" and _DANMAKU_VALUE.fullmatch(value):
            cells.update(zip(_DANMAKU, value.split(","), strict=False))
        else:
            cells[local_name(name)] = value
    for child in element:
        if not isinstance(child.tag, str) or len(cells) >= _MOST_CELLS:
            continue
        name, value = local_name(child.tag), _value(child)
        if name not in cells:
            cells[name] = value
        elif child.get("type") != "html":  # the same words once more, with tags
            before = cells[name]
            cells[name] = [*before, value] if isinstance(before, list) else [before, value]
    words = "".join(element.itertext()).strip() if not len(element) else ""
    if words:
        cells.setdefault("content", words)
    return cells


def _value(element: Any) -> Any:
    """Return what an element in a record holds: words, cells, or its only attribute."""
    if len(element):
        return _cells(element)
    if words := (element.text or "").strip():
        return words
    given = {local_name(name): value for name, value in element.attrib.items()}
    return next(iter(given.values())) if len(given) == 1 else given or None


def local_name(name: str) -> str:
    """Return a name of XML without its namespace."""
    return name.rpartition("}")[2]


def _row(number: int, values: dict[str, Any], limits: Limits) -> Row | Rejection:
    longest = max((len(v) for v in values.values() if isinstance(v, str)), default=0)
    if longest > limits.max_cell_chars:
        return reject(number, "cell-too-long", f"有一格长达 {longest:,} 个字符")
    return Row(number, values)
