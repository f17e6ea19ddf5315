"""Fits what is chosen on held-out texts: temperatures of the heads, where a unit ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from feedback_nlp.config import PipelineConfig
from feedback_nlp.evaluation import align_units
from feedback_nlp.evaluation.units import boundary_figures
from feedback_nlp.records import Span
from feedback_nlp.training.understanding.domain_units import DomainText
from feedback_nlp.understanding.deep.encoder import DeepEncoder
from feedback_nlp.understanding.deep.reader import DeepReader, Heads
from feedback_nlp.understanding.features import softmax
from feedback_nlp.understanding.intent import INTENTS
from feedback_nlp.understanding.sentiment import SENTIMENTS
from feedback_nlp.understanding.sentiment.scorer import OVERALL

_THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(11))


def calibrated(
    encoder: DeepEncoder, heads: Heads, texts: Sequence[DomainText], config: PipelineConfig
) -> Heads:
    """Return ``heads`` with threshold and temperatures chosen on ``texts``.

    The threshold is the one with the best F1 of inner ends; a temperature divides logits so
    that the log loss is least, over annotated units against the units found.
    """
    gold = [[Span(unit.start, unit.end) for unit in item.units] for item in texts]
    words = [item.text for item in texts]

    def quality(threshold: float) -> float:
        reader = DeepReader(config.segment, encoder, replace(heads, end_threshold=threshold))
        spans = [[Span(*span) for span in found] for found in reader.read(words).spans]
        return boundary_figures(gold, spans, inner_only=True).f1

    heads = replace(heads, end_threshold=max(_THRESHOLDS, key=quality))
    reading = DeepReader(config.segment, encoder, heads).read(words)
    rows, felt, wanted = [], [], []
    begin = 0
    for item, spans, found in zip(texts, gold, reading.spans, strict=True):
        for unit, place in zip(
            item.units, align_units(spans, [Span(*span) for span in found]), strict=True
        ):
            if place is not None:
                rows.append(begin + place)
                felt.append(SENTIMENTS.index(unit.sentiment))
                wanted.append(INTENTS.index(unit.intent))
        begin += len(found)
    reviews = reading.reviews
    assert reviews is not None
    labels = [OVERALL.index(item.sentiment) for item in texts]
    of_units = _temperature(reading.sentiment[rows], felt)
    of_intents = _temperature(reading.intent[rows], wanted)
    of_texts = _temperature(reviews, labels)

    return replace(
        heads,
        unit=replace(heads.unit, temperature=of_units),
        intent=replace(heads.intent, temperature=of_intents),
        review=replace(heads.review, temperature=of_texts),
    )


def _temperature(probabilities: np.ndarray, labels: Sequence[int]) -> float:
    truth = np.arange(len(labels)), np.array(labels)

    def loss(temperature: float) -> float:
        return float(-np.log(_tempered(probabilities, temperature)[truth] + 1e-9).mean())

    return float(minimize_scalar(loss, bounds=(0.5, 4.0), method="bounded").x)


def _tempered(probabilities: np.ndarray, temperature: float) -> npt.NDArray[np.float32]:
    logits = np.log(probabilities + 1e-9).astype(np.float32)
    return softmax(logits / np.float32(temperature))
