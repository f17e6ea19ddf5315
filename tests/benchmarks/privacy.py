"""Personal data in text: recall for each kind, false alarms, throughput.

Run ``python -m tests.benchmarks.privacy -o docs/benchmarks/privacy.json``. The labelled
set lies in ``tests/clean/privacy``: written for this project, every number and person
invented. A hash of the text splits it in two: the rules were developed on ``dev`` alone,
``--show`` prints only misses of ``dev``.

A text counts as found if no half of any of its personal substrings is left; a look-alike
is a false alarm if anything in it was replaced.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.demo.plan import Plan
from feedback_nlp.demo.posts import Newsroom

DATA = Path(__file__).parents[1] / "clean/privacy"
KEEPER = Pseudonymizer(b"benchmark")
ROUNDS = 5


@dataclass(frozen=True)
class Case:
    """A text with the substrings that must not be stored, or a look-alike with none."""

    text: str
    kind: str = ""
    personal: tuple[str, ...] = ()
    writing: str = ""
    trade: str = ""

    @property
    def half(self) -> str:
        """``dev`` or ``test``, by a hash of the text."""
        first = hashlib.sha256(self.text.encode()).digest()[0]
        return "dev" if first % 2 else "test"


def personal_cases() -> list[Case]:
    """Read the texts with personal data."""
    return [
        Case(text, kind, tuple(personal.split("|")), writing, trade)
        for text, kind, personal, writing, trade in _rows(DATA / "personal.tsv")
    ]


def lookalikes() -> list[Case]:
    """Read the texts that only look as if they held personal data."""
    return [Case(text, trade=trade) for text, trade in _rows(DATA / "lookalikes.tsv")]


def _rows(path: Path) -> Iterable[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines[1:])


def is_hidden(case: Case) -> bool:
    """Tell whether nothing telling of the personal substrings is left after ``prepare``."""
    stored = prepare(case.text, KEEPER).text
    return not any(part in stored for secret in case.personal for part in _halves(secret))


def _halves(secret: str) -> set[str]:
    """Return every stretch of half the length (of the whole, if it is short)."""
    size = len(secret) if len(secret) < 4 else max(3, (len(secret) + 1) // 2)
    return {secret[start : start + size] for start in range(len(secret) - size + 1)}


def is_false_alarm(case: Case) -> bool:
    """Tell whether something was replaced in a text that holds nothing personal."""
    return bool(prepare(case.text, KEEPER).redactions)


def recall(cases: Sequence[Case]) -> dict[str, dict[str, float | int]]:
    """Return count and recall for each half and way of writing."""
    table: dict[str, dict[str, float | int]] = {}
    for half in ("dev", "test"):
        for writing in ("plain", "evasive"):
            chosen = [case for case in cases if (case.half, case.writing) == (half, writing)]
            found = sum(map(is_hidden, chosen))
            table[f"{half} {writing}"] = {
                "cases": len(chosen),
                "recall": round(found / len(chosen), 3) if chosen else 1.0,
            }
    return table


def right_kind_share(cases: Sequence[Case]) -> float:
    """Return how many of the found were also named by their kind."""
    found = [case for case in cases if is_hidden(case)]
    named = sum(case.kind in prepare(case.text, KEEPER).redactions for case in found)
    return round(named / len(found), 3)


def throughput(texts: Sequence[str]) -> dict[str, float | int]:
    """Return the best of a few rounds over ``texts``, in texts per CPU second."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for text in texts:
            prepare(text, KEEPER)
        best = min(best, time.process_time() - start)
    return {
        "texts": len(texts),
        "mean_chars": round(sum(map(len, texts)) / len(texts), 1),
        "texts_per_cpu_second": round(len(texts) / best),
    }


def rounds() -> dict[str, dict[str, object]]:
    """Return, for each later round of texts, what was measured before the rules saw it, and now."""
    cases, others = personal_cases(), lookalikes()
    table: dict[str, dict[str, object]] = {}
    for name, blind in json.loads((DATA / "blind.json").read_text(encoding="utf-8")).items():
        chosen = [case for case in cases if case.trade == name]
        alike = [case for case in others if case.trade == name]
        now: dict[str, float] = {}
        for writing in ("plain", "evasive"):
            found = [is_hidden(case) for case in chosen if case.writing == writing]
            now[writing] = round(sum(found) / len(found), 3)
        now["false_alarms"] = round(sum(map(is_false_alarm, alike)) / len(alike), 4)
        table[name] = {
            "texts": len(chosen),
            "lookalikes": len(alike),
            "before_mending": blind,
            "now": now,
        }
    return table


def report() -> dict[str, object]:
    """Measure everything."""
    cases, others = personal_cases(), lookalikes()
    alarms = Counter(case.half for case in others if is_false_alarm(case))
    sizes = Counter(case.half for case in others)
    kinds = list(dict.fromkeys(case.kind for case in cases))
    posts = Newsroom(Plan.shipped(), 0).posts()
    return {
        "what": "personal data in text: recall by kind and writing, false alarms, speed",
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "personal_texts": len(cases),
        "lookalikes": len(others),
        "recall": {kind: recall([case for case in cases if case.kind == kind]) for kind in kinds},
        "recall_all": recall(cases),
        "rounds": rounds(),
        "right_kind_share": right_kind_share(cases),
        "false_alarms": {
            half: {
                "cases": sizes[half],
                "alarms": alarms[half],
                "share": round(alarms[half] / sizes[half], 4),
            }
            for half in ("dev", "test")
        },
        "throughput": throughput([post.text for post in posts]),
    }


def show_misses() -> None:
    """Print what goes wrong in the half that may be looked at."""
    for case in personal_cases():
        if case.half == "dev" and not is_hidden(case):
            print(case.kind, case.writing, case.text, "→", prepare(case.text, KEEPER).text)
    for case in lookalikes():
        if case.half == "dev" and is_false_alarm(case):
            print("false alarm", case.text, "→", prepare(case.text, KEEPER).text)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--show", action="store_true", help="print the misses of dev")
    options = parser.parse_args()
    if options.show:
        show_misses()
        return
    text = json.dumps(report(), ensure_ascii=False, indent=2) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
