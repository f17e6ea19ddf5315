"""Reader of ``domain_units``: texts of some twenty trades, annotated by units.

The texts stay with whoever holds the benchmark folder (``DIR/data/domain_units/texts.jsonl.gz``);
the annotations are ours and hold no sentence: a unit is a pair of offsets into its text. The
split of a text follows from its words: train, dev or test by the last hex digit of the md5 of
the text without punctuation (0–9, a–b, c–f).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_nlp.errors import InputError
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.understanding.intent import INTENTS
from feedback_nlp.understanding.sentiment import SENTIMENTS
from feedback_nlp.understanding.sentiment.scorer import OVERALL

ANNOTATIONS = Path(__file__).parent / "annotations" / "domain_units.jsonl"
_REVIEW_WEIGHT = 3.0
_UNIT_WEIGHT = 0.3
_NOT_WORDS = re.compile(r"[^\w]")


@dataclass(frozen=True, slots=True)
class DomainUnit:
    """One annotated unit: ``text[start:end]`` of its text, with intent and sentiment."""

    start: int
    end: int
    intent: str
    sentiment: str


@dataclass(frozen=True, slots=True)
class DomainText:
    """One annotated text.

    Attributes:
        id: Of the text in its folder.
        domain: Its trade or origin.
        text: What was said.
        split: ``train``, ``dev`` or ``test``.
        sentiment: ``neg``, ``neu``, ``pos`` or ``mixed``.
        intent: Of the whole text; empty where nobody said.
        units: In text order, not overlapping.
    """

    id: str
    domain: str
    text: str
    split: str
    sentiment: str
    intent: str
    units: tuple[DomainUnit, ...]

    @classmethod
    def of_review(cls, review: Mapping[str, Any]) -> DomainText:
        """Return a review of ``app_units`` in this shape; its intent is not annotated."""
        return cls(
            str(review["id"]),
            "app",
            review["text"],
            review["split"],
            review["sentiment"],
            "",
            tuple(
                DomainUnit(unit["start"], unit["end"], unit["intent"], unit["sentiment"])
                for unit in review["units"]
            ),
        )


def split_of(text: str) -> str:
    """Return ``train``, ``dev`` or ``test``."""
    digit = hashlib.md5(_NOT_WORDS.sub("", text).encode(), usedforsecurity=False).hexdigest()[-1]
    return "train" if digit <= "9" else "dev" if digit in "ab" else "test"


def read_domain_units(directory: Path, annotations: Path = ANNOTATIONS) -> list[DomainText]:
    """Return the annotated texts, in the order of the annotations; none without the folder.

    Args:
        directory: The benchmark folder.
        annotations: JSON lines ``{"id", "sentiment", "intent", "units": [[start, end, intent,
            sentiment], …]}``.

    Raises:
        InputError: If an annotation does not fit its text.
    """
    path = directory / "data" / "domain_units" / "texts.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = {row["id"]: row for row in map(json.loads, file)}
    found = []
    for line in annotations.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        source = texts.get(row["id"])
        if source is None or any(unit[1] > len(source["text"]) for unit in row["units"]):
            raise InputError(
                f"{annotations.name} 里的 {row['id']} 与 {path} 不相配",
                hint="标注和文本应来自同一版数据",
            )
        found.append(
            DomainText(
                row["id"],
                source["domain"],
                source["text"],
                split_of(source["text"]),
                row["sentiment"],
                row["intent"],
                tuple(DomainUnit(*unit) for unit in row["units"]),
            )
        )
    return found


def by_units(
    item: DomainText, source: str, *, review_weight: float = _REVIEW_WEIGHT
) -> Iterator[Example]:
    """Yield an annotated text twice: for the review heads, and for the unit heads.

    The few thousand annotated units weigh little while the embedding is learned, so that it
    does not learn them by heart; the unit heads are fitted on them afterwards.
    """
    texts = tuple(item.text[unit.start : unit.end] for unit in item.units)
    overall = {"overall": OVERALL.index(item.sentiment)}
    yield Example(texts, source, overall, weight=review_weight)
    labels = {
        "sentiment": tuple(SENTIMENTS.index(unit.sentiment) for unit in item.units),
        "intent": tuple(INTENTS.index(unit.intent) for unit in item.units),
    }
    yield Example(texts, source, unit_labels=labels, weight=_UNIT_WEIGHT)
