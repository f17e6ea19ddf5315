"""``Pipeline``: the engine for people who program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_nlp.config import load_config
from feedback_nlp.labels import Depth
from feedback_nlp.library.classified import Classified, ClassifiedList
from feedback_nlp.understanding.engine import Engine

if TYPE_CHECKING:
    import pyarrow as pa

_STREAM_TEXTS = 2_000


class Pipeline:
    """Reads feedback: units, sentiment, intent and signals. Load it once, use it from any thread.

    Args:
        engine: See :meth:`load`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def load(cls, config: str | Path | None = None, *, depth: Depth | str = Depth.FAST) -> Pipeline:
        """Load the models.

        Args:
            config: A ``pipeline.toml`` that overrides thresholds; the shipped one by default.
            depth: ``fast`` for millions of rows, ``deep`` where every row counts (needs
                ``pip install 'feedback-nlp[deep]'``), ``auto`` for deep where it is installed.

        Raises:
            ConfigError: If a value of the file is not usable.
            ArtifactError: If a model is missing or damaged, or ``deep`` cannot be had.
            ValueError: If there is no such depth.
        """
        settings = load_config(Path(config) if config is not None else None)
        return cls(Engine.load(settings, Depth(depth)))

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of the models in use."""
        return self._engine.versions

    def classify(
        self, texts: Iterable[str], ratings: Sequence[float | None] | None = None
    ) -> ClassifiedList:
        """Read texts; order is kept, and neighbours do not influence each other.

        Args:
            texts: Any strings.
            ratings: Stars 1–5 or ``None``, one a text. A conflict between star and text is a
                signal; stars never change a sentiment.

        Raises:
            TypeError: If a text is no string, or ``texts`` is one string.
            ValueError: If there is not one rating a text.
        """
        checked = _checked(texts)
        found = self._engine.understand(checked, ratings)
        return ClassifiedList(map(Classified.of, checked, found))

    def stream(self, texts: Iterable[str]) -> Iterator[Classified]:
        """Read texts one after the other, in bounded memory, whatever their number."""
        if isinstance(texts, str):
            raise TypeError(_ONE_STRING)
        iterator = iter(texts)
        while batch := list(islice(iterator, _STREAM_TEXTS)):
            yield from self.classify(batch)

    def classify_frame(self, frame: Any, text: str | None = None, *, prefix: str = "") -> Any:
        """Return a data frame with four more columns: sentiment, score, intent and units.

        Args:
            frame: A pandas or polars ``DataFrame`` or a ``pyarrow.Table``; it is not changed.
                A pandas index is kept. A missing text is read as an empty one.
            text: Column of the text; recognised by its name if left out.
            prefix: Put before the names of the new columns.

        Raises:
            TypeError: If it is another kind of frame.
            InputError: If the text column is not there, or a new column is there already.
        """
        from feedback_nlp.library.frames import classify_frame  # noqa: PLC0415 - loads Arrow

        return classify_frame(self._engine, frame, text, prefix)

    def classify_batches(
        self, batches: Iterable[pa.RecordBatch], text: str, *, prefix: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """Yield Arrow batches with four more columns: what ``mapInArrow`` wants.

        Args:
            batches: Arrow batches with a text column.
            text: Its name.
            prefix: Put before the names of the new columns.
        """
        from feedback_nlp.library.frames import classify_batches  # noqa: PLC0415 - loads Arrow

        return classify_batches(self._engine, batches, text, prefix)


_ONE_STRING = "texts 是一个字符串，应是字符串的列表：classify([text])"


def _checked(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError(_ONE_STRING)
    checked = list(texts)
    for position, text in enumerate(checked):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"第 {position + 1} 条是 {kind}，应是字符串；缺失的先换成空字符串")
    return checked
