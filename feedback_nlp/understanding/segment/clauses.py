"""Clauses of many texts at once: where each begins and ends, and what stands between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.chinese.fold import code_points, folded_code_points
from feedback_nlp.understanding.segment.characters import FIRST_SEPARATOR, Kind, kinds_of
from feedback_nlp.understanding.segment.cues import CueMatches, Cues

_MIN_BEFORE_INLINE = 3  # characters a clause must have before an inline cue, and from it on
_LIST_MARKER_CHARS = 2
_NUMERALS = code_points("一二三四五六七八九十")


@dataclass(frozen=True, slots=True)
class ClauseTable:
    """Clauses of a batch of texts, in text order. All arrays are int64 of shape (c,).

    Offsets point into the batch: the texts joined, each followed by a line break.

    Attributes:
        codes: Folded code points of the joined texts, shape (n,), uint32.
        kinds: Their kinds, shape (n,), uint8.
        start, end: Each clause.
        text: Index of the text it belongs to.
        gap: Bits ``1 << Kind`` of what stands between the clause and the next one.
        marker: 1 where a list marker (1、 2.) stands right before the clause.
        text_start: Offset of each text, shape (texts,).
        cues: Cue words of the batch.
    """

    codes: np.ndarray
    kinds: np.ndarray
    start: np.ndarray
    end: np.ndarray
    text: np.ndarray
    gap: np.ndarray
    marker: np.ndarray
    text_start: np.ndarray
    cues: CueMatches


def find_clauses(texts: Sequence[str], cues: Cues) -> ClauseTable:
    """Cut ``texts`` at every separator, after emoji, and before inline cues."""
    joined = "\n".join(texts) + "\n"
    codes = folded_code_points(joined)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    text_start = np.concatenate(([0], np.cumsum(lengths + 1)[:-1])) if len(texts) else lengths
    kinds = kinds_of(codes)
    matches = cues.find(codes)

    separates = kinds >= FIRST_SEPARATOR
    edges = np.diff(separates.astype(np.int8), prepend=np.int8(1))
    start = np.flatnonzero(edges == -1)
    end = np.flatnonzero(edges == 1)
    end = end[end > 0] if start.size == end.size else end[-start.size :] if start.size else start
    start, end = _without_bare_brackets(start, end, kinds)
    extra = np.concatenate((_inline_starts(start, end, matches), _after_emoji(kinds)))
    if extra.size:
        start, end = _insert(start, end, np.unique(extra))
    start, end, marker = _take_list_markers(start, end, codes, kinds)
    text = np.searchsorted(text_start, start, side="right") - 1
    return ClauseTable(
        codes, kinds, start, end, text, _gaps(kinds, start, end), marker, text_start, matches
    )


def _without_bare_brackets(
    start: np.ndarray, end: np.ndarray, kinds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Drop clauses made of brackets and quotes only."""
    solid = np.concatenate(([0], np.cumsum(kinds < Kind.BRACKET)))
    kept = solid[end] > solid[start]
    return start[kept], end[kept]


def _inline_starts(start: np.ndarray, end: np.ndarray, matches: CueMatches) -> np.ndarray:
    position = matches.start[matches.inline]
    clause = np.searchsorted(start, position, side="right") - 1
    inside = clause >= 0
    position, clause = position[inside], clause[inside]
    far = (position - start[clause] >= _MIN_BEFORE_INLINE) & (
        end[clause] - position >= _MIN_BEFORE_INLINE
    )
    starts: np.ndarray = position[far]
    return starts


def _after_emoji(kinds: np.ndarray) -> np.ndarray:
    turns = (kinds[:-1] == Kind.EMOJI) & (kinds[1:] < Kind.EMOJI)
    return np.flatnonzero(turns) + 1


def _insert(start: np.ndarray, end: np.ndarray, cut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut clauses at offsets that lie strictly inside one."""
    clause = np.searchsorted(start, cut, side="right") - 1
    inside = (clause >= 0) & (cut > start[clause]) & (cut < end[clause])
    cut = cut[inside]
    return np.sort(np.concatenate((start, cut))), np.sort(np.concatenate((end, cut)))


def _take_list_markers(
    start: np.ndarray, end: np.ndarray, codes: np.ndarray, kinds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop clauses like 1、 12. or 三、 and mark the clause after."""
    digits = np.concatenate(([0], np.cumsum(kinds == Kind.DIGIT)))
    length = end - start
    closing = kinds[np.minimum(end, len(kinds) - 1)]
    is_marker = (
        (length <= _LIST_MARKER_CHARS)
        & (digits[end] - digits[start] == length)
        & ((closing == Kind.PAUSE) | (closing == Kind.STOP) | (closing == Kind.COLON))
    )
    is_marker |= (length == 1) & (closing == Kind.PAUSE) & np.isin(codes[start], _NUMERALS)
    # Only a marker if something follows right after it.
    followed = np.zeros(start.size, dtype=bool)
    followed[:-1] = start[1:] == end[:-1] + 1
    is_marker &= followed
    marker = np.zeros(start.size, dtype=np.int64)
    marker[1:] = is_marker[:-1]
    return start[~is_marker], end[~is_marker], marker[~is_marker]


def _gaps(kinds: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the bits of the kinds between each clause's end and the next one's start."""
    if not start.size:
        return np.zeros(0, dtype=np.int64)
    bits = np.left_shift(np.int64(1), kinds.astype(np.int64))
    following = np.append(start[1:], len(kinds))
    # reduceat over [end, next start) pairs; where the two are equal nothing stands between.
    bounds = np.column_stack((end, np.minimum(following, len(kinds) - 1))).ravel()
    gap = np.bitwise_or.reduceat(bits, bounds)[::2]
    gap[following == end] = 0
    result: np.ndarray = gap
    return result


def clause_cues(table: ClauseTable) -> tuple[np.ndarray, np.ndarray]:
    """Return the cue bits that each clause holds, and opens with: shape (c,), int64, twice."""
    count = table.start.size
    held = np.zeros(count, dtype=np.int64)
    opening = np.zeros(count, dtype=np.int64)
    matches = table.cues
    clause = np.searchsorted(table.start, matches.start, side="right") - 1
    inside = clause >= 0
    inside[inside] = matches.start[inside] < table.end[clause[inside]]
    clause = clause[inside]
    np.bitwise_or.at(held, clause, matches.held[inside])
    first = matches.start[inside] == table.start[clause]
    opening[clause[first]] = matches.opening[inside][first]
    return held, opening
