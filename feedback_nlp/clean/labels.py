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
