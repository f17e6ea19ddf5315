"""One labelled file against what the engine reads out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from feedback_nlp.evaluation.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_curve,
)
from feedback_nlp.evaluation.classification import ClassificationReport, classification_report
from feedback_nlp.evaluation.labelled import LabelledText
from feedback_nlp.evaluation.units import BoundaryFigures, align_units, boundary_figures
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Span, Understanding, Unit

_BINARY = {Sentiment.NEG, Sentiment.POS}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer. ``confidence`` is 0–1, how sure the engine was."""

    line: int
    text: str
    true: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """How one kind of label fared.

    Attributes:
        name: ``sentiment``, ``intent``, ``unit_sentiment`` or ``unit_intent``.
        report: Figures a class and overall.
        calibration_error: 0–1, over the rows whose answer carries one probability, or
            ``None`` if there is no such row.
        reliability: The curve over the same rows.
        calibrated_count: How many such rows.
        mistakes: Wrong answers, the surest first.
        binary: Whether the file knows only negative and positive, so that the engine
            had to choose between these by the sign of its score.
    """

    name: str
    report: ClassificationReport
    calibration_error: float | None
    reliability: tuple[ReliabilityBin, ...]
    calibrated_count: int
    mistakes: tuple[Mistake, ...]
    binary: bool = False


@dataclass(frozen=True, slots=True)
class FileAssessment:
    """All figures of a file; ``boundaries`` only if it marks units."""

    row_count: int
    parts: tuple[Assessment, ...]
    boundaries: BoundaryFigures | None = None
    inner_boundaries: BoundaryFigures | None = None


@dataclass(slots=True)
class _Answers:
    """Collects answers of one kind."""

    true: list[str] = field(default_factory=list)
    predicted: list[str] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    is_probability: list[bool] = field(default_factory=list)
    where: list[tuple[int, str]] = field(default_factory=list)

    def add(
        self, item: LabelledText, text: str, true: str, predicted: str, sure: float, *, exact: bool
    ) -> None:
        self.true.append(true)
        self.predicted.append(predicted)
        self.confidence.append(min(1.0, max(0.0, sure)))
        self.is_probability.append(exact)
        self.where.append((item.line, text))


def assess(
    items: Sequence[LabelledText],
    understandings: Sequence[Understanding],
    *,
    worst_count: int = 10,
    bootstrap_samples: int = 500,
) -> FileAssessment:
    """Compare labels with what the engine read.

    A probability exists a unit; so the calibration of whole texts is taken over those
    that are one unit. Of unit labels each true unit is compared with the predicted one
    that overlaps it most; a unit that nothing overlaps is left out.

    Args:
        items: Labelled texts.
        understandings: What the engine read, one an item.
        worst_count: Mistakes to keep of each kind.
        bootstrap_samples: Resamples behind the F1 intervals.
    """
    true_sentiments = {item.sentiment for item in items if item.sentiment}
    binary = bool(true_sentiments) and true_sentiments <= _BINARY
    answers = {
        name: _Answers() for name in ("sentiment", "intent", "unit_sentiment", "unit_intent")
    }
    gold: list[list[Span]] = []
    predicted: list[list[Span]] = []
    for item, reading in zip(items, understandings, strict=True):
        _collect_text(item, reading, answers, binary=binary)
        if item.units is not None:
            gold.append([unit.span for unit in item.units])
            predicted.append([Span(unit.start, unit.end) for unit in reading.units])
            _collect_units(item, reading, answers, gold[-1], predicted[-1])
    parts = tuple(
        _assessment(
            name, found, worst_count, bootstrap_samples, binary=binary and name == "sentiment"
        )
        for name, found in answers.items()
        if found.true
    )
    if not gold:
        return FileAssessment(len(items), parts)
    return FileAssessment(
        len(items),
        parts,
        boundary_figures(gold, predicted),
        boundary_figures(gold, predicted, inner_only=True),
    )


def _collect_text(
    item: LabelledText, reading: Understanding, answers: dict[str, _Answers], *, binary: bool
) -> None:
    only: Unit | None = reading.units[0] if len(reading.units) == 1 else None
    if item.sentiment:
        called = reading.sentiment
        if binary:
            called = Sentiment.POS if reading.sentiment_score >= 0 else Sentiment.NEG
        exact = only is not None and only.sentiment == called
        sure = only.sentiment_confidence if only and exact else abs(reading.sentiment_score)
        answers["sentiment"].add(item, item.text, item.sentiment, called, sure, exact=exact)
    if item.intent:
        exact = only is not None and only.intent == reading.intent
        sure = max(
            (unit.confidence for unit in reading.units if unit.intent == reading.intent),
            default=0.0,
        )
        answers["intent"].add(item, item.text, item.intent, reading.intent, sure, exact=exact)


def _collect_units(
    item: LabelledText,
    reading: Understanding,
    answers: dict[str, _Answers],
    gold: Sequence[Span],
    predicted: Sequence[Span],
) -> None:
    for unit, position in zip(item.units or (), align_units(gold, predicted), strict=True):
        if position is None:
            continue
        found = reading.units[position]
        text = item.text[unit.span.start : unit.span.end]
        if unit.sentiment:
            answers["unit_sentiment"].add(
                item, text, unit.sentiment, found.sentiment, found.sentiment_confidence, exact=True
            )
        if unit.intent:
            answers["unit_intent"].add(
                item, text, unit.intent, found.intent, found.confidence, exact=True
            )


def _assessment(
    name: str, found: _Answers, worst_count: int, bootstrap_samples: int, *, binary: bool
) -> Assessment:
    correct = [a == b for a, b in zip(found.true, found.predicted, strict=True)]
    sure = [c for c, exact in zip(found.confidence, found.is_probability, strict=True) if exact]
    right = [c for c, exact in zip(correct, found.is_probability, strict=True) if exact]
    wrong = sorted(
        (i for i, is_right in enumerate(correct) if not is_right),
        key=lambda i: (-found.confidence[i], found.where[i][0]),
    )
    return Assessment(
        name=name,
        report=classification_report(
            found.true,
            found.predicted,
            labels=_in_order(name, {*found.true, *found.predicted}),
            bootstrap_samples=bootstrap_samples,
        ),
        calibration_error=expected_calibration_error(sure, right) if sure else None,
        reliability=reliability_curve(sure, right) if sure else (),
        calibrated_count=len(sure),
        mistakes=tuple(
            Mistake(*found.where[i], found.true[i], found.predicted[i], found.confidence[i])
            for i in wrong[:worst_count]
        ),
        binary=binary,
    )


def _in_order(name: str, occurring: set[str]) -> list[str]:
    """Return the labels that occur, in the order of their vocabulary."""
    vocabulary = Sentiment if name.endswith("sentiment") else Intent
    return [value.value for value in vocabulary if value.value in occurring]
