"""What the teacher learns from, and what it is asked afterwards."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from feedback_nlp.training.segment.boundaries import true_cuts
from feedback_nlp.training.segment.boundary_data import AnnotatedText, read_annotated, read_seeds
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.fit import REVIEW_HEADS, UNIT_HEADS
from feedback_nlp.training.understanding.recipe import ANNOTATED, SEED
from feedback_nlp.understanding.segment.clauses import find_clauses
from feedback_nlp.understanding.segment.cues import load_cues

_Row = TypeVar("_Row")
BOUNDARY = "boundary"
SEPARATOR = "\x1f"  # in a text: the place that is asked about
HEADS = {
    **{head: REVIEW_HEADS[head] for head in ("polarity", "overall")},
    **UNIT_HEADS,
    BOUNDARY: 2,
}
_AROUND = 48  # characters on each side of a place
_CLAUSE = re.compile(r"[^，。！？；,!?;~、\s]+[，。！？；,!?;~、]*")
_SHORTEST, _LONGEST = 12, 150  # characters of texts that are asked about places

# Rows of each source a stage sees, and how often. The second stage reads what the teacher is
# for (app reviews, units, boundaries) and enough of the rest not to forget it.
FIRST = {
    "waimai_10k": (20_000, 2),
    "online_shopping": (17_000, 1),
    "absa_zhang_aste": (16_000, 1),
    "zhijiang_cosmetics": (2_600, 1),
    "openrice": (300, 1),
    f"{SEED}/unit": (2_000, 2),
}
SECOND = {
    "appstore": (7_000, 1),
    "waimai_10k": (9_600, 1),
    "online_shopping": (3_500, 1),
    "absa_zhang_aste": (4_500, 1),
    f"{ANNOTATED}/unit": (3_000, 4),
    ANNOTATED: (3_000, 3),
    f"{SEED}/unit": (2_000, 2),
    BOUNDARY: (10_000, 2),
}
# What the teacher is asked about, each time with the number of texts: feedback, units, clauses
# put together anew, places. It is not asked where it is no better than the labels: at the stars
# of app reviews and at shopping reviews (docs/decisions/0004-classifier.md).
ASKED_REVIEWS = {
    "waimai_10k": (9_600, ("polarity", "overall")),
    "absa_zhang_aste": (22_200, ("polarity", "overall")),
    "appstore": (6_000, ("overall",)),
    ANNOTATED: (1_000, ("polarity", "overall")),
}
ASKED_UNITS = {"appstore": 16_000, "waimai_10k": 5_000}
ASKED_MIXTURES = {"waimai_10k": 14_000, "absa_zhang_aste": 6_000}
ASKED_PLACES = {
    "appstore": 1_100, "online_shopping": 330, "waimai_10k": 260, "absa_zhang_aste": 180,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text with the labels that are known of it.

    Attributes:
        text: Feedback, unit, or text with a marked place.
        labels: Head → class.
        weight: In the loss.
    """

    text: str
    labels: Mapping[str, int]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A text that the teacher is asked about.

    Attributes:
        text: What it reads.
        heads: What it is asked.
        answer: What the line of the answer holds besides probabilities.
    """

    text: str
    heads: tuple[str, ...]
    answer: Mapping[str, str | int] = field(default_factory=dict)


def lessons(examples: Sequence[Example], benchmark: Path) -> dict[str, list[Lesson]]:
    """Return everything that may be learned, by source; units under ``source/unit``."""
    found: dict[str, list[Lesson]] = {}
    for example in examples:
        labels = {head: k for head, k in example.review_labels.items() if head in HEADS}
        if labels:
            weight = 1.0 if example.source == ANNOTATED else example.weight
            lesson = Lesson(" ".join(example.units), labels, weight)
            found.setdefault(example.source, []).append(lesson)
        if example.source in (SEED, ANNOTATED) and example.unit_labels:
            for place, unit in enumerate(example.units):
                known = {
                    head: rows[place]
                    for head, rows in example.unit_labels.items()
                    if rows[place] >= 0
                }
                found.setdefault(f"{example.source}/unit", []).append(Lesson(unit, known))
    annotated = read_annotated(benchmark / "data" / "app_units" / "app_units.jsonl.gz", "train")
    found[BOUNDARY] = [*_boundary_lessons(annotated), *_boundary_lessons(read_seeds())]
    return found


def stage(
    found: Mapping[str, Sequence[Lesson]],
    plan: Mapping[str, tuple[int, int]],
    draw: random.Random,
) -> list[Lesson]:
    """Draw the rows of one stage."""
    rows: list[Lesson] = []
    for source, (count, times) in plan.items():
        rows += _some(found.get(source, ()), count, draw) * times
    return rows


def questions(examples: Sequence[Example], draw: random.Random) -> Iterator[Question]:
    """Yield what the student should know: feedback, units, mixtures of clauses, places."""
    of: dict[str, list[Example]] = {}
    for example in examples:
        of.setdefault(example.source, []).append(example)
    for source, (count, heads) in ASKED_REVIEWS.items():
        texts = {" ".join(one.units) for one in of.get(source, ()) if one.review_labels}
        for text in _some(sorted(texts), count, draw):
            yield Question(text, heads, {"text": text})
    for source, count in ASKED_UNITS.items():
        units = {unit for one in of.get(source, ()) for unit in one.units}
        for text in _some(sorted(units), count, draw):
            yield Question(text, tuple(UNIT_HEADS), {"text": text})
    for source, count in ASKED_MIXTURES.items():
        clauses = [_CLAUSE.findall(" ".join(one.units)) for one in of.get(source, ())]
        for text in _mixtures([found for found in clauses if found], count, draw):
            yield Question(text, ("polarity", "overall"), {"text": text})
    for source, count in ASKED_PLACES.items():
        texts = {" ".join(one.units) for one in of.get(source, ())}
        fitting = sorted(text for text in texts if _SHORTEST < len(text) < _LONGEST)
        for text, end, marked in _places(_some(fitting, count, draw)):
            yield Question(marked, (BOUNDARY,), {"text": text, "end": end})


def _mixtures(clauses: Sequence[Sequence[str]], count: int, draw: random.Random) -> Iterator[str]:
    """Yield texts made of neighbouring clauses of one to three feedback each.

    What they mean nobody knows, but a good teacher can tell, and they hold far more
    combinations of words than the feedback itself.
    """
    for _ in range(count if clauses else 0):
        parts: list[str] = []
        for _ in range(draw.choice((1, 1, 2, 2, 3))):
            found = draw.choice(clauses)
            size = draw.choice((1, 1, 2, 2, 3))
            begin = draw.randrange(max(1, len(found) - size + 1))
            parts += found[begin : begin + size]
        yield "，".join(part.rstrip("，, ") for part in parts)


def _boundary_lessons(items: Sequence[AnnotatedText]) -> Iterator[Lesson]:
    texts = [item.text for item in items]
    table = find_clauses(texts, load_cues())
    ends = {
        (text, end - start)
        for text, end, start, cut in zip(
            table.text[:-1].tolist(),
            table.end[:-1].tolist(),
            table.text_start[table.text[:-1]].tolist(),
            true_cuts(items, table).tolist(),
            strict=True,
        )
        if cut
    }
    number = {text: place for place, text in enumerate(texts)}
    for text, end, marked in _places(texts):
        yield Lesson(marked, {BOUNDARY: int((number[text], end) in ends)})


def _places(texts: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Yield text, end of a clause in it, and the text around that place with a mark there."""
    table = find_clauses(texts, load_cues())
    for place in range(len(table.start) - 1):
        if table.text[place] == table.text[place + 1]:
            offset = int(table.text_start[table.text[place]])
            text = texts[int(table.text[place])]
            end = int(table.end[place]) - offset
            following = int(table.start[place + 1]) - offset
            left = text[max(0, end - _AROUND) : end].strip()
            yield text, end, left + SEPARATOR + text[following : following + _AROUND]


def _some(rows: Iterable[_Row], count: int, draw: random.Random) -> list[_Row]:
    shuffled = list(rows)
    draw.shuffle(shuffled)
    return shuffled[:count]
