"""Readers of the public labelled sets that ``--benchmark DIR`` points to.

``DIR/data/NAME/…`` holds gzip CSV or JSON lines, one folder a set. A set that is not
there is skipped: every company may have another selection. Test rows are never yielded;
:func:`held_out_texts` names them for the leak check.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from feedback_nlp.training.understanding.domain_units import DomainText, by_units, read_domain_units
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.understanding.adapting.adapt import UNKNOWN
from feedback_nlp.understanding.engine import Cut
from feedback_nlp.understanding.sentiment import SENTIMENTS
from feedback_nlp.understanding.sentiment.scorer import OVERALL

# Of a writer's emotion, the feeling; surprise says none.
FEELINGS = {
    "happy": "pos", "happiness": "pos", "like": "pos", "angry": "neg", "anger": "neg",
    "disgust": "neg", "sad": "neg", "sadness": "neg", "fear": "neg", "neutral": "neu",
    "none": "neu",
}  # fmt: skip
_EMOTION_FILES = {
    "nlpcc2014_emotion/sentences.csv.gz": "label",
    "smp2020_ewect/usual_eval.csv.gz": "label",
    "smp2020_ewect/virus_eval.csv.gz": "label",
    "smp2020_ewect/virus_train.csv.gz": "label",
    "nlpcc2018_codeswitch/train.csv.gz": "labels",
    "nlpcc2018_codeswitch/dev.csv.gz": "labels",
}
_HELD_OUT_FILES = (
    "waimai_10k/waimai_10k.csv.gz",
    "online_shopping_10_cats/online_shopping_10_cats.csv.gz",
    "absa_zhang_aste/test.csv.gz",
    "zhijiang_cosmetics/reviews.csv.gz",
    "bdci2021_bank/bdci2021_bank.csv.gz",
    "nlpcc2014_emotion/sentences.csv.gz",
    "smp2020_ewect/usual_test.csv.gz",
    "smp2020_ewect/virus_test.csv.gz",
    "openrice_cantonese/test.csv.gz",
    "weibo_senti_2400/weibo_senti_2400.csv.gz",
    "cic_ecommerce_intent/test_public.csv.gz",
)
BINARY = (OVERALL.index("neg"), OVERALL.index("pos"))  # of 0 and 1
ELLIPSIS_FREE = "，。！？；,!?;~ "


def read_rows(directory: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of ``data/name``, or none if it is not there."""
    path = directory / "data" / name
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_units(directory: Path) -> list[dict[str, Any]]:
    """Return the reviews of ``app_units``, or none."""
    path = directory / "data" / "app_units" / "app_units.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def held_out_texts(directory: Path) -> Iterator[str]:
    """Yield the text of every test row of every set."""
    for name in _HELD_OUT_FILES:
        for row in read_rows(directory, name):
            if row.get("split", "test") == "test":
                yield row["text"]
    for review in read_units(directory):
        if review["split"] == "test":
            yield review["text"]
    for item in read_domain_units(directory):
        if item.split != "train":  # drawn from the other sets: no dev text may be learnt either
            yield item.text


def benchmark_examples(
    directory: Path, cut: Cut, *, leave_app: str | None = None
) -> Iterator[Example]:
    """Yield all examples that may be trained on.

    Args:
        directory: The benchmark folder.
        cut: Cuts texts into units.
        leave_app: Leave the reviews of this app out, for leave-one-app-out figures.
    """
    yield from _polarity(directory, cut)
    yield from _stars(directory, cut, leave_app)
    yield from _triplets(directory, cut)
    yield from _overall(directory, cut)
    yield from _emotions(directory, cut)
    yield from _annotated_units(directory, leave_app)
    yield from _domain_units(directory)


def _polarity(directory: Path, cut: Cut) -> Iterator[Example]:
    rows = [
        ("waimai_10k", row, 1.0) for row in read_rows(directory, "waimai_10k/waimai_10k.csv.gz")
    ]
    rows += [
        ("online_shopping", row, 1.0)
        for row in read_rows(directory, "online_shopping_10_cats/online_shopping_10_cats.csv.gz")
        if row["category"] != "蒙牛"  # its labels are not sentiment
    ]
    rows = [entry for entry in rows if entry[1]["split"] != "test"]
    rows += [
        ("openrice", {**row, "label": str(int(row["label"] == "smile"))}, 0.5)
        for row in read_rows(directory, "openrice_cantonese/valid.csv.gz")
        if row["label"] != "ok"
    ]
    for (source, row, weight), units in zip(
        rows, cut([row["text"] for _, row, _ in rows]), strict=True
    ):
        yield Example(
            units,
            source,
            {"overall": BINARY[int(row["label"])]},
            weight=weight,
            split=row.get("split", "train"),
            whole=row["text"],
        )


