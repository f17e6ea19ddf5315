"""Tables out: CSV, JSON lines, Parquet and XLSX, written aside, see :mod:`feedback_nlp.files`.

The only module that imports ``xlsxwriter``.
"""

from __future__ import annotations

import csv
import io
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from feedback_nlp.errors import InputError
from feedback_nlp.files import replaced
from feedback_nlp.tabular.cells import (
    ColumnType,
    cell_text,
    encodable,
    guarded,
    is_formula,
    json_line,
)
from feedback_nlp.tabular.formats import STDIN, format_of_name

_XLSX_ROWS = 1_048_575
_XLSX_CELL_CHARS = 32_767
_WRITABLE = ("csv", "tsv", "jsonl", "parquet", "xlsx")

_CHINA = ZoneInfo("Asia/Shanghai")

Rows = Iterable[Mapping[str, Any]]


def write_rows(
    path: Path,
    columns: Sequence[str],
    rows: Rows,
    *,
    types: Mapping[str, ColumnType] | None = None,
    zone: tzinfo = _CHINA,
    guard_formulas: bool = False,
) -> int:
    """Write a table in the format that the name of ``path`` says, and return the row count.

    CSV is UTF-8 with a byte order mark and CRLF, so that Excel opens it; ids and other
    texts stay texts in Excel; nested values are JSON text outside JSON lines. JSON lines
    carry all keys of each row, the other formats exactly ``columns``.

    Args:
        path: ``.csv``, ``.tsv``, ``.jsonl`` (each also ``.gz``), ``.parquet`` or ``.xlsx``.
        columns: Names in order.
        rows: Values by column; missing ones are empty.
        types: Types of columns that are not text.
        zone: Zone that times are shown in where the format has none.
        guard_formulas: Disarm texts that a spreadsheet would run: ``'`` before them in CSV,
            Excel's own mark of a text in a workbook.

    Raises:
        InputError: If the suffix is unknown, the folder is missing, or rows exceed Excel's limit.
    """
    kind = output_format(path)
    types = types or {}
    writers: dict[str, Callable[[BinaryIO], int]] = {
        "csv": lambda file: _write_csv(
            file, columns, rows, zone, delimiter=",", guard=guard_formulas
        ),
        "tsv": lambda file: _write_csv(
            file, columns, rows, zone, delimiter="\t", guard=guard_formulas
        ),
        "jsonl": lambda file: _write_lines(file, (json_line(row, zone) for row in rows)),
        "parquet": lambda file: _write_parquet(file, columns, rows, types, zone),
        "xlsx": lambda file: _write_xlsx(file, columns, rows, types, zone, guard=guard_formulas),
    }
    with replaced(path) as file:
        return writers[kind](file)


def write_json_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines of JSON that are rendered already, atomically; return how many.

    Args:
        path: ``.jsonl`` or ``.jsonl.gz``, or ``-`` for standard output.
        lines: Without line ends.

    Raises:
        InputError: If the folder is missing.
    """
    if path == STDIN:
        return _write_lines(sys.stdout.buffer, lines)
    with replaced(path) as file:
        return _write_lines(file, lines)


def output_format(path: Path) -> str:
    """Return the format that a table can be written in under this name.

    Raises:
        InputError: If the suffix is unknown or the folder is missing.
    """
    if path == STDIN:
        return "jsonl"
    kind, zipped = format_of_name(path)
    if kind not in _WRITABLE or (zipped and kind in ("parquet", "xlsx")):
        raise InputError(
            f"不能写成 {path.name} 这种格式",
            hint="后缀用 .csv、.tsv、.jsonl（可加 .gz）、.parquet 或 .xlsx",
        )
    if path.is_dir():
        raise InputError(f"{path} 是一个目录", hint="请给出文件名")
    if not path.parent.is_dir():
        raise InputError(f"目录 {path.parent} 不存在", hint="先建好目录")
    return kind


def _write_csv(
    file: BinaryIO,
    columns: Sequence[str],
    rows: Rows,
    zone: tzinfo,
    *,
    delimiter: str,
    guard: bool,
) -> int:
    text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="", write_through=False)
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        cells = [cell_text(row.get(column), zone) for column in columns]
        if guard:
            cells = [
                guarded(cell) if isinstance(row.get(column), str) else cell
                for column, cell in zip(columns, cells, strict=True)
            ]
        writer.writerow(cells)
        count += 1
    text.flush()
    text.detach()
    return count


def _write_lines(file: BinaryIO, lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        file.write(line.encode() + b"\n")
        count += 1
    return count


def _write_xlsx(
    file: BinaryIO,
    columns: Sequence[str],
    rows: Rows,
    types: Mapping[str, ColumnType],
    zone: tzinfo,
    *,
    guard: bool,
) -> int:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    count = 0
    import xlsxwriter  # noqa: PLC0415 - slow to load, and most files are read, not written

    with _disk_of_workbook(file) as target, xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet("数据")
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        text_only = book.add_format({"quote_prefix": True})
        for index, column in enumerate(columns):
            sheet.write_string(0, index, column, bold)
        sheet.freeze_panes(1, 0)
        for row in rows:
            count += 1
            if count > _XLSX_ROWS:
                raise InputError(
                    f"xlsx 最多 {_XLSX_ROWS:,} 行", hint="改写成 .csv、.jsonl 或 .parquet"
                )
            for index, column in enumerate(columns):
                value = row.get(column)
                kind = types.get(column, ColumnType.TEXT)
                if value is None:
                    continue
                if kind in (ColumnType.INTEGER, ColumnType.NUMBER):
                    sheet.write_number(count, index, value)
                elif isinstance(value, datetime):
                    local = value.astimezone(zone) if value.tzinfo else value
                    sheet.write_datetime(count, index, local.replace(tzinfo=None), moment)
                else:
                    cell = encodable(cell_text(value, zone))
                    style = text_only if guard and is_formula(cell) else None
                    sheet.write_string(count, index, cell[:_XLSX_CELL_CHARS], style)
        sheet.autofilter(0, 0, max(count, 1), max(len(columns) - 1, 0))
    return count


@contextmanager
def _disk_of_workbook(file: BinaryIO) -> Iterator[Any]:
    """Let the disk's own error out of xlsxwriter's, and its half-written archive end quietly."""
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415

    target = _FirstErrorOnly(file)
    try:
        yield target
    except FileCreateError as error:
        cause: OSError = error.args[0]
        traceback.clear_frames(cause.__traceback__)  # the archive closes here, not at exit
        raise cause from None


class _FirstErrorOnly:
    """A file that takes what follows a failed write and drops it: the file is lost anyway."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failed = False

    def write(self, data: bytes) -> int:
        """Write; after a failure only pretend to."""
        if self._failed:
            return len(data)
        try:
            return self._file.write(data)
        except OSError:
            self._failed = True
            raise

    def flush(self) -> None:
        """Flush what can be written."""
        if not self._failed:
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _write_parquet(
    file: BinaryIO,
    columns: Sequence[str],
    rows: Rows,
    types: Mapping[str, ColumnType],
    zone: tzinfo,
) -> int:
    from feedback_nlp.tabular.parquet import write_parquet  # noqa: PLC0415 - pyarrow is slow to import

    kinds = {column: types.get(column, ColumnType.TEXT) for column in columns}
    return write_parquet(file, kinds, rows, zone)
