"""The deep reader: one pass gives the ends, the feeling and the intent of every unit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.config import SegmentConfig
from feedback_nlp.cores import cores
from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.deep.encoder import DeepEncoder
from feedback_nlp.understanding.deep.pieces import Piece
from feedback_nlp.understanding.features import SoftmaxHead
from feedback_nlp.understanding.reading import Reading, words_of
from feedback_nlp.understanding.segment.heads import find_heads

Floats = npt.NDArray[np.float32]
_Look = tuple[list[tuple[int, int]], Floats, Floats]
_WORD = re.compile(r"[^\W_]|[\U0001F300-\U0001FAFF\u2600-\u27BF]")


@dataclass(frozen=True, slots=True)
class Heads:
    """What is read off the states; all linear.

    Attributes:
        end: On pieces, 2 classes: a unit ends after this one.
        unit: Feeling of a unit, 3 classes.
        intent: Intent of a unit, 6 classes.
        review: Feeling of a text, 4 classes.
        end_threshold: From this probability on a unit ends, 0–1.
        version: Content version of the artefact.
    """

    end: SoftmaxHead
    unit: SoftmaxHead
    intent: SoftmaxHead
    review: SoftmaxHead
    end_threshold: float
    version: str = ""

    @classmethod
    def load(cls, folder: Path | None = None) -> Heads:
        """Load an artefact folder, ``models/deep_heads`` by default.

        Raises:
            ArtifactError: If it is missing or damaged.
        """
        artifact = load_artifact(folder if folder is not None else model_folder("deep_heads"))
        try:
            end, unit, intent, review = (
                SoftmaxHead.from_tensors(artifact.tensors, name)
                for name in ("end", "unit", "intent", "review")
            )
            return cls(
                end,
                unit,
                intent,
                review,
                float(artifact.config["end_threshold"]),
                artifact.version,
            )
        except KeyError as error:
            raise ArtifactError(f"深读模型缺少 {error}", hint="重新安装") from error


class DeepReader:
    """The transformer with its heads.

    A unit's features are the mean state of its pieces, a text's the mean state of all its
    pieces; the heads are linear on these, like the fast reader's, so that a company's labels
    can correct them.

    Args:
        config: Shortest unit, in characters.
        encoder: The transformer; the shipped one by default.
        heads: The shipped ones by default.

    Raises:
        ArtifactError: If a model is missing or damaged.
    """

    def __init__(
        self,
        config: SegmentConfig,
        encoder: DeepEncoder | None = None,
        heads: Heads | None = None,
    ) -> None:
        self._least = config.min_unit_chars
        self._encoder = encoder if encoder is not None else DeepEncoder()
        self._heads = heads if heads is not None else Heads.load()
        self._threads = cores()

    @property
    def versions(self) -> Mapping[str, str]:
        """Content versions of transformer and heads."""
        return {"deep": self._encoder.version, "deep_heads": self._heads.version}

    def read(self, texts: Sequence[str]) -> Reading:
        """Read each text."""
        spans: list[list[tuple[int, int]]] = []
        units: list[Floats] = []
        reviews: list[Floats] = []
        looks = self._looks(list(dict.fromkeys(texts)))  # many say the same
        for text in texts:
            found, of_units, of_text = looks[text]
            spans.append(found)
            units += list(of_units)
            reviews.append(of_text)
        counts, words = words_of(texts, spans)
        width = self._heads.unit.weight.shape[0]
        of_units = np.array(units, dtype=np.float32).reshape(-1, width)
        return Reading(
            spans,
            words,
            counts,
            self._heads.unit.probabilities(of_units),
            self._heads.intent.probabilities(of_units),
            self._heads.review.probabilities(
                np.array(reviews, dtype=np.float32).reshape(-1, width)
            ),
        )

    def _looks(self, texts: Sequence[str]) -> Mapping[str, _Look]:
        """Look at each text; the runtime lets go of the interpreter, so a thread fills a core."""
        threads = min(self._threads, len(texts))
        if threads < 2:
            return {text: self._look(text) for text in texts}
        with ThreadPoolExecutor(threads) as pool:
            return dict(zip(texts, pool.map(self._look, texts), strict=True))

    def features(self, text: str) -> tuple[Floats, Floats]:
        """Return what the heads read: of each unit (n, width), and of the text (width,)."""
        _, of_units, of_text = self._look(text)
        return of_units, of_text

    def end_shares(self, text: str) -> list[tuple[int, float]]:
        """Return for each piece of a text its end, and the probability that a unit ends there."""
        pieces = self._encoder.cut(text) if _WORD.search(text) else []
        shares = self._heads.end.probabilities(self._encoder.states(text, pieces))
        return [
            (piece.end, float(share)) for piece, share in zip(pieces, shares[:, 1], strict=True)
        ]

    def _look(self, text: str) -> _Look:
        """Return the spans of a text, and the features of its units and of itself."""
        pieces = self._encoder.cut(text) if _WORD.search(text) else []
        states = self._encoder.states(text, pieces)
        width = states.shape[1]
        if not len(states):
            return [], np.zeros((0, width), np.float32), np.zeros(width, np.float32)
        found = self._units(text, pieces, states)
        means = [states[first:last].mean(axis=0) for _, _, first, last in found]
        of_units = np.array(means, dtype=np.float32).reshape(-1, width)
        return [(start, end) for start, end, _, _ in found], of_units, states.mean(axis=0)

    def _units(
        self, text: str, pieces: Sequence[Piece], states: Floats
    ) -> list[tuple[int, int, int, int]]:
        """Return start, end, first piece and piece after the last of each unit."""
        if not len(states):
            return []
        ends = self._heads.end.probabilities(states)[:, 1] > self._heads.end_threshold
        starts = [piece.start for piece in pieces]
        for head in find_heads(text):
            first, behind = bisect_left(starts, head.start), bisect_left(starts, head.solid_until)
            ends[first : max(first, behind - 1)] = False
            ends[max(0, first - 1)] = True
        ends[-1] = True
        found: list[tuple[int, int, int, int]] = []
        first = 0
        for last in (np.flatnonzero(ends) + 1).tolist():
            start, end = stripped(text, pieces[first].start, pieces[last - 1].end)
            if end - start < self._least or not _WORD.search(text, start, end):
                if last < len(pieces):
                    continue  # too little to say something: it joins what follows
                if found:  # nothing follows: it joins what came before
                    start, _, first, _ = found.pop()
            found.append((start, end, first, last))
            first = last
        return found


def stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
