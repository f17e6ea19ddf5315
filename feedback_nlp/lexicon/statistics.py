"""Counts, cohesion and branching of every frequent run of 2–6 symbols, in NumPy.

A symbol is one ideograph, or one run of letters and digits such as ``note5`` or
``2.0``; anything else (punctuation, emoji, the end of a passage) separates. Runs grow
symbol by symbol, and only from runs that are frequent themselves, so the arrays shrink
at every step.

Source: Church & Hanks 1990 for pointwise mutual information; Jin & Tanaka-Ishii 2006
for branching entropy as a sign of word borders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feedback_nlp.chinese import fold

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MAX_SYMBOLS = 6
_BREAK = "\n"
_SEPARATOR = -1
_RARE = -1
_ALNUM_RUN = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*")
_FIRST_RUN = 0x110000  # above every code point: numbers of the distinct runs


@dataclass(frozen=True, slots=True)
class SymbolText:
    """Passages as one array of symbols.

    Attributes:
        raw: All passages as they were said, joined by line breaks.
        folded: The same, folded; offsets are equal.
        symbols: (m,) dense numbers of symbols, −1 for separators.
        starts: (m,) offset of each symbol in the text.
        ends: (m,) offset behind each symbol.
        passages: (m,) index of the passage each symbol is in.
        han: (m,) whether the symbol is an ideograph.
    """

    raw: str
    folded: str
    symbols: Ints
    starts: Ints
    ends: Ints
    passages: Ints
    han: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Runs:
    """All frequent runs of one length. ``k`` of them; ``p`` places where they occur.

    Attributes:
        length: Symbols in each.
        counts: (k,) places.
        cohesion: (k,) lowest pointwise mutual information over all cuts in two, in bits.
        left: (k,) entropy of what comes before, in bits; each border is one of its kind.
        right: (k,) entropy of what comes after, in bits.
        places: (p,) index of the first symbol, grouped by run.
        offsets: (k + 1,) where each run's group begins in ``places``.
    """

    length: int
    counts: Ints
    cohesion: Floats
    left: Floats
    right: Floats
    places: Ints
    offsets: Ints


def read_symbols(passages: Sequence[str]) -> SymbolText:
    """Turn passages into symbols; line breaks inside a passage separate, too."""
    raw = "".join(passage.replace(_BREAK, " ") + _BREAK for passage in passages)
    folded = fold(raw)
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    han = ((codes >= 0x4E00) & (codes < 0xA000)) | ((codes >= 0x3400) & (codes < 0x4DC0))
    kept = np.ones(len(codes), np.bool_)
    lengths = np.ones(len(codes), np.int64)
    values = np.where(han, codes, _SEPARATOR)
    numbers: dict[str, int] = {}
    for found in _ALNUM_RUN.finditer(folded):
        start, end = found.span()
        kept[start + 1 : end] = False
        lengths[start] = end - start
        values[start] = numbers.setdefault(found.group(), _FIRST_RUN + len(numbers))
    starts = np.flatnonzero(kept)
    values = values[starts]
    spoken = values != _SEPARATOR
    symbols = np.full(len(values), _SEPARATOR, np.int64)
    symbols[spoken] = np.unique(values[spoken], return_inverse=True)[1]
    ends_of_passages = np.flatnonzero(codes == ord(_BREAK))
    return SymbolText(
        raw=raw,
        folded=folded,
        symbols=symbols,
        starts=starts,
        ends=starts + lengths[starts],
        passages=np.searchsorted(ends_of_passages, starts),
        han=han[starts],
    )


def frequent_runs(text: SymbolText, min_count: int) -> Iterator[Runs]:
    """Yield the runs of 2, 3 … :data:`MAX_SYMBOLS` symbols that occur often enough.

    Args:
        text: What :func:`read_symbols` made.
        min_count: Fewest places of a run.
    """
    symbols = text.symbols
    if not (symbols >= 0).any():
        return
    width = int(symbols.max()) + 2
    counts = np.bincount(symbols[symbols >= 0], minlength=width)
    first = np.where((symbols >= 0) & (counts[symbols] >= min_count), symbols, _RARE)
    total = int(counts.sum())
    ids, run_counts = [first], [counts]
    for length in range(2, MAX_SYMBOLS + 1):
        before, last = ids[-1], len(symbols) - length + 1
        if last <= 0:
            return
        grows = np.flatnonzero((before[:last] >= 0) & (before[1 : last + 1] >= 0))
        keys = before[grows] * width + symbols[grows + length - 1]
        _, inverse, found = np.unique(keys, return_inverse=True, return_counts=True)
        frequent = found >= min_count
        if not frequent.any():
            return
        renumbered = np.where(frequent, np.cumsum(frequent) - 1, _RARE)[inverse]
        now = np.full(len(symbols), _RARE, np.int64)
        now[grows] = renumbered
        counts_now = found[frequent]
        ids.append(now)
        run_counts.append(counts_now)
        places = grows[renumbered >= 0]
        places = places[np.argsort(now[places], kind="stable")]
        offsets = np.concatenate([[0], np.cumsum(counts_now)])
        yield Runs(
            length=length,
            counts=counts_now,
            cohesion=_cohesion(ids, run_counts, places[offsets[:-1]], total),
            left=_branching(symbols, now[places], places - 1, counts_now, width),
            right=_branching(symbols, now[places], places + length, counts_now, width),
            places=places,
            offsets=offsets,
        )


def _cohesion(ids: Sequence[Ints], counts: Sequence[Ints], places: Ints, total: int) -> Floats:
    """Return the lowest mutual information over all cuts of the run at each place."""
    length = len(ids)
    whole = counts[-1][ids[-1][places]]
    lowest = np.full(len(places), np.inf)
    for cut in range(1, length):
        head = counts[cut - 1][ids[cut - 1][places]]
        tail = counts[length - cut - 1][ids[length - cut - 1][places + cut]]
        lowest = np.minimum(lowest, np.log2(whole * (total / head) / tail))
    return lowest


def _branching(symbols: Ints, runs: Ints, beside: Ints, counts: Ints, width: int) -> Floats:
    """Return the entropy of the symbols beside each run; separators are all different."""
    inside = (beside >= 0) & (beside < len(symbols))
    neighbours = np.where(inside, symbols[np.where(inside, beside, 0)], _SEPARATOR)
    real = neighbours != _SEPARATOR
    keys, found = np.unique(runs[real] * width + neighbours[real], return_counts=True)
    same = np.bincount(keys // width, weights=found * np.log2(found), minlength=len(counts))
    entropy: Floats = np.maximum(np.log2(counts) - same / counts, 0.0)
    return entropy
