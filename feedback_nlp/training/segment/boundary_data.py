"""What the boundary model learns from: annotated texts, seeds, feelings and a teacher."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feedback_nlp.chinese import fold
from feedback_nlp.records import Span
from feedback_nlp.resources import corpora_dir
from feedback_nlp.training.understanding.base import seed_reviews
from feedback_nlp.training.understanding.domain_units import DomainText, read_domain_units
from feedback_nlp.training.understanding.soft_labels import read_soft_labels

_SEEDS = "units/seed_boundaries.txt"


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A text with its true units.

    Attributes:
        text: What was said.
        units: Its units, in order.
        intents: One a unit, or empty if not annotated.
    """

    text: str
    units: tuple[Span, ...]
    intents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taught:
    """What a teacher says; see :mod:`feedback_nlp.training.understanding.soft_labels`.

    Attributes:
        units: Text of a unit and its probabilities, one an intent.
        places: Text → end of a clause in it → probability (0–1) that a unit ends there.
    """

    units: tuple[tuple[str, tuple[float, ...]], ...] = ()
    places: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


def text_key(text: str) -> str:
    """Return what identifies a text regardless of punctuation, width, case and script."""
    return re.sub(r"\W+", "", fold(text))


def read_seeds(relative: str = _SEEDS) -> list[AnnotatedText]:
    """Read seed sentences: one a line, a bar where a new unit begins."""
    seeds = []
    for line in (corpora_dir() / relative).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        start, units = 0, []
        for part in line.split("|"):
            units.append(Span(start, start + len(part.rstrip("，。 "))))
            start += len(part)
        seeds.append(AnnotatedText(line.replace("|", ""), tuple(units)))
    return seeds


def read_seed_reviews() -> list[AnnotatedText]:
    """Read our own feedback of several points."""
    return [_of(item) for item in seed_reviews()]


def _lines(path: Path) -> Iterator[str]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from file
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield from file


def read_annotated(path: Path, split: str | None) -> list[AnnotatedText]:
    """Read JSON lines of ``text`` and ``units`` (start, end, intent), gzipped or not."""
    items = []
    for line in _lines(path):
        row = json.loads(line)
        if split is None or row.get("split", split) == split:
            units = tuple(Span(unit["start"], unit["end"]) for unit in row["units"])
            intents = tuple(str(unit["intent"]) for unit in row["units"])
            items.append(AnnotatedText(row["text"], units, intents))
    return items


def read_domains(directory: Path, split: str | None) -> list[AnnotatedText]:
    """Read ``domain_units`` of a benchmark folder, one split of it or all."""
    return [
        _of(item)
        for item in read_domain_units(directory)
        if item.units and split in (None, item.split)
    ]


def _of(item: DomainText) -> AnnotatedText:
    units = tuple(Span(unit.start, unit.end) for unit in item.units)
    return AnnotatedText(item.text, units, tuple(unit.intent for unit in item.units))


def read_feeling(path: Path, split: str | None) -> Iterator[tuple[str, bool]]:
    """Read (text, positive) from a CSV with ``text`` and ``label`` (0, 1) or ``star``.

    Three stars and other splits are left out. A plain ``pos.txt`` or ``neg.txt`` is one
    text a line.
    """
    if path.suffix == ".txt":
        for line in _lines(path):
            if line.strip():
                yield line.strip(), path.stem == "pos"
        return
    for row in csv.DictReader(_lines(path)):
        if split is not None and row.get("split", split) != split:
            continue
        if "star" in row:
            if row["star"] in {"1", "2", "4", "5"}:
                yield row["text"], row["star"] in {"4", "5"}
        elif row["label"] in {"0", "1"}:
            yield row["text"], row["label"] == "1"


def read_taught(path: Path, known: Iterable[str]) -> Taught:
    """Read a teacher's units and places, without what lies in annotated texts.

    Args:
        path: Soft labels; see :mod:`feedback_nlp.training.understanding.soft_labels`.
        known: Keys of the annotated texts, by :func:`text_key`.
    """
    annotated = "\n".join(known)
    units, places = [], defaultdict[str, dict[int, float]](dict)
    for one in read_soft_labels(path):
        if text_key(one.text) in annotated:
            continue
        if "intent" in one.units:
            units.append((one.text, one.units["intent"]))
        if one.place is not None:
            places[one.text][one.place.end] = one.place.probability
    return Taught(tuple(units), places)
