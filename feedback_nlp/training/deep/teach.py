"""What the deep reader says of texts, as soft labels for the fast one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import IO

import numpy as np

from feedback_nlp.understanding.deep.reader import DeepReader
from feedback_nlp.understanding.segment.clauses import find_clauses
from feedback_nlp.understanding.segment.cues import load_cues

_TOGETHER = 500  # texts read between two looks at the memory


def teach(reader: DeepReader, texts: Sequence[str], out: IO[str]) -> None:
    """Write a line for each text, each unit found in it, and each end of a clause.

    The form is that of :mod:`feedback_nlp.training.understanding.soft_labels`.
    """
    for begin in range(0, len(texts), _TOGETHER):
        part = texts[begin : begin + _TOGETHER]
        reading = reader.read(part)
        assert reading.reviews is not None
        for text, shares in zip(part, reading.reviews, strict=True):
            _write(out, {"text": text, "overall": _rounded(shares)})
        for words, felt, wanted in zip(
            reading.pieces, reading.sentiment, reading.intent, strict=True
        ):
            _write(out, {"text": words, "sentiment": _rounded(felt), "intent": _rounded(wanted)})
        for text, end, share in _places(reader, part):
            row = {"text": text, "end": end, "boundary": _rounded(np.array([1 - share, share]))}
            _write(out, row)


def _places(reader: DeepReader, texts: Sequence[str]) -> Iterable[tuple[str, int, float]]:
    """Yield text, end of a clause inside it, and the probability that a unit ends there."""
    table = find_clauses(texts, load_cues())
    inner = np.flatnonzero(table.text[1:] == table.text[:-1])
    ends: dict[int, list[int]] = {}
    for clause in inner.tolist():
        number = int(table.text[clause])
        ends.setdefault(number, []).append(int(table.end[clause] - table.text_start[number]))
    for number, places in ends.items():
        text = texts[number]
        shares = reader.end_shares(text)
        for end in places:
            near = [share for last, share in shares if end - 1 <= last <= end + 2]
            yield text, end, max(near, default=0.0)


def _write(out: IO[str], row: dict[str, object]) -> None:
    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _rounded(shares: np.ndarray) -> list[float]:
    return [round(float(share), 4) for share in shares]
