"""Takes tables and records out of what is wrapped around them.

A page saved as ``.xls`` is an HTML table, a crawled answer is JSON in a call of JavaScript
(JSONP), a list written by hand has a comma too many. All are read as what they hold.
"""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.tabular.decoding import text_lines, utf8_bytes
from feedback_nlp.tabular.rows import Limits

MOST_BYTES = 32 * 1024 * 1024
_MOST_PAGE_BYTES = 8 * 1024 * 1024  # the parser is slow
_MOST_SPAN, _MOST_CELLS = 1_000, 5_000
_HEAD_BYTES = 4_096
_CALL = re.compile(
    rb"\s*(?:/\*\*/\s*)?(?:(?:window\.|var\s+|let\s+|const\s+)?[\w$.]{1,80}\s*=\s*|[\w$.]{1,80}\s*\(\s*)(?=[\[{])"
)
_CALL_END = re.compile(rb"[\s);]*\Z")
_STRING_OR_COMMA = re.compile(rb'"(?:[^"\\]++|\\.)*+"|,(?=\s*[\]}])', re.DOTALL)


def is_html_table(head: bytes) -> bool:
    """Whether a page that begins so holds a table."""
    return b"<table" in head.lower() or b"<tr" in head.lower()


def is_call(head: bytes) -> bool:
    """Whether this begins like JSON in a call or an assignment of JavaScript."""
    return _CALL.match(head) is not None


def without_call(stream: BinaryIO) -> BinaryIO:
    """Return the JSON of a JSONP answer, or the stream itself, rewound, if it is none.

    Raises:
        FileUnreadable: If it is one and too large to be held in memory.
    """
    match = _CALL.match(utf8_bytes(stream).read(_HEAD_BYTES))
    if match is None:
        stream.seek(0)
        return stream
    data = _whole(stream)
    return io.BytesIO(_CALL_END.sub(b"", data[match.end() :]))


def without_stray_commas(stream: BinaryIO) -> BinaryIO | None:
    """Return JSON without commas before a closing bracket, ``None`` if there is none such."""
    data = utf8_bytes(stream).read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return None
    mended = _STRING_OR_COMMA.sub(lambda match: b"" if match[0] == b"," else match[0], data)
    return io.BytesIO(mended) if len(mended) < len(data) else None


def html_as_csv(stream: BinaryIO, limits: Limits) -> BinaryIO:
    """Return the largest table of a page as CSV in UTF-8.

    Raises:
        FileUnreadable: If the page is too large or has no table with cells.
    """
    _whole(stream, _MOST_PAGE_BYTES)
    stream.seek(0)
    parser = _Tables()
    for line in text_lines(stream, limits):
        if line.fault:
            raise FileUnreadable(
                f"网页的第 {line.number} 行太长，或含有不是 UTF-8（或 GB18030）的字节",
                hint="用表格软件打开并另存为 xlsx 或 CSV",
            )
        parser.feed(line.text)
    parser.close()
    rows = max(parser.tables, key=lambda table: sum(map(len, table)), default=[])
    if not any(any(row) for row in rows):
        raise FileUnreadable("网页里没有表格", hint="用表格软件打开并另存为 xlsx 或 CSV")
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return io.BytesIO(text.getvalue().encode("utf-8", "replace"))


def _whole(stream: BinaryIO, most: int = MOST_BYTES) -> bytes:
    data = utf8_bytes(stream).read(most + 1)
    if len(data) > most:
        raise FileUnreadable(
            f"网页或脚本超过 {most // 1024 // 1024} MB",
            hint="导出成 CSV、xlsx 或 JSON Lines",
        )
    return data


class _Tables(HTMLParser):
    """Collects the cells of all tables; a cell over several rows or columns fills them."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._below: list[dict[int, tuple[int, str]]] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "table" or (tag == "tr" and not self._open):
            self._end_cell()
            self._open.append([])
            self._below.append({})
            self.tables.append(self._open[-1])
        if tag == "tr":
            self._end_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open and self._open[-1]:
            self._end_cell()
            self._cell = []
            given = dict(attrs)
            self._span = (_span(given.get("rowspan")), _span(given.get("colspan")))
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what the tag closes."""
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()
            self._below.pop()

    def handle_data(self, data: str) -> None:
        """Keep the words of a cell."""
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None or not self._open or not self._open[-1]:
            self._cell = None
            return
        text = "".join(self._cell).replace("\xa0", " ").strip()
        text = re.sub(r"[ \t\r]*\n\s*", "\n", text)
        row, below = self._open[-1][-1], self._below[-1]
        while len(row) in below:
            left, above = below.pop(len(row))
            if left > 1:
                below[len(row)] = (left - 1, above)
            row.append(above)
        rows, columns = self._span
        columns = min(columns, max(1, _MOST_CELLS - len(row)))
        for number in range(columns):
            if rows > 1:
                below[len(row)] = (rows - 1, text)
            row.append(text if number == 0 else "")
        self._cell = None


def _span(value: str | None) -> int:
    return min(int(value), _MOST_SPAN) if value and value.isascii() and value.isdecimal() else 1
