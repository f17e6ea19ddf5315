"""Where the header of a sheet is: below titles, over two or three rows, or nowhere.

Looks at the first rows only. A header is the first row that is filled like the rows below
it and holds names, not values; a first row that holds values means there is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import zip_longest
from statistics import median
from typing import Any

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.resources import read_tables

LOOK_ROWS = 30
_NAME_CHARS = 24
_SENTENCE_CHARS = 6
_TYPE = re.compile(
    r"(?:单行|多行)?文本(?:题)?|日期|时间|日期时间|数字|数值|整数|小数|编号|单选(?:题)?|多选(?:题)?|填空(?:题)?|问答(?:题)?|评分(?:题)?|量表(?:题)?|矩阵.*|附件|图片"
    r"|text|string|date|datetime|number|integer|float|single choice|multiple choice|open-ended|rating|scale"
    r"|\d+\s*[-~～至到]\s*\d+\s*分?"
)
_IMPORT_ID = '{"ImportId"'
_IDENTIFIER = re.compile(r"[\w.\-]+(?:\s[\w.\-]+)?", re.ASCII)
_VALUE = re.compile(
    r"[+-]?\d+(?:[.,]\d+)*(?:E[+-]?\d+)?%?"
    r"|(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\b.*|\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d{2}.*"
    r"|\d{1,2}:\d{2}(?::\d{2})?|https?://\S+",
    re.IGNORECASE,
)

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class HeaderChoice:
    """What a person said about the header.

    Attributes:
        row: Its row or line, from 1; ``None`` to find it.
        absent: There is none: columns are called 列1, 列2 …
    """

    row: int | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """Where the names are.

    Attributes:
        first: Index of the first header row among the rows looked at.
        rows: How many rows the header takes; 0 if there is none.
        names: One a column.
        notes: Chinese remarks for the person who started it.
    """

    first: int
    rows: int
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


FIND_HEADER = HeaderChoice()


@cache
def _words() -> tuple[frozenset[str], re.Pattern[str]]:
    data = read_tables("ingest/headers.toml")
    return frozenset(data["words"]), re.compile(data["question"])


def find_header(rows: Sequence[Cells]) -> Header:
    """Find the header among the first rows of a sheet.

    Args:
        rows: The first rows, as cells; blank rows included.

    Raises:
        FileUnreadable: If the first row holds values, so that there seems to be no header.
    """
    rows = rows[:LOOK_ROWS]
    filled = [sum(map(_is_filled, row)) for row in rows]
    counts = Counter(count for count in filled if count > 1) or Counter(filter(None, filled))
    width = max(counts, key=lambda count: (counts[count], count), default=0)
    for index, row in enumerate(rows):
        if not filled[index] or 2 * filled[index] < width:
            continue
        if _is_header(row, rows[index + 1 :]):
            return _header(rows, index, filled, width)
        return _header_above(rows, index, filled)
    first = next((index for index, count in enumerate(filled) if count), 0)
    return Header(first, 1, _texts(rows[first]) if rows else ())


def without_header_words(cell: str) -> str:
    """Return what is left of a cell without the words that names of columns are made of."""
    words, _ = _words()
    text = cell.strip().casefold()
    for word in sorted(words, key=len, reverse=True):
        if not word.isascii():
            text = text.replace(word, "")
    return text


def is_question(cell: str) -> bool:
    """Whether a cell reads like the question of a survey."""
    return _words()[1].search(cell) is not None


def numbered_header(rows: Sequence[Cells]) -> Header:
    """Return the names of a sheet that has no header: 列1, 列2 …"""
    width = max(map(len, rows), default=0)
    return Header(0, 0, tuple(f"列{number}" for number in range(1, width + 1)))


def _header(rows: Sequence[Cells], index: int, filled: Sequence[int], width: int) -> Header:
    notes = (f"表头前面的 {index} 行是标题，已跳过",) if any(filled[:index]) else ()
    names = _texts(rows[index])
    below = rows[index + 1 :]
    marked = next((n for n, row in enumerate(below[:2], 1) if _has_import_ids(row)), 0)
    if marked:
        labels = _texts(below[0]) if marked == 2 else ()
        joined = _joined_labels(names, labels, _texts(below[marked - 1]))
        return Header(index, marked + 1, joined, (*notes, f"表头有 {marked + 1} 行，已合并"))
    if below and _is_answer_row(below[0]):
        labels = _texts(below[0])
        pairs = [name or label for name, label in zip_longest(names, labels, fillvalue="")]
        return Header(index, 2, tuple(pairs), (*notes, "表头有 2 行，已合并"))
    if below and _says_types(below[0]):
        return Header(index, 2, names, (*notes, "表头下面有一行写着题型，已跳过"))
    if _is_second_header(rows[index], below, width):
        first, second = names, _texts(below[0])
        if _hits(below[0]) > _hits(rows[index]):
            first, second = second, first
        pairs = [
            (first[n] if n < len(first) else "") or (second[n] if n < len(second) else "")
            for n in range(max(len(first), len(second)))
        ]
        return Header(index, 2, tuple(pairs), (*notes, "表头有 2 行，已合并"))
    return Header(index, 1, names, notes)


def _header_above(rows: Sequence[Cells], index: int, filled: Sequence[int]) -> Header:
    """Take a sparse row of names above the values, or say that there is none."""
    for above in range(index - 1, -1, -1):
        if filled[above] >= 2 and _hits(rows[above]):
            return Header(above, 1, _texts(rows[above]))
    shown = " ".join("、".join(filter(None, _texts(rows[index]))).split())[:60]
    raise FileUnreadable(
        f"没有找到表头：第 {index + 1} 行看起来已经是数据（{shown}）",
        reason="no-header",
    )


def _is_header(row: Cells, below: Sequence[Cells]) -> bool:
    filled = sum(map(_is_filled, row))
    values = sum(map(_is_value, row))
    hits = _hits(row)
    if values:
        return hits >= 2 and 4 * values <= filled
    return bool(hits) or not _reads_like(row, below)


def _reads_like(row: Cells, below: Sequence[Cells]) -> bool:
    """Whether a row without known names has sentences where the rows below have them.

    A word above numbers or times is a name, whatever stands beside it.
    """
    alike = False
    for column, cell in enumerate(row):
        under = [other[column] for other in below if column < len(other)]
        under = [other for other in under if _is_filled(other)]
        if not under or not isinstance(cell, str) or not cell.strip():
            continue
        if 5 * sum(map(_is_value, under)) >= 4 * len(under):
            return False
        usual = median(len(str(other)) for other in under)
        is_sentence = len(cell) >= _SENTENCE_CHARS and not _IDENTIFIER.fullmatch(cell.strip())
        alike |= is_sentence and usual >= _SENTENCE_CHARS and 5 * len(cell) >= 2 * usual
    return alike


def _is_answer_row(row: Cells) -> bool:
    """Whether this is the second header row of SurveyMonkey, which says where an answer stands."""
    said = [cell for cell in row if _is_filled(cell)]
    return any(cell in ("Response", "Open-Ended Response") for cell in said) and not any(
        map(_is_value, said)
    )


def _says_types(row: Cells) -> bool:
    """Whether a row says of what type each column is: 文本, 单选, 1-5分."""
    said = [str(cell).strip().casefold() for cell in row if _is_filled(cell)]
    return len(said) >= 2 and all(_TYPE.fullmatch(cell) is not None for cell in said)


def _is_second_header(row: Cells, below: Sequence[Cells], width: int) -> bool:
    if len(below) < 2 or any(map(_is_value, below[0])):
        return False
    second = [cell for cell in below[0] if _is_filled(cell)]
    if 2 * len(second) < width or len(set(map(str, second))) < len(second):
        return False
    values_follow = any(any(map(_is_value, other)) for other in below[1:4])
    hits = _hits(below[0])
    return values_follow and hits >= 2 and 2 * hits >= len(second) and below[0] != row


def _hits(row: Cells) -> int:
    words, question = _words()
    count = 0
    for cell in row:
        if not isinstance(cell, str) or not cell.strip():
            continue
        text = cell.strip().casefold()
        short = len(text) <= _NAME_CHARS and any(word in text for word in words)
        count += short or question.search(cell) is not None
    return count


def _is_filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _is_value(cell: object) -> bool:
    if isinstance(cell, str):
        return _VALUE.fullmatch(cell.strip().lstrip("\ufeff")) is not None
    return isinstance(cell, int | float | datetime | date) and not isinstance(cell, bool)


def _has_import_ids(row: Cells) -> bool:
    return sum(isinstance(cell, str) and cell.startswith(_IMPORT_ID) for cell in row) >= 2


def _joined_labels(
    names: Sequence[str], labels: Sequence[str], marks: Sequence[str]
) -> tuple[str, ...]:
    """Give questions their wording (Qualtrics: code, wording, import id)."""
    joined = []
    for column, name in enumerate(names):
        label = labels[column] if column < len(labels) else ""
        asked = column < len(marks) and '"QID' in marks[column]
        joined.append(f"{name} {label}" if asked and label and label != name else name)
    return tuple(joined)


def _texts(row: Cells) -> tuple[str, ...]:
    return tuple("" if cell is None else str(cell).strip() for cell in row)
