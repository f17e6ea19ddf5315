"""Benchmark of the embeddings: do clusters of vectors mean what people mean?

``python tests/benchmarks/embeddings.py [--teacher-vectors FILE.npy]`` writes
``docs/benchmarks/embeddings.json``. ``FEEDBACK_BENCHMARK_DIR`` names the folder of
labelled sets (``NAME/NAME.csv.gz``, ``app_units/app_units.jsonl.gz``).

The teacher needs torch and is not run here: ``--write-texts FILE.jsonl`` writes the texts
in order, and ``--teacher-vectors`` takes what any encoder made of them.

Measures: adjusted mutual information (AMI) of k-means with the labels, k as many as
labels, mean and deviation over ten seeds; mean average precision of like-labelled units
among nearest neighbours (MAP@R); area under the ROC curve for pairs of questions.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, roc_auc_score

from feedback_nlp.config import EmbedConfig
from feedback_nlp.embed import load_embedder
from feedback_nlp.embed.port import Floats, normalized
from feedback_nlp.embed.svd import SvdEmbedder
from feedback_nlp.resources import models_dir

SEED = 20261121
SHOPPING_COUNT = 4000  # this draw was kept out of the shipped model's training texts
SHOPPING_CHARACTERS = 400
PAIR_COUNT = 1000
KMEANS_SEEDS = range(10)
MIN_ISSUE_UNITS = 5
MIN_ISSUE_UNITS_TEST = 3
PAIR_SETS = {
    "lcqmc": "pairs_lcqmc/test.csv.gz",
    "afqmc": "pairs_afqmc/dataclue_dev.csv.gz",
}
OUTPUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "embeddings.json"

Labelled = tuple[list[str], list[str]]


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def shopping(folder: Path) -> Labelled:
    """Return 4,000 reviews and their categories."""
    rows = list(read_csv(folder / "online_shopping_10_cats/online_shopping_10_cats.csv.gz"))
    random.Random(SEED).shuffle(rows)
    drawn = [row for row in rows if len(row["text"]) >= 6][:SHOPPING_COUNT]
    return [row["text"][:SHOPPING_CHARACTERS] for row in drawn], [row["category"] for row in drawn]


def issue_units(folder: Path, split: str | None, min_units: int) -> Labelled:
    """Return units that carry an issue code which at least ``min_units`` of them share."""
    pairs = []
    with gzip.open(folder / "app_units/app_units.jsonl.gz", "rt", encoding="utf-8") as file:
        for review in map(json.loads, file):
            if split in (None, review["split"]):
                pairs += [
                    (review["text"][unit["start"] : unit["end"]], unit["issue"])
                    for unit in review["units"]
                    if unit["issue"]
                ]
    counts = Counter(issue for _, issue in pairs)
    kept = [(text, issue) for text, issue in pairs if counts[issue] >= min_units]
    return [text for text, _ in kept], [issue for _, issue in kept]


def question_pairs(path: Path) -> tuple[list[str], list[int]]:
    """Return texts (pair by pair, so twice as many) and whether each pair means the same."""
    rows = random.Random(SEED).sample(list(read_csv(path)), PAIR_COUNT)
    texts = [row[side] for row in rows for side in ("text1", "text2")]
    return texts, [int(row["label"]) for row in rows]


def clustering(vectors: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return AMI of k-means (5 starts) with the labels, over ten seeds."""
    scores = [
        adjusted_mutual_info_score(
            labels,
            KMeans(len(set(labels)), n_init=5, random_state=seed).fit_predict(vectors),
        )
        for seed in KMEANS_SEEDS
    ]
    return {"ami": round(float(np.mean(scores)), 4), "deviation": round(float(np.std(scores)), 4)}


def map_at_r(vectors: Floats, labels: Sequence[str]) -> float:
    """Return mean average precision at R (Musgrave et al. 2020), each unit a query."""
    names = np.array(labels)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    order = np.argsort(-likeness, axis=1, kind="stable")
    precisions = []
    for row, name in enumerate(names):
        relevant = int((names == name).sum()) - 1
        hits = names[order[row, :relevant]] == name
        precision = np.cumsum(hits) / np.arange(1, relevant + 1)
        precisions.append(float((precision * hits).sum() / relevant))
    return round(float(np.mean(precisions)), 4)


