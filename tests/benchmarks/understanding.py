"""``make bench-understanding``: accuracy, speed and memory of understanding, beside its peers.

Needs the folder of labelled sets (``FEEDBACK_BENCHMARK_DIR`` or the first argument).
Prints one table and writes ``docs/benchmarks/understanding.json`` with hardware and date.
Accuracy is on the test rows of each set only. ``--leave-one-app-out`` also trains three
models, each without one app (minutes), for the figures on apps nobody has seen.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jieba
import numpy as np
import rjieba
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.config import load_config
from feedback_nlp.evaluation import (
    align_units,
    boundary_f1,
    expected_calibration_error,
    macro_f1,
)
from feedback_nlp.records import Span
from feedback_nlp.resources import models_dir
from feedback_nlp.training.understanding.benchmark import read_rows, read_units
from feedback_nlp.understanding.engine import Cut, Engine, make_cutter
from feedback_nlp.understanding.features import SoftmaxHead, UnitBatch, load_encoder
from feedback_nlp.understanding.sentiment.snownlp_scorer import positive_share

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "benchmarks" / "understanding.json"
WISHES = ROOT / "tests" / "golden" / "wishes.txt"
APPS = ("米家", "美居", "小米商城")
SNOWNLP_SAMPLE = 300
TOLERANCE = 2  # characters that ends may be off
INTENTS = ("bug", "feature", "complaint", "praise")
Row = dict[str, str]


def rows_to_score(rows: Sequence[Row], keep: Callable[[Row], bool] = bool) -> list[Row]:
    return [row for row in rows if row.get("split", "test") == "test" and keep(row)]


class Polarity:
    """The binary head of a models folder."""

    def __init__(self, folder: Path, cut: Cut) -> None:
        self._encoder = load_encoder(folder / "encoder")
        tensors = load_artifact(folder / "sentiment").tensors
        self._head = SoftmaxHead.from_tensors(tensors, "polarity")
        self._cut = cut

    def __call__(self, texts: Sequence[str]) -> list[str]:
        parts = self._cut(texts)
        batch = UnitBatch([unit for units in parts for unit in units], np.array([*map(len, parts)]))
        logits = self._head.logits(self._encoder.encode(batch).reviews)
        return ["01"[label] for label in logits.argmax(axis=1).tolist()]


def snownlp_polarity(texts: Sequence[str]) -> list[str]:
    return [str(int(positive_share(text) > 0.5)) for text in texts]


def tfidf(rows: Sequence[Row]) -> Callable[[Sequence[str]], list[str]]:
    """The plain baseline: words 1–2 and characters 1–3, TF-IDF, logistic regression."""
    model = make_pipeline(
        make_union(
            TfidfVectorizer(
                tokenizer=rjieba.cut, token_pattern=None, ngram_range=(1, 2), min_df=2,
                sublinear_tf=True,
            ),
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True),
        ),
        LogisticRegression(C=4, solver="liblinear"),
    )  # fmt: skip
    model.fit([row["text"] for row in rows], [row["label"] for row in rows])
    return lambda texts: model.predict(texts).tolist()


def binary_figures(directory: Path, cut: Cut) -> dict[str, Any]:
    ours = Polarity(models_dir(), cut)
    waimai = read_rows(directory, "waimai_10k/waimai_10k.csv.gz")
    shopping = read_rows(directory, "online_shopping_10_cats/online_shopping_10_cats.csv.gz")
    weibo = read_rows(directory, "weibo_senti_2400/weibo_senti_2400.csv.gz")
    sets = {
        "waimai_10k": (waimai, rows_to_score(waimai)),
        "online_shopping_core6": (
            shopping,
            rows_to_score(shopping, lambda r: r["core6"] == "True"),
        ),
        "weibo_senti_2400 (unseen domain)": (None, weibo),
    }
    figures: dict[str, Any] = {}
    for name, (rows, tests) in sets.items():
        texts, truth = [row["text"] for row in tests], [row["label"] for row in tests]
        scores = {"ours": macro_f1(truth, ours(texts))}
        sample = np.random.default_rng(7).permutation(len(texts))[:SNOWNLP_SAMPLE].tolist()
        scores["snownlp (sample)"] = macro_f1(
            [truth[place] for place in sample], snownlp_polarity([texts[place] for place in sample])
        )
        if rows is not None:
            baseline = tfidf([row for row in rows if row["split"] != "test"])
            scores["TF-IDF + LR"] = macro_f1(truth, baseline(texts))
        figures[name] = scores
    return figures


def unit_figures(directory: Path, engine: Engine) -> dict[str, float]:
    reviews = [review for review in read_units(directory) if review["split"] == "test"]
    readings = engine.understand([review["text"] for review in reviews])
    gold = [[Span(u["start"], u["end"]) for u in review["units"]] for review in reviews]
    found = [[Span(u.start, u.end) for u in reading.units] for reading in readings]
    pairs = [
        (unit, reading.units[place])
        for review, reading, spans, others in zip(reviews, readings, gold, found, strict=True)
        for unit, place in zip(review["units"], align_units(spans, others), strict=True)
        if place is not None
    ]
    sure = [unit.sentiment_confidence for _, unit in pairs]
    right = [unit.sentiment == truth["sentiment"] for truth, unit in pairs]
    same_ends = [
        (truth, unit)
        for truth, unit in pairs
        if abs(truth["start"] - unit.start) <= TOLERANCE
        and abs(truth["end"] - unit.end) <= TOLERANCE
    ]
    return {
        "boundary F1 (±2)": boundary_f1(gold, found),
        "unit intent macro-F1 (4 classes)": macro_f1(
            [truth["intent"] for truth, _ in pairs],
            [str(unit.intent) for _, unit in pairs],
            INTENTS,
        ),
        "unit intent macro-F1, units with the annotated ends only": macro_f1(
            [truth["intent"] for truth, _ in same_ends],
            [str(unit.intent) for _, unit in same_ends],
            INTENTS,
        ),
        "units with the annotated ends": len(same_ends) / len(pairs),
        "unit sentiment macro-F1": macro_f1(
            [truth["sentiment"] for truth, _ in pairs], [str(unit.sentiment) for _, unit in pairs]
        ),
        "review sentiment macro-F1": macro_f1(
            [review["sentiment"] for review in reviews], [str(r.sentiment) for r in readings]
        ),
        "unit sentiment ECE": expected_calibration_error(sure, right),
    }


def gold_unit_figures(directory: Path, engine: Engine) -> dict[str, float]:
    """Labels alone: the annotated units are given, so boundaries cost nothing."""
    reviews = [r for r in read_units(directory) if r["split"] == "test" and r["units"]]
    texts = [r["text"][u["start"] : u["end"]] for r in reviews for u in r["units"]]
    batch = UnitBatch(texts, np.array([len(review["units"]) for review in reviews]))
    encoded = engine._encoder.encode(batch)
    intent = engine._intent.score(encoded).argmax(axis=1).tolist()
    feeling = engine._sentiment.score(encoded)
    truth = [unit for review in reviews for unit in review["units"]]
    names = ("neg", "neu", "pos")
    intents = ("bug", "feature", "complaint", "question", "praise", "other")
    guessed = [names[k] for k in feeling.argmax(axis=1).tolist()]
    felt = [unit["sentiment"] for unit in truth]
    return {
        "unit intent macro-F1 (4 classes)": macro_f1(
            [unit["intent"] for unit in truth], [intents[k] for k in intent], INTENTS
        ),
        "unit sentiment macro-F1": macro_f1(felt, guessed),
        "unit sentiment ECE": expected_calibration_error(
            feeling.max(axis=1).tolist(), [a == b for a, b in zip(felt, guessed, strict=True)]
        ),
    }


def sentence_figures(directory: Path, engine: Engine) -> dict[str, float]:
    rows = read_rows(directory, "absa_zhang_aste/test.csv.gz")
    readings = engine.understand([row["text"] for row in rows])
    wishes = [
        line
        for line in WISHES.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    negative = [reading.sentiment == "neg" for reading in engine.understand(wishes)]
    return {
        "absa_zhang_aste macro-F1 (4 classes)": macro_f1(
            [row["overall"] for row in rows], [str(reading.sentiment) for reading in readings]
        ),
        f"polite wishes called negative (of {len(wishes)})": sum(negative) / len(wishes),
    }


def leave_one_app_out(directory: Path, cut: Cut) -> dict[str, float]:
    rows = read_rows(directory, "appstore_zh_smarthome/appstore_zh_smarthome.csv.gz")
    figures = {}
    for app in APPS:
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--benchmark", str(directory), "--leave-app", app, "-o", folder]
            code = "from feedback_nlp.cli import main; main()"
            subprocess.run(
                [sys.executable, "-c", code, "train", "understanding", *arguments], check=True
            )
            ours = Polarity(Path(folder), cut)
            held_out = [row for row in rows if row["app"] == app and row["star"] != "3"]
            guessed = ours([row["text"] for row in held_out])
            truth = [str(int(int(row["star"]) >= 4)) for row in held_out]
            figures[app] = sum(a == b for a, b in zip(truth, guessed, strict=True)) / len(truth)
    figures["mean"] = sum(figures.values()) / len(figures)
    return figures


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Return the shortest CPU time of ``repeats`` runs, in seconds."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def speed_figures(directory: Path, engine: Engine) -> dict[str, Any]:
    rows = read_rows(directory, "appstore_zh_smarthome/appstore_zh_smarthome.csv.gz")
    texts = [row["text"] for row in rows]
    pseudonymizer = Pseudonymizer(b"benchmark")
    order = np.random.default_rng(7).permutation(len(texts)).tolist()
    sample = [texts[place] for place in order[:SNOWNLP_SAMPLE]]  # snownlp: long texts cost most
    larger = [texts[place] for place in order[:2000]]
    rjieba.cut("预热")
    jieba.initialize()

    def whole() -> None:
        engine.understand([prepare(text, pseudonymizer).text for text in texts])

    seconds = {
        "rjieba.cut": best_of(5, lambda: [rjieba.cut(text) for text in texts]) / len(texts),
        "jieba.lcut": best_of(1, lambda: [jieba.lcut(text) for text in larger]) / len(larger),
        "ours: units + sentiment + intent": best_of(5, lambda: engine.understand(texts))
        / len(texts),
        "ours: redaction + units + sentiment + intent": best_of(3, whole) / len(texts),
        "snownlp sentiments": best_of(1, lambda: snownlp_polarity(sample)) / len(sample),
    }
    same = sum(rjieba.cut(text) == jieba.lcut(text) for text in larger) / len(larger)
    base, ours = seconds["rjieba.cut"], seconds["ours: units + sentiment + intent"]
    return {
        "texts per second": {name: 1 / value for name, value in seconds.items()},
        "characters per text": sum(map(len, texts)) / len(texts),
        "ours ÷ rjieba.cut": base / ours,
        "ours with redaction ÷ rjieba.cut": base
        / seconds["ours: redaction + units + sentiment + intent"],
        "ours ÷ snownlp": seconds["snownlp sentiments"] / ours,
        "rjieba ÷ jieba": seconds["jieba.lcut"] / base,
        "rjieba cuts identical to jieba": same,
    }


LOADING = """
import json, time
from pathlib import Path
from feedback_nlp.config import load_config
config = load_config()
from feedback_nlp.understanding.engine import Engine
begin = time.perf_counter()
engine = Engine.load(config)
seconds = time.perf_counter() - begin
engine.understand(["加载之后的第一条"])
status = Path("/proc/self/status").read_text()  # ru_maxrss would count the parent's memory
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"model load seconds": seconds, "resident MB after the first text": peak}))
"""


def loading_figures() -> dict[str, float]:
    runs = [
        json.loads(
            subprocess.run([sys.executable, "-c", LOADING], check=True, capture_output=True).stdout
        )
        for _ in range(3)
    ]
    return min(runs, key=lambda run: run["model load seconds"])


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return round(float(value), 4) if isinstance(value, float | np.floating) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", nargs="?", default=os.environ.get("FEEDBACK_BENCHMARK_DIR"))
    parser.add_argument("--leave-one-app-out", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    if not arguments.benchmark:
        parser.error("name the folder of labelled sets, or set FEEDBACK_BENCHMARK_DIR")
    directory = Path(arguments.benchmark)
    engine = Engine.load(load_config())
    engine.understand(["预热"])
    cut = make_cutter()
    figures: dict[str, Any] = {
        "loading": loading_figures(),
        "speed": speed_figures(directory, engine),
        "sentences": sentence_figures(directory, engine),
        "app_units, units found by us": unit_figures(directory, engine),
        "app_units, units given": gold_unit_figures(directory, engine),
        "binary sentiment, macro-F1": binary_figures(directory, cut),
    }
    if arguments.leave_one_app_out:
        figures["stars 1–2 against 4–5, accuracy on an app left out"] = leave_one_app_out(
            directory, cut
        )
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": {
            "machine": platform.machine(),
            "cpu": _cpu_name(),
            "threads used": 1,
            "python": platform.python_version(),
        },
        "versions": engine.versions,
        "peak memory of this run (MB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "figures": figures,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(
        json.dumps(rounded(document), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    _print(rounded(figures))


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def _print(figures: dict[str, Any]) -> None:
    table = Table("group", "figure", "value")
    for group, values in figures.items():
        for name, value in values.items():
            text = (
                ", ".join(f"{k} {v}" for k, v in value.items())
                if isinstance(value, dict)
                else value
            )
            table.add_row(group, name, str(text))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
