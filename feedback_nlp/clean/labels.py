"""Loads the words after which people write what is theirs.

Source: ``corpora/privacy/``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from feedback_nlp.resources import read_tables, read_word_list


@cache
def words(table: str, key: str) -> tuple[str, ...]:
    """Return one list of ``labels.toml``."""
    found = _labels()[table][key]
    return (found,) if isinstance(found, str) else tuple(found)


@cache
def surnames() -> frozenset[str]:
    """Return family names of one and two characters."""
    return frozenset(
        name for line in read_word_list("privacy/surnames.txt") for name in line.split()
    )


@cache
def profile_link() -> re.Pattern[str]:
    """Match a link to a person, in lower case without scheme and www."""
    sites = read_tables("privacy/profiles.toml")["site"]
    return re.compile("|".join(f"{site['host']}/{site['path']}" for site in sites))


@cache
def _labels() -> dict[str, Any]:
    return read_tables("privacy/labels.toml")


@cache
def rare_surnames() -> frozenset[str]:
    """Return family names that are common words, for where much else speaks for a name."""
    return frozenset(read_tables("privacy/given_names.toml")["families"]) - surnames()


@cache
def given_names() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return telling and common characters of given names, and words that begin like a name."""
    data = read_tables("privacy/given_names.toml")
    return frozenset(data["telling"]), frozenset(data["common"]), frozenset(data["words"].split())


@cache
def ends_in_a_surname() -> frozenset[str]:
    """Return words of two characters whose last one is a family name: 感谢, 非常."""
    return frozenset(read_tables("privacy/given_names.toml")["ends"].split())