def _stars(directory: Path, cut: Cut, leave_app: str | None) -> Iterator[Example]:
    """Stars of app reviews; three stars read as negative, at a lower weight."""
    held_out = {review["id"] for review in read_units(directory) if review["split"] == "test"}
    rows = [
        row
        for row in read_rows(directory, "appstore_zh_smarthome/appstore_zh_smarthome.csv.gz")
        if row["app"] != leave_app and row["id"] not in held_out
    ]
    for row, units in zip(rows, cut([row["text"] for row in rows]), strict=True):
        star = int(row["star"])
        weight = 0.6 if star in (3, 4) else 1.0
        label = {"overall": BINARY[int(star >= 4)]}
        yield Example(units, "appstore", label, weight=weight, whole=row["text"])


def _triplets(directory: Path, cut: Cut) -> Iterator[Example]:
    """Sentences with (aspect, opinion, polarity): the unit that holds the opinion learns it."""
    for split in ("train", "dev"):
        rows = read_rows(directory, f"absa_zhang_aste/{split}.csv.gz")
        for row, units in zip(rows, cut([row["text"] for row in rows]), strict=True):
            triplets = json.loads(row["triplets"])
            yield Example(
                units,
                "absa_zhang_aste",
                {"overall": OVERALL.index(row["overall"])},
                {"sentiment": tuple(_opinion_of(unit, triplets) for unit in units)},
                split=split,
                whole=row["text"],
            )


def _opinion_of(unit: str, triplets: list[Mapping[str, str]]) -> int:
    """Return the polarity of all opinions in ``unit`` if they agree."""
    found = {
        triplet["polarity"].lower()
        for triplet in triplets
        if triplet["opinion"]
        and (triplet["opinion"][:4] in unit or unit.strip(ELLIPSIS_FREE) in triplet["opinion"])
    }
    return SENTIMENTS.index(found.pop()) if len(found) == 1 else UNKNOWN


def _overall(directory: Path, cut: Cut) -> Iterator[Example]:
    for name, column in (
        ("zhijiang_cosmetics/reviews.csv.gz", "overall"),
        ("bdci2021_bank/bdci2021_bank.csv.gz", "sentiment"),
    ):
        rows = [row for row in read_rows(directory, name) if row["split"] != "test"]
        for row, units in zip(rows, cut([row["text"] for row in rows]), strict=True):
            label = {"overall": OVERALL.index(row[column])}
            source = name.split("/")[0]
            yield Example(units, source, label, split=row["split"], whole=row["text"])


def _emotions(directory: Path, cut: Cut) -> Iterator[Example]:
    for name, column in _EMOTION_FILES.items():
        rows = [
            row
            for row in read_rows(directory, name)
            if row[column] in FEELINGS and row.get("split") != "test"
        ]
        for row, units in zip(rows, cut([row["text"] for row in rows]), strict=True):
            label = {"overall": OVERALL.index(FEELINGS[row[column]])}
            split = row.get("split", "train")
            yield Example(units, name.split("/")[0], label, split=split, whole=row["text"])


def _annotated_units(directory: Path, leave_app: str | None) -> Iterator[Example]:
    """Yield each annotated review twice: for the review heads, and for the unit heads.

    The few hundred annotated units weigh little while the embedding is learned, so that
    it does not learn them by heart; the unit heads are fitted on them afterwards.
    """
    for review in read_units(directory):
        if review["split"] == "test" or review["app"] == leave_app or not review["units"]:
            continue
        yield from by_units(DomainText.of_review(review), "app_units")


def _domain_units(directory: Path) -> Iterator[Example]:
    for item in read_domain_units(directory):
        if item.split == "train" and item.units:
            yield from by_units(item, "domain_units")
