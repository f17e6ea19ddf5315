"""The tables of a page: exports named ``.xls`` that are HTML.

The only module that imports ``lxml``: its parser takes no more than linear time for any bytes,
where the standard library's takes minutes for a few hundred kilobytes of ``<a<a<a``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.tabular.decoding import text_lines
from feedback_nlp.tabular.rows import Limits

_MOST_BYTES = 12 * 1024 * 1024  # a page of nothing but cells takes most of ten seconds
_MOST_SPAN, _MOST_CELLS = 1_000, 5_000
_OTHER_FORMAT = "用表格软件打开并另存为 xlsx 或 CSV"


def is_html_table(head: bytes) -> bool:
    """Whether a page that begins so holds a table."""
    return b"<table" in head.lower() or b"<tr" in head.lower()


def html_as_csv(stream: BinaryIO, limits: Limits) -> BinaryIO:
    """Return the largest table of a page as CSV in UTF-8.

    Raises:
        FileUnreadable: If the page is too large or has no table with cells.
    """
    from lxml import etree  # noqa: PLC0415 - few files are pages

    found = _Tables()
    parser = etree.HTMLParser(target=found, encoding="utf-8", huge_tree=True, no_network=True)
    size = 0
    for line in text_lines(stream, limits):
        markup = line.text.replace("\0", "").encode("utf-8", "replace")
        size += len(markup)
        if size > _MOST_BYTES:
            raise FileUnreadable(
                f"网页超过 {_MOST_BYTES // 1024 // 1024} MB", hint="导出成 CSV、xlsx 或 JSON Lines"
            )
        if line.fault:
            raise FileUnreadable(
                f"网页的第 {line.number} 行太长，或含有不是 UTF-8（或 GB18030）的字节",
                hint=_OTHER_FORMAT,
            )
        parser.feed(markup)
    parser.close()
    rows = max(found.tables, key=lambda table: sum(map(len, table)), default=[])
    if not any(any(row) for row in rows):
        raise FileUnreadable("网页里没有表格", hint=_OTHER_FORMAT)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return io.BytesIO(text.getvalue().encode("utf-8", "replace"))


class _Tables:
    """A target of the parser. Collects the cells of all tables; a cell over several rows or columns fills them."""

    def __init__(self) -> None:
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._below: list[dict[int, tuple[int, str]]] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._silent = 0

    def start(self, tag: str, given: Mapping[str, str]) -> None:
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
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])  # a table that writes no <tr>
            self._cell = []
            self._span = (_span(given.get("rowspan")), _span(given.get("colspan")))
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def end(self, tag: str) -> None:
        """Close what the tag closes."""
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()
            self._below.pop()

    def data(self, data: str) -> None:
        """Keep the words of a cell."""
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def close(self) -> None:
        """End what the page left open."""
        self._end_cell()

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
