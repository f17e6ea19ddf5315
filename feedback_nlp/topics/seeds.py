"""Seed issues: what feedback complains about again and again, in phrasings of our own.

They teach the metric which differences matter (连不上 against 掉线) and give a cluster
that is clearly such an issue the name an ops person would use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from feedback_nlp.labels import TopicKind
from feedback_nlp.resources import read_columns

_FILE = "topics/seed_issues.tsv"
_NAMES = "topics/seed_names.tsv"


@dataclass(frozen=True, slots=True)
class SeedIssue:
    """One issue type.

    Attributes:
        code: Stable English code, ``area.problem``.
        name: Chinese name.
        kind: ``issue``, or ``vent`` for displeasure that names no problem.
        phrasings: How people put it.
        trades: Where it is at home; ``*`` is everywhere.
        words: What a unit says that is about it, ``a+b`` for both; none for a vent.
        elsewhere: Code of what it is in another trade, by trade: a late parcel is a late meal.
    """

    code: str
    name: str
    kind: TopicKind
    phrasings: tuple[str, ...]
    trades: frozenset[str] = frozenset("*")
    words: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)


def seed_name(code: str) -> str:
    """Return the Chinese name of a seed issue, or nothing if there is no such code."""
    return next((seed.name for seed in read_seed_issues() if seed.code == code), "")


def seed_named(name: str) -> SeedIssue | None:
    """Return the seed issue of a Chinese name, if there is one."""
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, SeedIssue]:
    return {seed.name: seed for seed in read_seed_issues()}


@cache
def read_seed_issues() -> tuple[SeedIssue, ...]:
    """Read the shipped seed issues.

    Raises:
        ArtifactError: If a file is missing or a line has not all its columns.
    """
    naming = {}
    for code, trades, words, *other in read_columns(_NAMES, 3, 4):
        pairs = (pair.partition(":") for pair in " ".join(other).split())
        naming[code] = (
            frozenset(trades.split()),
            tuple(words.lower().split()),
            {trade: name for trade, _, name in pairs},
        )
    issues = []
    for code, name, kind, phrasings in read_columns(_FILE, 4):
        spoken = tuple(phrase.strip() for phrase in phrasings.split("|") if phrase.strip())
        issues.append(SeedIssue(code, name, TopicKind(kind), spoken, *naming.get(code, ())))
    return tuple(issues)
