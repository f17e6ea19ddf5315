"""Names of columns: how they are compared, and which field a name stands for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from feedback_nlp.chinese import fold
from feedback_nlp.errors import InputError
from feedback_nlp.ingest.fields import storable
from feedback_nlp.resources import read_tables

_BRACKETED = re.compile(r"[(\[{〔【][^)\]}〕】]*[)\]}〕】]")
_TWO_LANGUAGES = re.compile(r"([一-鿿]{2,8})[ /|·]*([A-Za-z][A-Za-z _]{1,24}(?:[(（].*)?)")
_IGNORED = re.compile(r"[\s_*:\-]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SHORT_WORD = 3
_REPEATED = re.compile(r"__\d+$")


@cache
def comparable(header: str) -> str:
    """Return a header as it is compared: 简体, no case, blanks, marks or full-width forms."""
    text = fold(unicodedata.normalize("NFKC", header).strip().casefold())
    text = _IGNORED.sub("", text) or text
    return _from_pinyin(text) if text.isascii() and text.isalpha() else text


def readable(header: str) -> str:
    """Return a header, one in pinyin as Chinese: ``pingfen`` is 评分."""
    name = comparable(header)
    return header if name.isascii() or not header.isascii() else name


@cache
def _syllables() -> tuple[dict[str, str], dict[str, str]]:
    data = read_toml("pinyin.toml")
    return data["words"], data["ends"]


def _from_pinyin(name: str) -> str:
    """Return Chinese for a name made of nothing but listed words of pinyin, else the name."""
    words, ends = _syllables()
    if name in words:
        return words[name]
    for cut in range(len(name) - 2, 3, -1):
        head, tail = name[:cut], name[cut:]
        if head in words and (tail in words or tail in ends):
            return words[head] + (words.get(tail) or ends[tail])
    return name


@cache
def without_brackets(header: str) -> str:
    """Return a comparable header without bracketed remarks: 评分(1-5) is 评分."""
    text = unicodedata.normalize("NFKC", header)
    return comparable(_BRACKETED.sub("", text)) or comparable(header)


@cache
def read_toml(name: str) -> dict[str, Any]:
    """Read one data file of ``corpora/ingest/``."""
    return read_tables(f"ingest/{name}")


@cache
def aliases() -> dict[str, tuple[str, ...]]:
    """Return the comparable names of each field, the likeliest first."""
    found: dict[str, list[str]] = {}
    for group in read_toml("aliases.toml")["alias"]:
        found.setdefault(group["field"], []).extend(map(comparable, group["names"]))
    return {field: tuple(dict.fromkeys(names)) for field, names in found.items()}


@cache
def own_name(column: str) -> str | None:
    """Return the name a column is known by, or ``None`` if it belongs to something else.

    ``attributes.body`` is ``body``; ``developerResponse.body`` and ``comments.0.text`` are
    what others said.
    """
    column = _REPEATED.sub("", column)
    *path, last = column.split(".") if "." in column else [column]
    neutral = set(read_toml("aliases.toml")["paths"]["neutral"])
    if all(part.casefold() in neutral for part in path):
        return last
    return column if " " in column or not column.isascii() else None


def begins_with(header: str, barred: Sequence[str]) -> bool:
    """Whether a header begins with one of the words; a short English one must stand alone.

    ``is_edited`` and ``isEdited`` begin with ``is``, ``Issue Description`` does not.
    """
    name = comparable(header)
    first = next(iter(_WORD.findall(header)), "").casefold()
    return any(
        first == word if word.isascii() and len(word) <= _SHORT_WORD else name.startswith(word)
        for word in barred
    )


def candidates(field: str, columns: Sequence[str], home: str = "") -> list[str]:
    """Return the columns whose names say ``field``, the likeliest first.

    Names at the top level come before those in a wrapper, listed names before endings.

    Args:
        field: A field of feedback.
        columns: Headers of the file.
        home: Path below which the text lies, with its last dot: what stands beside the text is
            said of it, whatever the wrapper is called.
    """
    ranked: list[tuple[int, int, str]] = []
    names = {name: rank for rank, name in enumerate(aliases().get(field, ()))}
    ending = read_toml("aliases.toml")["endings"].get(field, ())
    barred = tuple(read_toml("aliases.toml")["not_beginning"].get(field, ()))
    for position, column in enumerate(columns):
        own = own_name(column.removeprefix(home))
        if own is None:
            if comparable(column) in names:  # listed with its whole path
                ranked.append((names[comparable(column)], position, column))
            continue
        spellings = (comparable(own), without_brackets(own), *_in_two_languages(own))
        rank = min((names[name] for name in spellings if name in names), default=None)
        if rank is None:
            name = spellings[1]
            plain = unicodedata.normalize("NFKC", own).casefold()
            if begins_with(own, barred) or not any(
                name.endswith(end) or plain.endswith(end) for end in ending
            ):
                continue
            rank = len(names)
        ranked.append((rank + len(names) * ("." in column), position, column))
    return [column for *_, column in sorted(ranked)]


def _in_two_languages(header: str) -> tuple[str, ...]:
    """Return both halves of a header that says the same in Chinese and English, as compared.

    >>> _in_two_languages("编号 ID"), _in_two_languages("评分 Score(1-5)"), _in_two_languages("APP 版本")
    (('编号', 'id'), ('评分', 'score'), ())
    """
    match = _TWO_LANGUAGES.fullmatch(header.strip())
    return (comparable(match[1]), without_brackets(match[2])) if match else ()


def find_given(columns: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Match columns that a person has named to the headers of the file.

    Raises:
        InputError: If one is not there.
    """
    by_name = {comparable(column): column for column in columns}
    found = {}
    for name, wanted in given.items():
        column = by_name.get(comparable(wanted))
        if column is None:
            raise InputError(
                f"文件里没有列 {wanted!r}",
                hint=storable(f"文件的列：{'、'.join(list(by_name.values())[:30])}"),
            )
        found[name] = column
    return found
