"""What readers yield, and how much they are willing to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection

RAW_CHARS = 2_000
"""A rejection keeps this many characters of the row it stands for."""


class Row(NamedTuple):
    """One usable row.

    Attributes:
        line: 1-based line (text files, header counted), sheet row (Excel) or record
            number (JSON, Parquet).
        values: Cell by column name. Text files give ``str``, typed ones their own types.
        surplus: Cells beyond the last column.
    """

    line: int
    values: dict[str, Any]
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that keep one bad file from taking the machine down.

    Attributes:
        max_columns: More columns than this and the file is refused.
        max_cell_chars: A row with a longer cell is rejected.
        max_record_bytes: A longer line (or quoted multi-line record) is rejected.
        max_record_lines: A quoted cell over more lines counts as an unclosed quote.
        max_workbook_bytes: Excel: all parts together, after unpacking.
        max_workbook_entries: Excel: parts in the archive.
        max_workbook_ratio: Excel: unpacked size over packed size.
        workbook_memory_bytes: Address space of the process that parses a workbook.
        workbook_seconds: Time that process may take.
        max_spool_bytes: Standard input and packed binary files are spooled to disk up to this.
    """

    max_columns: int = 4_096
    max_cell_chars: int = 1_000_000
    max_record_bytes: int = 16 * 1024 * 1024
    max_record_lines: int = 500
    max_workbook_bytes: int = 512 * 1024 * 1024
    max_workbook_entries: int = 10_000
    max_workbook_ratio: int = 60
    workbook_memory_bytes: int = 2 * 1024**3
    workbook_seconds: float = 180.0
    max_spool_bytes: int = 16 * 1024**3


DEFAULT_LIMITS = Limits()
_PREFACE_TEXTS, _PREFACE_CHARS = 40, 200


def told_above(cells: Iterable[object]) -> tuple[str, ...]:
    """Return what stands above or beside the rows of a file: titles, who made it and when.

    The first 40 texts that are not blank, each up to 200 characters.
    """
    texts = (cell.strip() for cell in cells if isinstance(cell, str))
    return tuple(text[:_PREFACE_CHARS] for text in islice(filter(None, texts), _PREFACE_TEXTS))


def reject(line: int, reason: str, detail: str, raw: object = "") -> Rejection:
    """Build a rejection, cutting ``raw`` to what is kept."""
    return Rejection(line, reason, detail, str(raw)[:RAW_CHARS])


def reject_unreadable(line: int, fault: str) -> Rejection:
    """Build the rejection of a line of text that was not decoded or is too long."""
    return reject(line, fault, "这一行不是可读的文字或太长")


def unique_columns(names: Sequence[object], limits: Limits) -> list[str]:
    """Return header cells as distinct names; blank ones become ``""`` and are not read.

    A repeated header gets ``__2``, ``__3`` … appended, so that no column hides another.

    Raises:
        FileUnreadable: If there are too many columns, or none has a name.
    """
    if len(names) > limits.max_columns:
        raise too_many_columns(len(names), limits)
    seen: dict[str, int] = {}
    columns: list[str] = []
    for name in names:
        text = "" if name is None else str(name).replace("\ufeff", "").strip()
        if text:
            seen[text] = seen.get(text, 0) + 1
            if seen[text] > 1:
                text = f"{text}__{seen[text]}"
        columns.append(text)
    if not any(columns):
        raise FileUnreadable("第一行没有列名", hint="第一行应是表头，例如 text,rating,time")
    return columns


def too_many_columns(count: int, limits: Limits) -> FileUnreadable:
    """Return the error for a file that is wider than we take."""
    return FileUnreadable(
        f"文件有 {count:,} 列，最多接受 {limits.max_columns:,} 列",
        hint="检查分隔符，或只导出需要的列",
    )


def columns_ahead(
    rows: Iterable[Row | Rejection], count: int = 200
) -> tuple[tuple[str, ...], Iterator[Row | Rejection]]:
    """Read ``count`` rows ahead and return their columns in order of appearance, and all rows."""
    iterator = iter(rows)
    head = list(islice(iterator, count))
    names: dict[str, None] = {}
    for row in head:
        if isinstance(row, Row):
            names.update(dict.fromkeys(row.values))
    return tuple(names), chain(head, iterator)
