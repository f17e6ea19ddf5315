"""One core in memory: what ``classify`` gives a text, beside snownlp and plain scikit-learn.

Run ``python -m tests.benchmarks.peers -o docs/benchmarks/peers.json``; no other data is needed.
All read the same invented reviews (:func:`tests.benchmarks.batch.review`) one after the other in
one process with one thread; CPU seconds are counted. ``classify`` cuts units and gives each a
sentiment and an intent; the others give a text one label.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is loaded

import argparse
import json
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from feedback_nlp import Pipeline
from tests.benchmarks.batch import review

_TAUGHT = 4_000
_OF_SNOWNLP = 500
_ROUNDS = 3


def rate(read: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> int:
    """Return texts a CPU second, the best of three rounds."""
    read(texts[:200])  # tables are built at first use
    best = 0.0
    for _ in range(_ROUNDS):
        begun = time.process_time()
        read(texts)
        best = max(best, len(texts) / (time.process_time() - begun))
    return round(best)


def scikit_learn(texts: Sequence[str]) -> Callable[[Sequence[str]], Any]:
    """Return the usual baseline, taught here: its speed does not depend on what it is taught."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LogisticRegression(max_iter=200)
    )
    model.fit(texts, [number % 3 for number in range(len(texts))])
    read: Callable[[Sequence[str]], Any] = model.predict
    return read


def snownlp(texts: Sequence[str]) -> list[float]:
    """Return the sentiment of each text."""
    from snownlp import SnowNLP

    return [SnowNLP(text).sentiments for text in texts]


def compared(texts: Sequence[str]) -> dict[str, Any]:
    """Measure all three on the same texts."""
    ours = rate(Pipeline.load().classify, texts)
    snow = rate(snownlp, texts[:_OF_SNOWNLP])
    plain = rate(scikit_learn(texts[:_TAUGHT]), texts)
    return {
        "characters_per_text": round(sum(map(len, texts)) / len(texts), 1),
        "texts_per_cpu_second": {
            "ours: units, sentiment, intent": ours,
            "snownlp sentiments": snow,
            "scikit-learn: TF-IDF of 1-3 characters, logistic regression": plain,
        },
        "ours_to_snownlp": round(ours / snow, 1),
        "ours_to_scikit_learn": round(ours / plain, 2),
    }


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    short = [review(number)["text"] for number in range(arguments.rows)]
    # As long as the app reviews of understanding.json; snownlp takes longer a character there.
    long = ["。".join(short[at : at + 4]) for at in range(0, len(short) - 3, 4)]
    load = os.getloadavg()[0]
    figures = {
        "command": f"python -m tests.benchmarks.peers --rows {arguments.rows}",
        "machine": {"cores": os.cpu_count(), "cpu": platform.processor() or platform.machine()},
        "python": platform.python_version(),
        "short": compared(short),
        "long": compared(long),
        "load_average": {"before": round(load, 2), "after": round(os.getloadavg()[0], 2)},
    }
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    if arguments.output:
        arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
