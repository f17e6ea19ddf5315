"""Learns the metric of the topic stage from issue codes.

Labelled rows: the seed issues of ``corpora/topics``, the *train* units of ``app_units``
with their issue codes, and the negative opinions of the *train* reviews of
``zhijiang_cosmetics`` with their aspects. Rows without an issue (praise, small talk) teach
it what is none. A text that also stands in a test split is left out.

Command: ``python -m feedback_nlp.training.topics.topic_metric --benchmark DIR``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from feedback_nlp.config import load_config
from feedback_nlp.embed import load_embedder
from feedback_nlp.resources import model_folder
from feedback_nlp.topics.lexical import count_ngrams, inverse_document_frequency
from feedback_nlp.topics.metric import Evidence, TopicMetric, fit_metric
from feedback_nlp.topics.metric_artifact import FOLDER, save_metric
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.training.understanding.benchmark import read_rows

_ISSUE_INTENTS = frozenset({"bug", "feature", "complaint"})
_RENAMED = {
    "shop.hunger-marketing": "shop.out-of-stock",
    "generic.bad-app": "generic.bad",
    "app.auto-music": "app.auto-sound",
}
_LEFT_OUT = frozenset({"misc.other", "feature.other"})
_ASPECTS = {
    "物流": "shop.delivery",
    "包装": "shop.damaged",
    "价格": "shop.price-payment",
    "功效": "product.not-effective",
    "气味": "product.smell",
    "服务": "shop.service",
    "真伪": "shop.fake",
    "新鲜度": "product.not-fresh",
}
_BACKGROUND_FILES = (
    "appstore_zh_smarthome/appstore_zh_smarthome.csv.gz",
    "waimai_10k/waimai_10k.csv.gz",
    "online_shopping_10_cats/online_shopping_10_cats.csv.gz",
    "tipdm_gov_messages/labelled_level1.csv.gz",
)
_NOT_A_LETTER = re.compile(r"[\W_]+")


class CodedText(NamedTuple):
    """A text and its issue code; ``""`` if it is none."""

    text: str
    code: str
    split: str


def unit_codes(directory: Path) -> Iterator[CodedText]:
    """Yield the units of ``app_units`` with their codes, all splits."""
    path = directory / "data" / "app_units" / "app_units.jsonl.gz"
    if not path.is_file():
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            review: dict[str, Any] = json.loads(line)
            for unit in review["units"]:
                text = review["text"][unit["start"] : unit["end"]]
                code = unit["issue"] if unit["intent"] in _ISSUE_INTENTS else ""
                if code in _LEFT_OUT or (not code and unit["intent"] in _ISSUE_INTENTS):
                    continue
                yield CodedText(text, _RENAMED.get(code, code), review["split"])


def aspect_codes(directory: Path) -> Iterator[CodedText]:
    """Yield negative opinions of ``zhijiang_cosmetics`` with the code of their aspect."""
    for row in read_rows(directory, "zhijiang_cosmetics/quads.csv.gz"):
        code = _ASPECTS.get(row["Categories"])
        if row["Polarities"] == "负面" and code and row["OpinionTerms"] != "_":
            aspect = "" if row["AspectTerms"] == "_" else row["AspectTerms"]
            yield CodedText(aspect + row["OpinionTerms"], code, row["split"])


def training_rows(directory: Path) -> list[CodedText]:
    """Return seeds and labelled train rows, each text once, none that stands in a test split."""
    labelled = [*unit_codes(directory), *aspect_codes(directory)]
    held_out = {normalized(row.text) for row in labelled if row.split == "test"}
    seeds = [
        CodedText(phrase, seed.code, "train")
        for seed in read_seed_issues()
        for phrase in seed.phrasings
    ]
    rows: dict[tuple[str, str], CodedText] = {}
    for row in seeds + [row for row in labelled if row.split == "train"]:
        if normalized(row.text) not in held_out:
            rows.setdefault((normalized(row.text), row.code), row)
    return list(rows.values())


def normalized(text: str) -> str:
    """Return the letters of a text alone, for the leak check."""
    return _NOT_A_LETTER.sub("", text).lower()


def background_texts(directory: Path, limit: int = 10_000) -> list[str]:
    """Return texts of several domains, for the mean of the embeddings and the idf."""
    texts: list[str] = []
    for name in _BACKGROUND_FILES:
        rows = [row for row in read_rows(directory, name) if row.get("split") != "test"]
        found = [row.get("text") or row.get("review") or "" for row in rows]
        step = max(1, len(found) // limit)
        texts += [clause for text in found[::step] for clause in re.split(r"[。！？!?；;]", text)]
    return [text for text in texts if normalized(text)]


def train(directory: Path) -> tuple[TopicMetric, Sequence[CodedText]]:
    """Learn the metric for the configured embedder."""
    embedder = load_embedder(load_config().embed)
    rows = training_rows(directory)
    texts = [row.text for row in rows]
    background = background_texts(directory) or texts
    mean = np.asarray(embedder.embed(background), np.float32).mean(axis=0)
    evidence = Evidence(texts, embedder.embed(texts), [row.code for row in rows])
    metric = fit_metric(
        evidence,
        embedder=embedder.name,
        mean=mean,
        idf=inverse_document_frequency(count_ngrams(background)),
    )
    return metric, rows


def held_out_accuracy(metric: TopicMetric, directory: Path) -> dict[str, float]:
    """Return how often the best score is the code, on the test units of ``app_units``."""
    rows = [row for row in unit_codes(directory) if row.split == "test" and row.code]
    if not rows:
        return {}
    texts = [row.text for row in rows]
    scores = metric.scores(texts, load_embedder(load_config().embed).embed(texts))
    best = [metric.codes[column] for column in scores.argmax(axis=1)]
    right = sum(code == row.code for code, row in zip(best, rows, strict=True))
    return {
        "app_units_test_accuracy": round(right / len(rows), 4),
        "app_units_test_rows": len(rows),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write ``models/topic_metric``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", type=Path, required=True, help="folder with data/NAME/…")
    parser.add_argument("--output", type=Path, default=model_folder(FOLDER))
    options = parser.parse_args(arguments)
    metric, rows = train(options.benchmark)
    figures = {
        **held_out_accuracy(metric, options.benchmark),
        "codes": len(metric.codes),
        "rows": len(rows),
    }
    save_metric(
        metric,
        options.output,
        figures=figures,
        trained_on=[
            "corpora/topics/seed_issues.tsv",
            "app_units (train)",
            "zhijiang_cosmetics (train)",
        ],
        command="python -m feedback_nlp.training.topics.topic_metric --benchmark DIR",
    )
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
