"""CSV and TSV, read so that a shifted quote cannot swallow the rest of the file.

Python's ``csv`` reader pulls physical lines from :class:`_LineFeed`. When a quoted cell
never closes, closes in the wrong place, or the record has the wrong width, only the first
physical line is rejected and reading starts again on the next one. Cells beyond the header
stay with their row: whoever knows what the columns mean decides whether it is shifted.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.decoding import TextLine, text_lines
from feedback_nlp.tabular.headers import (
    FIND_HEADER,
    Header,
    HeaderChoice,
    find_header,
    numbered_header,
    without_header_words,
)
from feedback_nlp.tabular.rows import (
    Limits,
    Row,
    reject,
    told_above,
    too_many_columns,
    unique_columns,
)

_DELIMITERS = ",\t;|"
_FULL_WIDTH = "，"  # written by hand; only where the header is names and nothing else
_HEAD_LINES = 60
_HEAD_CHARS = 4_000_000

# How MySQL (SELECT … INTO OUTFILE) and PostgreSQL (COPY) write that there is no value.
_NO_VALUE = "\\N"
# How a spreadsheet is made to keep an id as it is: ="0012" says 0012.
_QUOTED_FORMULA = re.compile(r'^="([^"]*)"$')

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
        line = self._next()
        self.taken.append(line)
        self._chars += len(line.text)
        if len(self.taken) > 1 and (
            len(self.taken) > self._limits.max_record_lines
            or self._chars > self._limits.max_record_bytes
        ):
            raise _RunawayQuoteError
        return line.text

    def take_plain(self, delimiter: str) -> list[str] | None:
        """Take the next line if it is a record by itself, without quotes, and return its cells.

        Most lines are, and to split one takes a fraction of what a reader takes that is handed
        one line after the other.

        Returns:
            ``None`` if only a reader can tell; the line is still to be read then.

        Raises:
            StopIteration: At the end.
        """
        line = self._next()
        text = line.text.rstrip("\r\n")
        if '"' in text or "\r" in text:
            self._pending.appendleft(line)
            return None
        self.taken.append(line)
        return text.split(delimiter) if text else []

    def _next(self) -> TextLine:
        return self._pending.popleft() if self._pending else next(self._lines)

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


@dataclass(frozen=True, slots=True)
class Delimited:
    """A delimited text whose header is known: names, rows, remarks, cells above the header."""

    columns: tuple[str, ...]
    rows: Iterator[Row | Rejection]
    notes: tuple[str, ...]
    preface: tuple[str, ...] = ()


def read_delimited(
    stream: BinaryIO,
    limits: Limits,
    *,
    delimiter: str | None = None,
    likely: str | None = None,
    header: HeaderChoice = FIND_HEADER,
) -> Delimited:
    """Read a delimited text file.

    Args:
        stream: Seekable, at its start.
        limits: Upper bounds.
        delimiter: One character, or ``None`` to take the candidate that fits the first lines.
        likely: The one that the file's name suggests; taken if the first lines hold any of it.
        header: Where the header is; by default it is looked for.

    Raises:
        FileUnreadable: If there is no usable header.
    """
    lines = text_lines(stream, limits)
    head = _first_lines(lines)
    if head and head[0].text.strip().lower() in ("sep=,", "sep=;", "sep=\\t"):
        del head[0]
    first = next((line for line in head if line.text.strip()), None)
    if first is None:
        raise FileUnreadable("文件是空的", hint="第一行应是表头，下面每行一条反馈")
    if delimiter is None and likely and any(likely in line.text for line in head):
        delimiter = likely
    delimiter = delimiter or _delimiter(head)
    if (count := first.text.count(delimiter) + 1) > limits.max_columns:
        raise too_many_columns(count, limits)
    starts, cells = _parsed(head, delimiter, limits)
    if not cells:
        raise FileUnreadable(f"表头的引号不成对：{first.text.strip()[:60]}")
    found = _chosen(cells, starts, head, header)
    skipped = starts[found.first] if found.rows else 0
    if found.rows:
        _check_readable(head[skipped])
    feed = _LineFeed(chain(head[skipped:], lines), limits)
    try:
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        for _ in range(found.rows):
            next(reader)
    except (csv.Error, _RunawayQuoteError, StopIteration) as error:
        shown = head[skipped].text.strip()[:60]
        raise FileUnreadable(f"表头的引号不成对：{shown}") from error
    columns = unique_columns(found.names, limits)
    rows = _rows(feed, columns, delimiter, limits)
    preface = told_above(cell for row in cells[: found.first] for cell in row)
    return Delimited(tuple(filter(None, columns)), rows, found.notes, preface)


def _first_lines(lines: Iterator[TextLine]) -> list[TextLine]:
    head: list[TextLine] = []
    chars = 0
    for line in lines:
        head.append(line)
        chars += len(line.text)
        if len(head) >= _HEAD_LINES or chars > _HEAD_CHARS:
            break
    return head


def _delimiter(head: Sequence[TextLine]) -> str:
    """Take the candidate of the header; below a title, the one that lines agree about."""
    texts = [line.text for line in head if line.text.strip()]
    in_first = max(_DELIMITERS, key=texts[0].count)
    if not texts[0].count(in_first) and _FULL_WIDTH in texts[0]:
        names = texts[0].strip().split(_FULL_WIDTH)
        if all(len(without_header_words(name)) < len(name) for name in names):
            return _FULL_WIDTH
    if texts[0].count(in_first) and (len(texts) == 1 or in_first in texts[1]):
        return in_first

    def agreement(delimiter: str) -> tuple[int, int]:
        counts = Counter(count for text in texts if (count := text.count(delimiter)))
        return max(((lines, count) for count, lines in counts.items()), default=(0, 0))

    return max(_DELIMITERS, key=agreement) if len(texts) > 2 else in_first


def _parsed(
    head: Sequence[TextLine], delimiter: str, limits: Limits
) -> tuple[list[int], list[list[str]]]:
    """Split the first lines; return at which of them each record begins, and the records."""
    narrow = [line.text for line in head if line.text.count(delimiter) < limits.max_columns]
    reader = csv.reader(narrow, delimiter=delimiter)
    starts: list[int] = []
    cells: list[list[str]] = []
    begin = 0
    try:
        for record in reader:
            if record:
                starts.append(begin)
                cells.append(record)
            begin = reader.line_num
    except csv.Error:
        pass
    return starts, cells


def _chosen(
    cells: Sequence[Sequence[str]],
    starts: Sequence[int],
    head: Sequence[TextLine],
    choice: HeaderChoice,
) -> Header:
    if choice.absent:
        return numbered_header(cells)
    if choice.row is None:
        return find_header(cells)
    lines = [head[start].number for start in starts]
    if choice.row not in lines:
        raise FileUnreadable(
            f"第 {choice.row} 行没有表头",
            reason="header-row-blank",
            first=1,
            last=max(lines, default=1),
        )
    at = lines.index(choice.row)
    return Header(at, 1, tuple(text.strip() for text in cells[at]))


def _check_readable(line: TextLine) -> None:
    if line.fault or "\0" in line.text:
        raise FileUnreadable(
            "表头不是可读的文字（既不是 UTF-8，也不是 GB18030 或 Big5）",
            hint="用表格软件另存为 CSV UTF-8 后再试",
        )


def _rows(
    feed: _LineFeed, columns: list[str], delimiter: str, limits: Limits
) -> Iterator[Row | Rejection]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    width = len(columns)
    while True:
        feed.begin()
        exact = feed.recovering
        try:
            plain = feed.take_plain(delimiter)
            values = next(reader) if plain is None else plain
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
        if '="' in taken[0].text:
            values = [_QUOTED_FORMULA.sub(r"\1", value) for value in values]
        if _NO_VALUE in taken[0].text:
            values = ["" if value == _NO_VALUE else value for value in values]
        is_one_line = len(taken) == 1
        if taken[0].fault if is_one_line else any(part.fault for part in taken):
            yield _faulty(taken, limits)
        elif len(values) != width and len(taken) > 1:
            yield _open_quote(feed.give_back_all_but_first())
        elif exact and len(values) != width:
            yield _wrong_width(taken[0], len(values), width)
        elif values == columns or not taken[0].text.strip("|-: \t\r\n"):
            yield reject(line, "header-repeated", "又一行表头，不是反馈")
        elif (not is_one_line or len(taken[0].text) > limits.max_cell_chars) and max(
            map(len, values)
        ) > limits.max_cell_chars:
            yield reject(
                line,
                "cell-too-long",
                f"有一格长达 {max(map(len, values)):,} 个字符，最多接受 {limits.max_cell_chars:,}",
                taken[0].text,
            )
        else:
            yield Row(line, _named(columns, values), tuple(values[width:]))


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
