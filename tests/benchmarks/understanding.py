"""``make bench-understanding``: speed and memory of reading at both depths, beside its peers.

Needs the folder of labelled sets (``FEEDBACK_BENCHMARK_DIR`` or the first argument). Prints
one table and writes ``docs/benchmarks/understanding.json`` with hardware and date. How well
texts are read is measured by ``make bench-reading``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
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

from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.config import load_config
from feedback_nlp.labels import Depth
from feedback_nlp.training.understanding.benchmark import read_rows
from feedback_nlp.understanding.engine import Engine
from feedback_nlp.understanding.sentiment.snownlp_scorer import positive_share
from tests.benchmarks.hardware import hardware

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "benchmarks" / "understanding.json"
SNOWNLP_SAMPLE = 300


def snownlp_polarity(texts: Sequence[str]) -> list[str]:
    return [str(int(positive_share(text) > 0.5)) for text in texts]


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
    deep = Engine.load(load_config(), Depth.DEEP)
    deep.understand(["预热"])
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
        "ours, deep": best_of(1, lambda: deep.understand(larger[:500])) / 500,
        "ours, the texts snownlp gets": best_of(3, lambda: engine.understand(sample)) / len(sample),
        "ours, deep, the texts snownlp gets": best_of(1, lambda: deep.understand(sample))
        / len(sample),
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
        "ours ÷ snownlp": seconds["snownlp sentiments"] / seconds["ours, the texts snownlp gets"],
        "ours, deep ÷ snownlp": seconds["snownlp sentiments"]
        / seconds["ours, deep, the texts snownlp gets"],
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
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    if not arguments.benchmark:
        parser.error("name the folder of labelled sets, or set FEEDBACK_BENCHMARK_DIR")
    directory = Path(arguments.benchmark)
    engine = Engine.load(load_config())
    engine.understand(["预热"])
    figures: dict[str, Any] = {
        "loading": loading_figures(),
        "speed": speed_figures(directory, engine),
    }
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": {**hardware(), "threads used": 1},
        "versions": engine.versions,
        "peak memory of this run (MB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "figures": figures,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(
        json.dumps(rounded(document), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    _print(rounded(figures))


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
