"""``make bench-reading``: what a user gets from ``classify`` and ``analyze``, trade by trade.

Every figure comes from :meth:`feedback_nlp.understanding.engine.Engine.understand`, the call
behind the command line, the API and the weekly analysis; no head is read by itself. Only test
rows are scored, each class is reported with its precision, recall and shares, and a guess is
always what the user would see:

* two classes: the label, ``neu`` and ``mixed`` by the sign of the score;
* three classes: the label, ``mixed`` by the sign of the score;
* four classes: the label.

Units are compared by overlap: each annotated unit with the unit found that covers most of it.
``domain_units`` holds rows of smp2020 (``weibo``) and of bdci2021 (``bank``); their texts are
left out of those sets' own figures.

Needs the folder of labelled sets (``FEEDBACK_BENCHMARK_DIR`` or the first argument).
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from feedback_nlp.config import load_config
from feedback_nlp.evaluation import align_units, expected_calibration_error
from feedback_nlp.evaluation.units import boundary_figures
from feedback_nlp.labels import Depth
from feedback_nlp.records import Span, Understanding
from feedback_nlp.training.understanding.benchmark import read_rows, read_units
from feedback_nlp.training.understanding.domain_units import DomainText, read_domain_units
from feedback_nlp.training.understanding.examples import normalized
from feedback_nlp.understanding.engine import Engine
from tests.benchmarks.hardware import hardware

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "benchmarks" / "reading.json"
WISHES = ROOT / "tests" / "golden" / "wishes.txt"
FEELINGS = {
    "sad": "neg", "angry": "neg", "fear": "neg", "happy": "pos", "neutral": "neu",
}  # fmt: skip
INTENTS = ("bug", "feature", "complaint", "question", "praise", "other")
FOUR = ("bug", "feature", "complaint", "praise")  # app_units has 4 questions, 24 others
Figures = dict[str, Any]


def two(reading: Understanding) -> str:
    label = str(reading.sentiment)
    return label if label in ("neg", "pos") else ("pos" if reading.sentiment_score > 0 else "neg")


def three(reading: Understanding) -> str:
    return two(reading) if reading.sentiment == "mixed" else str(reading.sentiment)


def four(reading: Understanding) -> str:
    return str(reading.sentiment)


def class_figures(truth: Sequence[str], guessed: Sequence[str], classes: Sequence[str]) -> Figures:
    """Return macro-F1 over the classes that occur, and each class by itself."""
    present = [name for name in classes if name in set(truth)]
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, guessed, labels=present, zero_division=0
    )
    total = max(1, len(truth))
    return {
        "macro-F1": float(np.mean(f1)) if present else 0.0,
        "accuracy": sum(a == b for a, b in zip(truth, guessed, strict=True)) / total,
        "rows": len(truth),
        "classes": {
            name: {
                "precision": float(precision[place]),
                "recall": float(recall[place]),
                "F1": float(f1[place]),
                "share given": int(support[place]) / total,
                "share found": sum(g == name for g in guessed) / total,
            }
            for place, name in enumerate(present)
        },
    }


def scored(
    engine: Engine,
    rows: Iterable[tuple[str, str]],
    shown: Callable[[Understanding], str],
    classes: Sequence[str],
) -> Figures:
    pairs = list(rows)
    guessed = [shown(reading) for reading in engine.understand([text for text, _ in pairs])]
    return class_figures([truth for _, truth in pairs], guessed, classes)


def review_figures(directory: Path, engine: Engine, borrowed: set[str]) -> Figures:
    """Score whole texts of every set."""
    binary = {"0": "neg", "1": "pos"}
    waimai = [
        (row["text"], binary[row["label"]])
        for row in read_rows(directory, "waimai_10k/waimai_10k.csv.gz")
        if row["split"] == "test"
    ]
    shopping = [
        (row["text"], binary[row["label"]])
        for row in read_rows(directory, "online_shopping_10_cats/online_shopping_10_cats.csv.gz")
        if row["split"] == "test" and row["core6"] == "True"
    ]
    bank = [
        (row["text"], row["sentiment"])
        for row in read_rows(directory, "bdci2021_bank/bdci2021_bank.csv.gz")
        if row["split"] == "test" and normalized(row["text"]) not in borrowed
    ]
    weibo = [
        (row["text"], FEELINGS[row["label"]])
        for row in read_rows(directory, "smp2020_ewect/usual_test.csv.gz")
        if row["label"] in FEELINGS and normalized(row["text"]) not in borrowed
    ]
    sentences = [
        (row["text"], row["overall"]) for row in read_rows(directory, "absa_zhang_aste/test.csv.gz")
    ]
    feelings = ("neg", "neu", "pos")
    return {
        "waimai_10k, 2 classes": scored(engine, waimai, two, ("neg", "pos")),
        "online_shopping core6, 2 classes": scored(engine, shopping, two, ("neg", "pos")),
        "bdci2021_bank, 3 classes": scored(engine, bank, three, feelings),
        "smp2020 usual, 3 classes": scored(engine, weibo, three, feelings),
        "absa_zhang_aste, 4 classes": scored(engine, sentences, four, (*feelings, "mixed")),
    }


def unit_figures(engine: Engine, texts: Sequence[DomainText]) -> Figures:
    """Score units by overlap, their ends, and the texts they belong to."""
    readings = engine.understand([item.text for item in texts])
    pairs = []
    for item, reading in zip(texts, readings, strict=True):
        found = [Span(unit.start, unit.end) for unit in reading.units]
        spans = [Span(unit.start, unit.end) for unit in item.units]
        for unit, place in zip(item.units, align_units(spans, found), strict=True):
            if place is not None:
                pairs.append((unit, reading.units[place]))
    gold = [[Span(unit.start, unit.end) for unit in item.units] for item in texts]
    cut = [[Span(unit.start, unit.end) for unit in reading.units] for reading in readings]
    inner = boundary_figures(gold, cut, inner_only=True)
    wishes = [
        unit for truth, unit in pairs if (truth.intent, truth.sentiment) == ("feature", "neu")
    ]
    return {
        "texts": len(texts),
        "units annotated": sum(map(len, gold)),
        "units found": sum(map(len, cut)),
        "unit intent": class_figures(
            [truth.intent for truth, _ in pairs], [str(unit.intent) for _, unit in pairs], INTENTS
        ),
        "unit intent, the four with rows enough": class_figures(
            [truth.intent for truth, _ in pairs], [str(unit.intent) for _, unit in pairs], FOUR
        ),
        "unit sentiment": class_figures(
            [truth.sentiment for truth, _ in pairs],
            [str(unit.sentiment) for _, unit in pairs],
            ("neg", "neu", "pos"),
        ),
        "unit sentiment calibration error": expected_calibration_error(
            [unit.sentiment_confidence for _, unit in pairs],
            [unit.sentiment == truth.sentiment for truth, unit in pairs],
        ),
        "inner unit ends (±2)": {
            "F1": inner.f1,
            "precision": inner.precision,
            "recall": inner.recall,
        },
        "texts left whole": {
            "annotated": sum(len(units) == 1 for units in gold) / len(gold),
            "found": sum(len(units) <= 1 for units in cut) / len(cut),
        },
        "polite wishes called negative": sum(unit.sentiment == "neg" for unit in wishes)
        / max(1, len(wishes)),
        "review sentiment": class_figures(
            [item.sentiment for item in texts],
            [four(reading) for reading in readings],
            ("neg", "neu", "pos", "mixed"),
        ),
        "review intent": class_figures(
            [item.intent for item in texts], [str(reading.intent) for reading in readings], INTENTS
        )
        if all(item.intent for item in texts)
        else None,
        "contradictions": sum(contradicts(reading) for reading in readings) / len(readings),
    }


def contradicts(reading: Understanding) -> bool:
    """Tell whether label, score and units of one text do not agree."""
    felt = {str(unit.sentiment) for unit in reading.units}
    match str(reading.sentiment):
        case "neg":
            return reading.sentiment_score >= 0 or "neg" not in felt
        case "pos":
            return reading.sentiment_score <= 0 or "pos" not in felt
        case "mixed":
            return not {"neg", "pos"} <= felt
        case _:
            return felt not in (set(), {"neu"})


def app_texts(directory: Path) -> list[DomainText]:
    return [
        DomainText.of_review(review)
        for review in read_units(directory)
        if review["split"] == "test" and review["units"]
    ]


def own_wishes(engine: Engine) -> Figures:
    lines = WISHES.read_text(encoding="utf-8").splitlines()
    wishes = [line for line in lines if line.strip() and not line.startswith("#")]
    negative = sum(reading.sentiment == "neg" for reading in engine.understand(wishes))
    return {"called negative": negative, "of": len(wishes)}


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", nargs="?", default=os.environ.get("FEEDBACK_BENCHMARK_DIR"))
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    parser.add_argument("--split", default="test", choices=("dev", "test"))
    parser.add_argument("--depth", type=Depth, default=Depth.FAST, choices=list(Depth))
    arguments = parser.parse_args()
    if not arguments.benchmark:
        parser.error("name the folder of labelled sets, or set FEEDBACK_BENCHMARK_DIR")
    directory = Path(arguments.benchmark)
    engine = Engine.load(load_config(), arguments.depth)
    domains = read_domain_units(directory)
    borrowed = {normalized(item.text) for item in domains if item.domain in ("weibo", "bank")}
    wanted = [item for item in domains if item.split == arguments.split]
    figures = {
        **review_figures(directory, engine, borrowed),
        "domain_units": unit_figures(engine, wanted),
        "domain_units, review sentiment by domain": {
            domain: class_figures(
                [item.sentiment for item in of_domain],
                [four(r) for r in engine.understand([item.text for item in of_domain])],
                ("neg", "neu", "pos", "mixed"),
            )["accuracy"]
            for domain in sorted({item.domain for item in wanted})
            for of_domain in ([item for item in wanted if item.domain == domain],)
        },
        "app_units": unit_figures(engine, app_texts(directory)),
        "own polite wishes": own_wishes(engine),
    }
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "make bench-reading",
        "hardware": hardware(),
        "versions": engine.versions,
        "split of domain_units": arguments.split,
        "figures": rounded(figures),
    }
    kept = json.loads(arguments.output.read_text("utf-8")) if arguments.output.exists() else {}
    kept[str(arguments.depth)] = document
    arguments.output.write_text(
        json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(summary(document["figures"]))


def summary(figures: Figures) -> str:
    """Return the lines of the table, classes by F1."""
    lines = []
    for name, value in figures.items():
        if "macro-F1" in value:
            lines.append(_line(name, value))
        for inner, figure in value.items():
            if isinstance(figure, dict) and "macro-F1" in figure:
                lines.append(_line(f"{name}: {inner}", figure))
            elif inner not in ("classes", "macro-F1", "accuracy", "rows"):
                lines.append(f"{name}: {inner}: {figure}")
    return "\n".join(lines)


def _line(name: str, figure: Figures) -> str:
    classes = "  ".join(
        f"{label} {one['F1']:.2f} (P {one['precision']:.2f} R {one['recall']:.2f})"
        for label, one in figure["classes"].items()
    )
    return f"{name}: {figure['macro-F1']:.3f}, accuracy {figure['accuracy']:.3f}  {classes}"


if __name__ == "__main__":
    main()