def measure(embed: Callable[[Sequence[str]], Floats], folder: Path) -> dict[str, Any]:
    """Score one embedder on every set."""
    texts, labels = shopping(folder)
    figures: dict[str, Any] = {"shopping_categories": clustering(embed(texts), labels)}
    for name, split, floor in (
        ("issue_codes_all", None, MIN_ISSUE_UNITS),
        ("issue_codes_test", "test", MIN_ISSUE_UNITS_TEST),
    ):
        texts, labels = issue_units(folder, split, floor)
        vectors = embed(texts)
        figures[name] = {
            **clustering(vectors, labels),
            "map_at_r": map_at_r(vectors, labels),
            "units": len(texts),
            "codes": len(set(labels)),
        }
    for name, path in PAIR_SETS.items():
        texts, same = question_pairs(folder / path)
        vectors = embed(texts)
        likeness = np.einsum("nd,nd->n", vectors[::2], vectors[1::2])
        figures[f"{name}_pairs"] = {"auc": round(float(roc_auc_score(same, likeness)), 4)}
    return figures


def all_texts(folder: Path) -> list[str]:
    """Return every text that :func:`measure` embeds, without repeats, in order."""
    texts = shopping(folder)[0] + issue_units(folder, None, 1)[0]
    for path in PAIR_SETS.values():
        texts += question_pairs(folder / path)[0]
    return list(dict.fromkeys(texts))


def speed(folder: Path) -> dict[str, Any]:
    """Measure the static model: texts a second on one core, load time, memory, size."""
    probe = (
        "import time, resource\n"
        "import numpy, scipy.sparse, sklearn.cluster\n"
        "from feedback_nlp.chinese import default_tokenizer, fold\n"
        "from feedback_nlp.embed.static import load_static\n"
        "from feedback_nlp.resources import models_dir\n"
        "default_tokenizer().cut(fold('预热'))\n"
        "def rss(): return int(open('/proc/self/statm').read().split()[1]) * 4096 / 1e6\n"
        "before, start = rss(), time.perf_counter()\n"
        "model = load_static(models_dir() / 'embeddings')\n"
        "print(time.perf_counter() - start, rss() - before)\n"
    )
    seconds, megabytes = map(
        float,
        subprocess.run(
            [sys.executable, "-c", probe], check=True, capture_output=True, text=True
        ).stdout.split(),
    )
    static = load_embedder(EmbedConfig(backend="static"))
    figures: dict[str, Any] = {
        "load_seconds": round(seconds, 3),
        "load_megabytes": round(megabytes, 1),
        "folder_bytes": sum(
            file.stat().st_size for file in (models_dir() / "embeddings").iterdir()
        ),
    }
    for name, texts in (
        ("units", issue_units(folder, None, 1)[0] * 20),
        ("shopping_reviews", shopping(folder)[0]),
    ):
        static.embed(texts[:100])
        times = []
        for _ in range(3):
            start = time.process_time()
            static.embed(texts)
            times.append(time.process_time() - start)
        figures[name] = {
            "texts_per_cpu_second": round(len(texts) / min(times)),
            "mean_characters": round(sum(map(len, texts)) / len(texts), 1),
        }
    return figures


def hardware() -> str:
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return f"{len(names)} x {names[0] if names else platform.machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher-vectors", type=Path)
    parser.add_argument("--teacher-name", default="intfloat/multilingual-e5-small")
    parser.add_argument("--write-texts", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    if "FEEDBACK_BENCHMARK_DIR" not in os.environ:
        parser.error("set FEEDBACK_BENCHMARK_DIR to the folder of labelled sets")
    folder = Path(os.environ["FEEDBACK_BENCHMARK_DIR"])
    if options.write_texts:
        lines = [json.dumps({"text": text}, ensure_ascii=False) for text in all_texts(folder)]
        options.write_texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    static = load_embedder(EmbedConfig(backend="static"))
    embedders: dict[str, Callable[[Sequence[str]], Floats]] = {
        "static": static.embed,
        "tfidf_svd_128": lambda texts: SvdEmbedder(128).fit(texts).embed(texts),
    }
    if options.teacher_vectors:
        vectors = normalized(np.load(options.teacher_vectors, allow_pickle=False))
        row_of = {text: row for row, text in enumerate(all_texts(folder))}
        embedders["teacher"] = lambda texts: vectors[[row_of[text] for text in texts]]
    results = {name: measure(embed, folder) for name, embed in embedders.items()}
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware(),
        "command": "python tests/benchmarks/embeddings.py"
        + (" --teacher-vectors FILE.npy" if options.teacher_vectors else ""),
        "model": static.name,
        "teacher": options.teacher_name if options.teacher_vectors else None,
        "results": results,
        "static_over_teacher": {
            name: round(results["static"][name]["ami"] / results["teacher"][name]["ami"], 3)
            for name in ("shopping_categories", "issue_codes_all", "issue_codes_test")
        }
        if options.teacher_vectors
        else None,
        "speed": speed(folder),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    blob = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    options.output.write_text(blob, encoding="utf-8")
    print(blob)


if __name__ == "__main__":
    main()
