"""What the fast reader is sure of stays; the rest is read deeply, text by text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from feedback_nlp.understanding.pooled import PooledReader, merged, sureness
from feedback_nlp.understanding.reading import Reading

SURE, UNSURE = "稳的一句", "悬的一句，两点"


def reading(texts: list[str], tops: list[float], cuts: list[list[tuple[int, int]]]) -> Reading:
    spans = cuts
    counts = np.array([len(found) for found in cuts])
    owners = np.repeat(np.arange(len(texts)), counts)
    top = np.array(tops, dtype=np.float32)
    sentiment = np.column_stack([top, (1 - top) / 2, (1 - top) / 2])[owners]
    intent = np.column_stack([top, *[(1 - top) / 5] * 5])[owners]
    reviews = np.column_stack([top, *[(1 - top) / 3] * 3])
    pieces = [t[a:b] for t, found in zip(texts, cuts, strict=True) for a, b in found]
    return Reading(spans, pieces, counts, sentiment, intent, reviews)


class Fast:
    def __init__(self) -> None:
        self.versions = {"encoder": "f", "segment": "s"}

    def read(self, texts: list[str]) -> Reading:
        tops = [0.9 if text == SURE else 0.5 for text in texts]
        return reading(texts, tops, [[(0, len(text))] if text else [] for text in texts])

    def read_units(self, spans: Any, pieces: Any, counts: Any) -> Reading:
        found = reading([""] * len(counts), [0.5] * len(counts), [[(0, 0)] * n for n in counts])
        return Reading(spans, pieces, counts, found.sentiment, found.intent, found.reviews)


def deep(seen: list[str]) -> Any:
    def read(texts: list[str]) -> Reading:
        seen.extend(texts)
        return reading(texts, [0.8] * len(texts), [[(0, 4), (5, 7)] for _ in texts])

    return SimpleNamespace(versions={"deep": "d"}, read=read)


@pytest.fixture
def seen() -> list[str]:
    return []


def test_only_unsure_texts_are_read_deeply_and_order_is_kept(seen) -> None:
    reader = PooledReader(deep(seen), Fast(), 0.7, 0.6)  # type: ignore[arg-type]
    found = reader.read([UNSURE, SURE, "", UNSURE])
    assert seen == [UNSURE, UNSURE]
    assert found.counts.tolist() == [2, 1, 0, 2]
    assert [list(spans) for spans in found.spans] == [
        [(0, 4), (5, 7)],
        [(0, len(SURE))],
        [],
        [(0, 4), (5, 7)],
    ]
    assert list(found.pieces) == ["悬的一句", "两点", SURE, "悬的一句", "两点"]
    assert found.sentiment[2, 0] == np.float32(0.9)  # as the fast reader said
    assert 0.5 < found.sentiment[0, 0] < 0.8  # both opinions
    assert found.reviews is not None
    assert found.reviews.shape == (4, 4)
    assert reader.versions == {"deep": "d", "encoder": "f", "segment": "s"}


def test_a_text_is_read_the_same_alone_and_in_a_crowd(seen) -> None:
    reader = PooledReader(deep(seen), Fast(), 0.7, 0.6)  # type: ignore[arg-type]
    crowd = reader.read([SURE, UNSURE, SURE])
    alone = reader.read([UNSURE])
    assert np.array_equal(crowd.sentiment[1:3], alone.sentiment)
    assert crowd.reviews is not None
    assert alone.reviews is not None
    assert np.array_equal(crowd.reviews[1:2], alone.reviews)


@pytest.mark.parametrize(("sure_from", "texts"), [(1.0, [SURE, UNSURE]), (0.0, [])])
def test_the_threshold_may_ask_for_all_or_for_none(seen, sure_from, texts) -> None:
    reader = PooledReader(deep(seen), Fast(), 0.7, sure_from)  # type: ignore[arg-type]
    reader.read([SURE, UNSURE])
    assert seen == texts
    assert ("segment" in reader.versions) == (sure_from < 1)


def test_the_least_sure_unit_decides() -> None:
    one = reading([UNSURE], [0.9], [[(0, 4), (5, 7)]])
    one.intent[1] = 1 / 6
    assert sureness(one)[0] == pytest.approx(1 / 6)
    assert merged(one, one, np.array([0])).pieces == list(one.pieces)
