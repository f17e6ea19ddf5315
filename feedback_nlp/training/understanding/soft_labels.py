"""What a slow and good teacher says of texts, for the fast student to learn.

A file of JSON lines, one text each, with the teacher's probabilities by head::

    {"text": "…", "overall": [0.1, 0.0, 0.9, 0.0]}                              a feedback
    {"text": "…", "sentiment": [0.9, 0.1, 0.0], "intent": [0.8, 0.0, …]}       a unit
    {"text": "…", "end": 12, "boundary": [0.3, 0.7]}        a place: does a unit end there?

in the order of the classes: overall is ``OVERALL``,
sentiment is ``SENTIMENTS``, intent is ``INTENTS``. Any model may be the teacher; the file is
all that training sees of it.

Source: Hinton et al. 2015, Distilling the Knowledge in a Neural Network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from feedback_nlp.errors import InputError
from feedback_nlp.training.understanding.examples import Example, normalized
from feedback_nlp.training.understanding.fit import REVIEW_HEADS, UNIT_HEADS
from feedback_nlp.understanding.engine import Cut

SOURCE = "soft"
_CLASSES = {**REVIEW_HEADS, **UNIT_HEADS}
_UNIT_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class SoftPlace:
    """A place in a text.

    Attributes:
        end: Offset at which a clause ends.
        probability: That a unit ends there, 0–1.
    """

    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class SoftText:
    """One line of the file.

    Attributes:
        text: A feedback or a unit.
        reviews: Review head → probabilities.
        units: Unit head → probabilities; the text is one unit if there are any.
        place: A place in the text, if the line is about one.
    """

    text: str
    reviews: dict[str, tuple[float, ...]]
    units: dict[str, tuple[float, ...]]
    place: SoftPlace | None = None


def read_soft_labels(path: Path) -> Iterator[SoftText]:
    """Read a file of soft labels.

    Raises:
        InputError: If a line is no JSON object with a text and rows of the right length.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _parsed(line, f"{path} 第 {number} 行")


def with_soft_labels(
    examples: Sequence[Example], taught: Sequence[SoftText], cut: Cut
) -> list[Example]:
    """Return the examples with a teacher's opinion, and examples of what only it has seen.

    A feedback is matched by its normalised text. Units always become examples of their
    own, so that annotated ones keep a label that is theirs alone.
    """
    said = {normalized(one.text): one for one in taught if one.reviews}
    found: list[Example] = []
    matched: set[str] = set()
    for example in examples:
        key = normalized(example.text)
        if example.review_labels and key in said:
            found.append(replace(example, soft_review=said[key].reviews))
            matched.add(key)
        else:
            found.append(example)
    fresh = [one for key, one in said.items() if key not in matched]
    found += [
        Example(units, SOURCE, soft_review=one.reviews)
        for one, units in zip(fresh, cut([one.text for one in fresh]), strict=True)
    ]
    found += [
        Example(
            (one.text,),
            SOURCE,
            soft_units={head: (row,) for head, row in one.units.items()},
            weight=_UNIT_WEIGHT,
        )
        for one in taught
        if one.units
    ]
    return found


def _parsed(line: str, where: str) -> SoftText:
    try:
        row: dict[str, Any] = json.loads(line)
        heads = {
            head: tuple(float(share) for share in row[head]) for head in _CLASSES if head in row
        }
        text = str(row["text"])
        place = SoftPlace(int(row["end"]), float(row["boundary"][1])) if "end" in row else None
    except (ValueError, TypeError, LookupError) as error:
        raise InputError(
            f"{where}不是软标签：{error}",
            hint='应是 {"text": "…", "overall": [0.1, 0.0, 0.9, 0.0]}',
        ) from error
    for head, shares in heads.items():
        if len(shares) != _CLASSES[head]:
            raise InputError(
                f"{where}的 {head} 有 {len(shares)} 个概率", hint=f"应是 {_CLASSES[head]} 个"
            )
    return SoftText(
        text,
        {head: row for head, row in heads.items() if head in REVIEW_HEADS},
        {head: row for head, row in heads.items() if head in UNIT_HEADS},
        place,
    )
