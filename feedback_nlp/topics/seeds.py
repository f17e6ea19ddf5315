"""Seed issues: what feedback complains about again and again, in phrasings of our own.

They teach the metric which differences matter (连不上 against 掉线) and give a cluster
that is clearly such an issue the name an ops person would use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import TopicKind
from feedback_nlp.resources import read_word_list

_FILE = "topics/seed_issues.tsv"


@dataclass(frozen=True, slots=True)
class SeedIssue:
    """One issue type.

    Attributes:
        code: Stable English code, ``area.problem``.
        name: Chinese name.
        kind: ``issue``, or ``vent`` for displeasure that names no problem.
        phrasings: How people put it.
    """

    code: str
    name: str
    kind: TopicKind
    phrasings: tuple[str, ...]


@cache
def read_seed_issues() -> tuple[SeedIssue, ...]:
    """Read the shipped seed issues.

    Raises:
        ArtifactError: If the file is missing or a line has not four columns.
    """
    issues = []
    for line in read_word_list(_FILE):
        columns = line.split("\t")
        if len(columns) != 4:
            raise ArtifactError(
                f"{_FILE} 有一行是 {len(columns)} 列，应为 4 列：{line[:40]}", hint="用制表符分列"
            )
        code, name, kind, phrasings = columns
        spoken = tuple(phrase.strip() for phrase in phrasings.split("|") if phrase.strip())
        issues.append(SeedIssue(code, name, TopicKind(kind), spoken))
    return tuple(issues)
