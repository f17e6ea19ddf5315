"""Tells a plain list of feedback, a line each, from a table: the most natural file of all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from statistics import median
from typing import BinaryIO

from feedback_nlp.tabular.decoding import text_lines
from feedback_nlp.tabular.headers import is_question, without_header_words
from feedback_nlp.tabular.rows import Limits

_LOOK_LINES = 60
_MARKS = "\t|;,"
_OTHER_CHARS = 2  # a name may have beside words that names are made of: 客户原话
_LONG_NAME = 12
_IDENTIFIER = re.compile(r"[A-Za-z_][\w .\-]{0,40}", re.ASCII)
_HAN = re.compile("[\u3400-\u9fff]")


def is_plain_list(stream: BinaryIO, limits: Limits) -> bool:
    """Look at the first lines of a text file that claims to be a table.

    Args:
        stream: Seekable; rewound afterwards.
        limits: Upper bounds.
    """
    lines = islice(text_lines(stream, limits), _LOOK_LINES)
    texts = [text for line in lines if (text := line.text.strip())]
    stream.seek(0)
    return len(texts) > 1 and _is_list(texts)


def _is_list(texts: Sequence[str]) -> bool:
    if any(text.startswith('"') or "\0" in text for text in texts):
        return False
    if 2 * sum(_HAN.search(text) is not None for text in texts) < len(texts):
        return False
    for mark in _MARKS:
        counts = [count for text in texts if (count := text.count(mark))]
        usual = Counter(counts).most_common(1)[0][1] if counts else 0
        if 2 * usual >= len(texts) or 5 * len(counts) >= 4 * len(texts):
            return False
    cells = re.split(f"[{_MARKS}，、]", texts[0])
    if len(cells) > 1:
        return not any(_is_name(cell.strip()) for cell in cells)
    return not _is_only_name(texts[0], texts[1:])


def _is_name(cell: str) -> bool:
    """Whether a cell is made of words that names of columns are made of."""
    if _IDENTIFIER.fullmatch(cell):
        return True
    rest = without_header_words(cell)
    return len(cell) <= _LONG_NAME and len(rest) <= _OTHER_CHARS and len(rest) < len(cell)


def _is_only_name(first: str, others: Sequence[str]) -> bool:
    """Whether the first line names the lines below: the one column of a table."""
    if is_question(first) and 2 * sum(map(is_question, others)) < len(others):
        return True
    rest = without_header_words(first)
    if len(rest) < len(first):
        return len(first) <= _LONG_NAME and len(rest) <= _OTHER_CHARS
    usual = median(map(len, others))
    return _IDENTIFIER.fullmatch(first) is not None or (len(first) <= 3 and usual >= 4 * len(first))
