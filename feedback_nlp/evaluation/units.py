"""How well predicted units agree with annotated ones: ends, and which is which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feedback_nlp.records import Span


@dataclass(frozen=True, slots=True)
class BoundaryFigures:
    """Agreement of unit ends. Precision, recall and F1 are 0–1.

    Attributes:
        matched: Predicted ends that meet a gold end, each gold end met once.
        predicted: Predicted ends.
        gold: Gold ends.
    """

    matched: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of predicted ends that are right."""
        return self.matched / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of gold ends that were found."""
        return self.matched / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean; 1 when there was nothing to find and nothing was found."""
        total = self.predicted + self.gold
        return 2 * self.matched / total if total else 1.0


def boundary_figures(
    gold: Iterable[Sequence[Span]],
    predicted: Iterable[Sequence[Span]],
    *,
    tolerance: int = 2,
    inner_only: bool = False,
) -> BoundaryFigures:
    """Count unit ends that agree within ``tolerance`` characters, over many texts.

    Each gold end is met by at most one predicted end (pairing in text order, which is
    optimal on a line with one tolerance).

    Args:
        gold: Annotated units a text, in text order.
        predicted: Predicted units a text, in text order, as many texts.
        tolerance: Characters that an end may be off, because annotators differ on
            whether closing punctuation belongs to the unit.
        inner_only: Leave out the last end of each text on both sides. That end is
            nearly always the end of the text, so it flatters every segmenter; the
            inner ends show the cutting itself.
    """
    matched = count = wanted = 0
    for gold_units, predicted_units in zip(gold, predicted, strict=True):
        gold_ends = sorted(unit.end for unit in gold_units)
        ends = sorted(unit.end for unit in predicted_units)
        if inner_only:
            gold_ends, ends = gold_ends[:-1], ends[:-1]
        matched += _pair(gold_ends, ends, tolerance)
        count += len(ends)
        wanted += len(gold_ends)
    return BoundaryFigures(matched, count, wanted)


def boundary_f1(
    gold: Iterable[Sequence[Span]], predicted: Iterable[Sequence[Span]], tolerance: int = 2
) -> float:
    """Return the F1 of unit ends over all texts; see :func:`boundary_figures`."""
    return boundary_figures(gold, predicted, tolerance=tolerance).f1


def align_units(gold: Sequence[Span], predicted: Sequence[Span]) -> list[int | None]:
    """Return, for each gold unit, the index of the predicted unit that overlaps it most.

    Ties go to the earlier unit; ``None`` where nothing overlaps. One predicted unit may
    serve several gold units: a merge is punished by its label being wrong for one of
    them, not by leaving units out of the score.
    """
    aligned: list[int | None] = []
    for unit in gold:
        best, best_overlap = None, 0
        for position, other in enumerate(predicted):
            overlap = min(unit.end, other.end) - max(unit.start, other.start)
            if overlap > best_overlap:
                best, best_overlap = position, overlap
        aligned.append(best)
    return aligned


def _pair(gold: Sequence[int], predicted: Sequence[int], tolerance: int) -> int:
    matched = i = j = 0
    while i < len(gold) and j < len(predicted):
        if abs(gold[i] - predicted[j]) <= tolerance:
            matched, i, j = matched + 1, i + 1, j + 1
        elif gold[i] < predicted[j]:
            i += 1
        else:
            j += 1
    return matched
