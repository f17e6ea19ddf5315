"""What the deep reader learns from: texts with the labels that are known of them, as pieces."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from feedback_nlp.training.understanding.base import MULTI, seed_reviews
from feedback_nlp.training.understanding.benchmark import read_units
from feedback_nlp.training.understanding.domain_units import DomainText, read_domain_units
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.recipe import ANNOTATED, DOMAIN, SEED
from feedback_nlp.understanding.deep.pieces import UnigramPieces
from feedback_nlp.understanding.intent import INTENTS
from feedback_nlp.understanding.sentiment import SENTIMENTS

READ = 126  # pieces of a text that are learnt from
#: Of each source, how many texts a stage draws and how often it reads them. The first stage
#: reads everything; the second what was annotated by units, and enough of the rest not to
#: forget it.
FIRST = {
    "waimai_10k": (9_600, 1),
    "online_shopping": (13_000, 1),
    "appstore": (7_000, 1),
    "absa_zhang_aste": (15_000, 1),
    "zhijiang_cosmetics": (2_000, 1),
    "bdci2021_bank": (6_000, 1),
    "nlpcc2014_emotion": (8_000, 1),
    "smp2020_ewect": (12_000, 1),
    "nlpcc2018_codeswitch": (3_000, 1),
    "openrice": (300, 1),
    SEED: (9_000, 1),
    DOMAIN: (2_000, 3),
    ANNOTATED: (1_000, 2),
    MULTI: (2_000, 2),
}
SECOND = {
    "waimai_10k": (1_500, 1),
    "online_shopping": (1_500, 1),
    "appstore": (1_000, 1),
    "absa_zhang_aste": (1_500, 1),
    "bdci2021_bank": (800, 1),
    "nlpcc2014_emotion": (600, 1),
    "smp2020_ewect": (1_500, 1),
    SEED: (4_000, 1),
    DOMAIN: (2_000, 3),
    ANNOTATED: (1_000, 3),
    MULTI: (2_000, 2),
}
_BINARY = frozenset({"waimai_10k", "online_shopping", "appstore", "openrice"})


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One annotated unit: pieces ``first`` to ``last`` (exclusive), and class indices."""

    first: int
    last: int
    sentiment: int
    intent: int


@dataclass(frozen=True, slots=True)
class Row:
    """A text as the network reads it.

    Attributes:
        pieces: Ids, begin and end left out.
        label: Index into neg, neu, pos, mixed.
        is_binary: The label only says whether it is rather good or bad.
        can_mix: Whether its source knows mixed texts.
        weight: In the loss.
        units: Annotated units; empty if none are.
        has_ends: Whether the units' ends are annotated too.
    """

    pieces: np.ndarray
    label: int
    is_binary: bool
    can_mix: bool
    weight: float
    units: tuple[UnitRow, ...] = ()
    has_ends: bool = field(default=False)


def rows_by_source(
    examples: Sequence[Example], benchmark: Path, pieces: UnigramPieces
) -> dict[str, list[Row]]:
    """Return everything that may be learnt; examples are free of test texts already."""
    found: dict[str, list[Row]] = {}
    annotated = {ANNOTATED, DOMAIN, MULTI}
    for example in examples:
        label = example.review_labels.get("overall")
        if label is None or example.source in annotated or example.split != "train":
            continue
        cut = [piece.row for piece in pieces.cut(example.whole or "".join(example.units))[:READ]]
        units: tuple[UnitRow, ...] = ()
        if example.source == SEED:
            felt, wanted = (example.unit_labels[head][0] for head in ("sentiment", "intent"))
            units = (UnitRow(0, len(cut), felt, wanted),)
        row = Row(
            np.array(cut, np.int32),
            label,
            example.source in _BINARY,
            example.source in ("absa_zhang_aste", "zhijiang_cosmetics", SEED),
            0.7 if example.source == SEED else example.weight,
            units,
        )
        found.setdefault(example.source, []).append(row)
    reviews = [DomainText.of_review(review) for review in read_units(benchmark) if review["units"]]
    kept = {(example.source, example.text) for example in examples if example.source in annotated}
    for source, texts in (
        (ANNOTATED, reviews),
        (DOMAIN, read_domain_units(benchmark)),
        (MULTI, seed_reviews()),
    ):
        for item in texts:
            words = "".join(item.text[unit.start : unit.end] for unit in item.units)
            if item.split == "train" and (source, words) in kept:
                found.setdefault(source, []).append(annotated_row(item, pieces))
    return found


def annotated_row(item: DomainText, pieces: UnigramPieces, weight: float = 1.0) -> Row:
    """Return an annotated text; units of which no piece is read are left out."""
    cut = pieces.cut(item.text)[:READ]
    units = []
    for unit in item.units:
        inside = [
            place
            for place, piece in enumerate(cut)
            if piece.start < unit.end and piece.end > unit.start
        ]
        if inside:
            units.append(
                UnitRow(
                    inside[0],
                    inside[-1] + 1,
                    SENTIMENTS.index(unit.sentiment),
                    INTENTS.index(unit.intent),
                )
            )
    ids = np.array([piece.row for piece in cut], np.int32)
    label = ("neg", "neu", "pos", "mixed").index(item.sentiment)
    return Row(ids, label, False, True, weight, tuple(units), has_ends=True)


def stage(
    found: Mapping[str, Sequence[Row]],
    plan: Mapping[str, tuple[int, int]],
    draw: random.Random,
) -> list[Row]:
    """Draw the rows of one stage, in random order."""
    rows: list[Row] = []
    for source, (count, times) in plan.items():
        shuffled = list(found.get(source, ()))
        draw.shuffle(shuffled)
        rows += shuffled[:count] * times
    draw.shuffle(rows)
    return rows


def batches(rows: Sequence[Row], size: int, draw: random.Random) -> list[list[Row]]:
    """Return batches of rows of like length, in random order."""
    found: list[list[Row]] = []
    together = size * 40
    for begin in range(0, len(rows), together):
        part = sorted(rows[begin : begin + together], key=lambda row: len(row.pieces))
        chunk = [part[k : k + size] for k in range(0, len(part), size)]
        draw.shuffle(chunk)
        found += chunk
    return found
