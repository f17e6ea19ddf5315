"""What a demo data set holds, so that tests and ``demo`` can check what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file and what reading it once must give: rows = accepted + duplicate + rejected.

    Attributes:
        path: Name below the output folder.
        source: Source name to ingest it under.
        kind: Source kind.
        layout: Chinese name of the layout.
        encoding: Of the text, or ``binary``.
        rows: Records in the file, without the header.
        accepted, duplicate, rejected: Expected counts.
        reasons: Expected rejections by reason.
    """

    path: str
    source: str
    kind: str
    layout: str
    encoding: str
    rows: int
    accepted: int
    duplicate: int
    rejected: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something planted that the analysis should find (or not be misled by).

    Attributes:
        id: ``crash``, ``fading``, ``wish``, ``season``, ``burst``, ``cross-posts``.
        issue: Id of the issue or kind of post.
        names: Words of which a topic's name should hold one.
        weeks: Posts by ISO week, bursts not counted except in the fact ``burst``.
        authors: Distinct people by ISO week.
        channels: Posts by channel over all weeks.
        detail: What else tests need.
    """

    id: str
    issue: str
    names: Sequence[str]
    weeks: Mapping[str, int]
    authors: Mapping[str, int]
    channels: Mapping[str, int]
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole data set.

    Attributes:
        seed: Seed it was made from.
        product: Name of the invented app.
        weeks: ISO weeks in order.
        versions: Release day (ISO date) by version.
        releases: What the team says a version repaired, as (issue, version).
        files: One entry a file.
        facts: Planted facts.
        issues: The same counts as a fact's for every issue.
        personal: ``{kind, value, source}`` of all invented personal data: none may be stored.
        tags: How many posts of each kind and tag.
        truth: File with one JSON line a readable row: source, line, kind, issues, tags.
    """

    seed: int
    product: str
    weeks: Sequence[str]
    versions: Mapping[str, str]
    releases: Sequence[tuple[str, str]]
    files: Sequence[DemoFile]
    facts: Sequence[Fact]
    issues: Mapping[str, Fact]
    personal: Sequence[Mapping[str, str]]
    tags: Mapping[str, int]
    truth: str = "truth.jsonl"

    def fact(self, name: str) -> Fact:
        """Return a fact by id.

        Raises:
            KeyError: If nothing of that name was planted.
        """
        return {fact.id: fact for fact in self.facts}[name]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(
            json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
