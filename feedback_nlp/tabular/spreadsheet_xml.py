"""Workbooks saved as XML (XML Spreadsheet 2003): what many systems call ``.xls``.

Source: Microsoft, XML Spreadsheet Reference (ss:Index, ss:MergeDown, ss:MergeAcross).
"""

from __future__ import annotations

import csv
import io
from typing import Any, BinaryIO, cast

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.tabular.decoding import utf8_bytes
from feedback_nlp.tabular.xml_records import BrokenXml, forget, local_name, xml_events

_MARK = b"urn:schemas-microsoft-com:office:spreadsheet"
_MOST_BYTES = 24 * 1024 * 1024  # about four seconds
_MOST_COLUMNS, _MOST_ROWS = 5_000, 1_048_576


def is_spreadsheet_xml(head: bytes) -> bool:
    """Whether XML that begins so is a workbook."""
    return _MARK in head and b"<Workbook" in head


def spreadsheet_xml_as_csv(stream: BinaryIO) -> BinaryIO:
    """Return the first sheet that has cells as CSV in UTF-8.

    Raises:
        FileUnreadable: If it is too large, broken or empty.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    below: dict[int, tuple[int, str]] = {}
    lines = size = 0
    source = cast(BinaryIO, _Bounded(utf8_bytes(stream)))
    try:
        for event, element in xml_events(source, None):
            if event == "start":
                continue
            name = local_name(element.tag)
            if name == "Row":
                cells = _cells(element, below)
                size += sum(map(len, cells))
                lines += 1
                if size > _MOST_BYTES or lines > _MOST_ROWS:
                    raise _too_large()
                writer.writerow(cells)
                forget(element)
            elif name == "Worksheet":
                if size:
                    break
                element.clear()
    except BrokenXml as broken:
        raise FileUnreadable(
            f"这个 XML 表格已损坏（{broken}）", hint="用表格软件打开并另存为 xlsx"
        ) from broken
    if not size:
        raise FileUnreadable("表格是空的", hint="第一行应是表头")
    return io.BytesIO(text.getvalue().encode("utf-8", "replace"))


class _Bounded:
    """A stream of which no more than the limit is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = _MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes.

        Raises:
            FileUnreadable: Beyond the limit.
        """
        block = self._stream.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise _too_large()
        return block


def _too_large() -> FileUnreadable:
    return FileUnreadable(
        f"XML 表格超过 {_MOST_BYTES // 1024 // 1024} MB", hint="另存为 xlsx 或 CSV"
    )


def _cells(row: Any, below: dict[int, tuple[int, str]]) -> list[str]:
    """Return the cells of a row; merged ones fill the rows below them."""
    cells: list[str] = []

    def fill(until: int) -> None:
        while len(cells) < until or len(cells) in below:
            left, above = below.pop(len(cells), (0, ""))
            if left > 1:
                below[len(cells)] = (left - 1, above)
            cells.append(above)

    for cell in row:
        if local_name(cell.tag) != "Cell":
            continue
        given = {local_name(name): value for name, value in cell.attrib.items()}
        fill(min(_number(given.get("Index")) - 1, _MOST_COLUMNS) if "Index" in given else 0)
        words = "".join(cell.itertext()).strip()
        if down := _number(given.get("MergeDown")):
            below[len(cells)] = (down, words)
        cells.append(words)
        cells.extend([""] * min(_number(given.get("MergeAcross")), _MOST_COLUMNS))
        if len(cells) > _MOST_COLUMNS:
            raise FileUnreadable("表格的列太多，拒绝打开", hint="只导出需要的列")
    fill(max(below, default=-1) + 1)
    return cells


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdecimal() else 0
