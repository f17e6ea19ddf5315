"""A reader that needs no model: one unit a text, all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Understanding, Unit


class FakeEngine:
    """Counts the texts it reads."""

    versions: ClassVar[dict[str, str]] = {"fake": "1"}
    read: ClassVar[int] = 0

    @classmethod
    def load(cls, *_: object) -> FakeEngine:
        return cls()

    def understand(self, texts: Sequence[str]) -> list[Understanding]:
        FakeEngine.read += len(texts)
        return [
            Understanding(
                Sentiment.NEG,
                -0.5,
                Intent.BUG,
                (Unit(0, len(t), t, Sentiment.NEG, -0.5, Intent.BUG, 0.9),) if t else (),
            )
            for t in texts
        ]
