"""The segmenter: clauses joined into units, as offsets into the text as given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, repeat

import numpy as np

from feedback_nlp.config import SegmentConfig
from feedback_nlp.records import Span
from feedback_nlp.understanding.segment.boundaries import BoundaryModel, load_boundaries
from feedback_nlp.understanding.segment.characters import Kind
from feedback_nlp.understanding.segment.clauses import ClauseTable, find_clauses
from feedback_nlp.understanding.segment.cues import load_cues
from feedback_nlp.understanding.segment.heads import find_heads

_BATCH_CHARS = 150_000  # keeps the arrays of a batch within a few MB


class Segmenter:
    """Cuts texts into units.

    Units are ordered, do not overlap and hold at least one letter, digit or emoji.
    Separators and brackets around a unit are left out, but marks that carry feeling
    or make a question (!, ?) stay with the unit that they close. Points of a list
    (1、 ②) are always units of their own, without their markers.

    Args:
        config: Shortest and longest unit.
        boundaries: Decides between which clauses a new point begins; the shipped model
            by default.
    """

    def __init__(self, config: SegmentConfig, boundaries: BoundaryModel | None = None) -> None:
        self._config = config
        self._boundaries = boundaries if boundaries is not None else load_boundaries()
        self._cues = load_cues()

    @property
    def version(self) -> str:
        """Content version of the boundary model."""
        return self._boundaries.version

    def segment(self, text: str) -> list[Span]:
        """Return the units of one text."""
        return self.segment_batch([text])[0]

    def segment_batch(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the units of each text; the same as one by one, and far faster."""
        units: list[list[Span]] = []
        batch: list[str] = []
        size = 0
        for text in texts:
            batch.append(text)
            size += len(text) + 1
            if size >= _BATCH_CHARS:
                units += self._segment(batch)
                batch, size = [], 0
        if batch:
            units += self._segment(batch)
        return units

    def _segment(self, texts: Sequence[str]) -> list[list[Span]]:
        table = find_clauses(texts, self._cues)
        if not table.start.size:
            return [[] for _ in texts]
        cut = self._cuts(table)
        _obey_heads(texts, table, cut)
        first = np.flatnonzero(np.concatenate(([True], cut)))
        last = np.append(first[1:] - 1, table.start.size - 1)
        text = table.text[first]
        start, end = _trim(table, table.start[first], table.end[last])
        offset = table.text_start[text]
        # tuple.__new__ skips the Python-level constructor: there are many spans.
        spans: list[Span] = list(
            map(
                tuple.__new__,
                repeat(Span),
                zip((start - offset).tolist(), (end - offset).tolist(), strict=True),
            )
        )
        bounds = np.searchsorted(text, np.arange(len(texts) + 1)).tolist()
        return [spans[low:high] for low, high in pairwise(bounds)]

    def _cuts(self, table: ClauseTable) -> np.ndarray:
        """Return whether a new unit begins after each clause but the last: (c − 1,), bool."""
        score = self._boundaries.score(table)
        other_text = table.text[1:] != table.text[:-1]
        listed = (table.marker[1:] > 0) | (table.gap[:-1] >> Kind.MARK & 1 == 1)
        cut = (score > 0) | listed | other_text
        return _limit_length(table, cut, score, other_text, self._config)


def _obey_heads(texts: Sequence[str], table: ClauseTable, cut: np.ndarray) -> None:
    """Cut, in place, where the writer began a new point; keep each head with what it heads."""
    heads = [
        (int(table.text_start[number]), head)
        for number, text in enumerate(texts)
        for head in find_heads(text)
    ]
    if not heads or not cut.size:
        return
    starts = np.array([offset + head.start for offset, head in heads])
    solid = np.array([offset + head.solid_until for offset, head in heads])
    first = np.searchsorted(table.start, starts)
    after = np.searchsorted(table.start, solid)  # the first clause behind the head
    for clause, following in zip(first.tolist(), after.tolist(), strict=True):
        if clause >= table.start.size:
            continue
        last = max(clause, min(following, table.start.size) - 1)
        cut[clause:last] = table.text[clause:last] != table.text[clause + 1 : last + 1]
        if clause:
            cut[clause - 1] = True


def _limit_length(
    table: ClauseTable,
    cut: np.ndarray,
    score: np.ndarray,
    other_text: np.ndarray,
    config: SegmentConfig,
) -> np.ndarray:
    """Join units that are too short, cut units that are too long at their likeliest place."""
    cut = cut.copy()
    first = np.flatnonzero(np.concatenate(([True], cut)))
    last = np.append(first[1:] - 1, table.start.size - 1)
    length = table.end[last] - table.start[first]
    for unit in np.flatnonzero(length < config.min_unit_chars).tolist():
        before, after = first[unit] - 1, last[unit]
        if after < cut.size and not other_text[after] and table.gap[after] >> Kind.STOP == 0:
            cut[after] = False
        elif before >= 0 and not other_text[before]:
            cut[before] = False
        elif after < cut.size and not other_text[after]:
            cut[after] = False
    first = np.flatnonzero(np.concatenate(([True], cut)))
    last = np.append(first[1:] - 1, table.start.size - 1)
    length = table.end[last] - table.start[first]
    for unit in np.flatnonzero(length > config.max_unit_chars).tolist():
        _cut_long(table, cut, score, int(first[unit]), int(last[unit]), config.max_unit_chars)
    return cut


def _cut_long(
    table: ClauseTable, cut: np.ndarray, score: np.ndarray, low: int, high: int, limit: int
) -> None:
    """Cut clauses ``low … high`` into units of at most ``limit`` characters where possible.

    From the left, each time at the likeliest place that leaves neither a scrap nor more
    than the limit. Linear in the text, whatever it holds.
    """
    while low < high and table.end[high] - table.start[low] > limit:
        ends = table.end[low:high]
        start = int(table.start[low])
        furthest = int(np.searchsorted(ends, start + limit, side="right"))  # places that fit
        nearest = int(np.searchsorted(ends, start + limit // 3))
        nearest = min(nearest, max(0, furthest - 1))
        place = low + nearest + int(np.argmax(score[low + nearest : low + max(1, furthest)]))
        cut[place] = True
        low = place + 1


def _trim(table: ClauseTable, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave brackets at the edges out, take closing ! and ? in."""
    solid = np.flatnonzero(table.kinds < Kind.BRACKET)  # every unit holds some
    start = solid[np.searchsorted(solid, start)]
    end = solid[np.searchsorted(solid, end) - 1] + 1
    other = np.flatnonzero((table.kinds != Kind.EXCLAIM) & (table.kinds != Kind.ASK))
    return start, other[np.searchsorted(other, end)]  # a line break ends every batch
