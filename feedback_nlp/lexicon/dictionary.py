"""Words as people write them down: one rule for a word, and jieba's dictionary format.

Source: jieba's user dictionary: one word a line, then its frequency and part of speech,
separated by blanks; the last two may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feedback_nlp.errors import InputError
from feedback_nlp.labels import WordKind

STOP_TAG = "stop"
"""Part of speech by which an exported stop word is known again; jieba has none of its own."""

_LENGTHS = range(2, 21)
# What rjieba keeps together: ideographs, letters, digits and these signs.
WORD = re.compile(r"[㐀-䶿一-鿿A-Za-z0-9+#&._%-]+")
TAG = re.compile(r"[A-Za-z]{1,10}")
_DIGIT = re.compile(r"\d")


class DictionaryLine(NamedTuple):
    """One line of a user dictionary."""

    word: str
    frequency: int | None
    tag: str
    kind: WordKind


def check_word(word: str) -> str:
    """Return a word without blanks around it, if the tokenizer can keep it whole.

    Raises:
        InputError: If it is too short, too long or holds a character that separates.
    """
    word = word.strip()
    if len(word) not in _LENGTHS:
        raise InputError(f"「{word}」有 {len(word)} 个字", hint="词要有 2–20 个字")
    if not WORD.fullmatch(word):
        raise InputError(
            f"「{word}」里有分词时会断开的字符", hint="词里只能有汉字、字母、数字和 + # & . _ % -"
        )
    return word


def check_tag(tag: str) -> str:
    """Return a part of speech.

    Raises:
        InputError: If it is no word of letters.
    """
    if not TAG.fullmatch(tag):
        raise InputError(f"词性 {tag!r} 不可用", hint="用 jieba 的词性标记，例如 n、v、a、nz")
    return tag


def parse_dictionary(lines: Iterable[str]) -> Iterator[DictionaryLine]:
    """Read a user dictionary; blank lines and those that begin with ``#`` are skipped.

    Raises:
        InputError: If a line is not usable, with its number.
    """
    for number, line in enumerate(lines, start=1):
        fields = line.lstrip("\ufeff").split()
        if not fields or fields[0].startswith("#"):
            continue
        try:
            yield _parse(fields)
        except InputError as error:
            raise InputError(f"第 {number} 行：{error.message}", hint=error.hint) from error


def format_line(line: DictionaryLine) -> str:
    """Return a line that :func:`parse_dictionary` and jieba read."""
    tag = STOP_TAG if line.kind is WordKind.STOP else line.tag
    fields = [line.word, "" if line.frequency is None else str(line.frequency), tag]
    return " ".join(field for field in fields if field)


def _parse(fields: list[str]) -> DictionaryLine:
    word, *rest = fields
    frequency = int(rest.pop(0)) if rest and rest[0].isdecimal() else None
    tag = rest.pop(0) if rest else "n"
    if rest:
        raise InputError(f"多出了 {' '.join(rest)!r}", hint="每行是：词 词频 词性，后两项可省略")
    if tag == STOP_TAG:
        return DictionaryLine(check_word(word), frequency, "u", WordKind.STOP)
    kind = WordKind.VERSION if _DIGIT.search(word) else WordKind.PRODUCT
    kind = WordKind.SLANG if tag[0] in "avid" else kind
    return DictionaryLine(check_word(word), frequency, check_tag(tag), kind)
