"""Recognising columns: comparing headers, alias sets, identity columns."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from feedback_nlp.errors import InputError
from feedback_nlp.ingest.fields import storable
from feedback_nlp.resources import corpora_dir

_BRACKETED = re.compile(r"[(\[{〔【][^)\]}〕】]*[)\]}〕】]")
_IGNORED = re.compile(r"[\s_*:\-]+")
_REPEATED = re.compile(r"__\d+$")


def comparable(header: str) -> str:
    """Return a header as it is compared: no case, blanks, marks or full-width forms."""
    text = unicodedata.normalize("NFKC", header).strip().casefold()
    return _IGNORED.sub("", text) or text


def without_brackets(header: str) -> str:
    """Return a comparable header without bracketed remarks: 评分(1-5) is 评分."""
    text = unicodedata.normalize("NFKC", header)
    return comparable(_BRACKETED.sub("", text)) or comparable(header)


@cache
def read_toml(name: str) -> dict[str, Any]:
    """Read one data file of ``corpora/ingest/``."""
    path = corpora_dir() / "ingest" / name
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    fields = read_toml("aliases.toml")["fields"]
    return {name: tuple(map(comparable, words)) for name, words in fields.items()}


@cache
def _identity_names() -> frozenset[str]:
    return frozenset(map(comparable, read_toml("aliases.toml")["identity"]["names"]))


def is_identity(column: str) -> bool:
    """Whether a column holds who someone is, so that it must not be stored."""
    last = _REPEATED.sub("", column).rsplit(".", 1)[-1]
    return bool({comparable(last), without_brackets(last)} & _identity_names())


def resolve_columns(
    columns: Sequence[str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Find which column holds which field, by alias sets.

    Args:
        columns: Headers of the file.
        given: Column by field that a person has named; these come first.

    Returns:
        Column by field. Each column serves one field. A file with a title column and no
        text column has its title as text.

    Raises:
        InputError: If a named column is not in the file.
    """
    resolved = dict(find_given(columns, given or {}))
    free = {column: None for column in columns if column not in resolved.values()}
    exact = {comparable(column): column for column in reversed(free)}
    loose = {without_brackets(column.rsplit(".", 1)[-1]): column for column in reversed(free)}
    for name, aliases in _aliases().items():
        if name in resolved:
            continue
        for alias in aliases:
            column = exact.get(alias) or loose.get(alias)
            if column is not None and column in free:
                resolved[name] = column
                del free[column]
                break
    if "text" not in resolved and "title" in resolved:
        resolved["text"] = resolved.pop("title")
    return resolved


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
