"""CSV and TSV, read so that a shifted quote cannot swallow the rest of the file.

Python's ``csv`` reader pulls physical lines from :class:`_LineFeed`. When a quoted cell
never closes, closes in the wrong place, or the record has the wrong width, only the first
physical line is rejected and reading starts again on the next one.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.decoding import TextLine, text_lines
from feedback_nlp.tabular.rows import Limits, Row, reject, too_many_columns, unique_columns

_DELIMITERS = ",\t;|"

csv.field_size_limit(2**31 - 1)  # our own limits are per record and per cell, and say more


class _RunawayQuoteError(Exception):
    """A quoted cell goes on for longer than a record may."""


class _LineFeed:
    """Hands lines to ``csv.reader`` and remembers those the present record took."""

    def __init__(self, lines: Iterator[TextLine], limits: Limits) -> None:
        self._lines = lines
        self._limits = limits
        self._pending: deque[TextLine] = deque()
        self.taken: list[TextLine] = []
        self._chars = 0

    def __iter__(self) -> _LineFeed:
        return self

    def __next__(self) -> str:
        line = self._pending.popleft() if self._pending else next(self._lines)
        self.taken.append(line)
        self._chars += len(line.text)
        if len(self.taken) > 1 and (
            len(self.taken) > self._limits.max_record_lines
            or self._chars > self._limits.max_record_bytes
        ):
            raise _RunawayQuoteError
        return line.text

    @property
    def recovering(self) -> bool:
        """Whether lines that were taken back are still to be read."""
        return bool(self._pending)

    def begin(self) -> None:
        """Forget the lines of the finished record."""
        self.taken = []
        self._chars = 0

    def give_back_all_but_first(self) -> TextLine:
        """Put the lines of the failed record back, except its first, which is returned."""
        first, *rest = self.taken
        self._pending.extendleft(reversed(rest))
        self.begin()
        return first


def read_delimited(
    stream: BinaryIO, limits: Limits, *, delimiter: str | None = None
) -> tuple[tuple[str, ...], Iterator[Row | Rejection]]:
    """Read a delimited text file with a header line.

    Args:
        stream: Seekable, at its start.
        limits: Upper bounds.
        delimiter: One character, or ``None`` to take the commonest candidate in the header.

    Returns:
        The column names, and the rows below the header.

    Raises:
        FileUnreadable: If there is no usable header.
    """
    lines = text_lines(stream, limits)
    header = next((line for line in lines if line.text.strip()), None)
    if header is not None and header.text.strip().lower() in ("sep=,", "sep=;", "sep=\\t"):
        header = next((line for line in lines if line.text.strip()), None)
    if header is None:
        raise FileUnreadable("文件是空的", hint="第一行应是表头，下面每行一条反馈")
    delimiter = delimiter or max(_DELIMITERS, key=header.text.count)
    if (count := header.text.count(delimiter) + 1) > limits.max_columns:
        raise too_many_columns(count, limits)
    if header.fault or "\0" in header.text:
        raise FileUnreadable(
            "表头不是可读的文字（既不是 UTF-8 也不是 GB18030）",
            hint="用表格软件另存为 CSV UTF-8 后再试",
        )
    feed = _LineFeed(_chained(header, lines), limits)
    try:
        names = next(csv.reader(feed, delimiter=delimiter, strict=True))
    except (csv.Error, _RunawayQuoteError, StopIteration) as error:
        raise FileUnreadable(f"表头的引号不成对：{header.text.strip()[:60]}") from error
    columns = unique_columns(names, limits)
    return tuple(filter(None, columns)), _rows(feed, columns, delimiter, limits)


def _chained(first: TextLine, rest: Iterator[TextLine]) -> Iterator[TextLine]:
    yield first
    yield from rest


def _rows(
    feed: _LineFeed, columns: list[str], delimiter: str, limits: Limits
) -> Iterator[Row | Rejection]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    width = len(columns)
    while True:
        feed.begin()
        exact = feed.recovering
        try:
            values = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RunawayQuoteError):
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            yield _salvaged(feed.give_back_all_but_first(), columns, delimiter)
            continue
        if not values:
            continue
        taken = feed.taken
        line = taken[0].number
        if any(part.fault for part in taken):
            yield _faulty(taken, limits)
        elif len(values) != width and (len(values) > width or exact or len(taken) > 1):
            extra = values[width:]
            if len(taken) > 1:
                first = feed.give_back_all_but_first()
                yield _open_quote(first)
            elif extra and not any(extra):
                yield Row(line, _named(columns, values))
            else:
                yield _wrong_width(taken[0], len(values), width)
        elif max(map(len, values)) > limits.max_cell_chars:
            yield reject(
                line,
                "cell-too-long",
                f"有一格长达 {max(map(len, values)):,} 个字符，最多接受 {limits.max_cell_chars:,}",
                taken[0].text,
            )
        else:
            yield Row(line, _named(columns, values))


def _named(columns: list[str], values: list[str]) -> dict[str, str]:
    row = dict(zip(columns, values, strict=False))
    row.pop("", None)
    if len(values) < len(columns):
        row.update({name: "" for name in columns[len(values) :] if name})
    return row


def _salvaged(line: TextLine, columns: list[str], delimiter: str) -> Row | Rejection:
    """Take a line with stray quotes if, read leniently, it has exactly the right width."""
    text = line.text.rstrip("\r\n").replace("\r", " ")
    if line.fault:
        return _bad_encoding(line)
    if text.count('"') % 2 == 0:
        values = next(csv.reader([text], delimiter=delimiter), [])
        if len(values) == len(columns):
            return Row(line.number, _named(columns, values))
    return _open_quote(line)


def _open_quote(line: TextLine) -> Rejection:
    return reject(
        line.number, "unclosed-quote", "引号不成对，这一行无法拆成列", line.text.rstrip("\r\n")
    )


def _wrong_width(line: TextLine, got: int, expected: int) -> Rejection:
    detail = f"有 {got} 列，表头是 {expected} 列"
    return reject(line.number, "column-count", detail, line.text.rstrip("\r\n"))


def _bad_encoding(line: TextLine) -> Rejection:
    detail = "含有不是 UTF-8（或 GB18030）的字节"
    return reject(line.number, "bad-encoding", detail, line.text.rstrip("\r\n"))


def _faulty(taken: list[TextLine], limits: Limits) -> Rejection:
    line = next(part for part in taken if part.fault)
    if line.fault == "bad-encoding":
        return _bad_encoding(line._replace(number=taken[0].number))
    limit = limits.max_record_bytes // (1024 * 1024)
    return reject(taken[0].number, line.fault, f"这一行超过 {limit} MB", line.text)
