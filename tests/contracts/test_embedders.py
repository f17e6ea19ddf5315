"""One suite for every embedder.

sentence-transformers is not installed here: ``stand_in_sentence_transformers`` is a
module of that name with the two calls the adapter makes, over hashed characters. It
proves the adapter, not the library. The endpoint is a real HTTP server on the loopback.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_nlp.config import EmbedConfig
from feedback_nlp.embed import Embedder, load_embedder
from tests.embed.embedding_service import DIMENSIONS, running_service, vector_of

TEXTS = [
    "更新之后一打开就闪退",
    "登录不上，一直提示网络异常",
    "廣告太多了，關都關不掉",
    "设备连不上Wi-Fi，重置了也没用",
    "iPhone X 适配一下吧",
    "客服态度特别好，解决得很快",
    "😡😡😡",
    "ok",
    "希望出个iPad版",
    "闪退",
]
BLANKS = ["", " ", "\n\t　"]


class StandInModel:
    """What the adapter uses of ``sentence_transformers.SentenceTransformer``."""

    def __init__(self, model: str) -> None:
        if model == "no-such-model":
            raise OSError("no-such-model is not a local folder")

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int,
        convert_to_numpy: bool,
        normalize_embeddings: bool,
        show_progress_bar: bool,
    ) -> np.ndarray:
        assert batch_size > 0
        assert convert_to_numpy
        assert normalize_embeddings
        assert not show_progress_bar
        vectors = np.array([vector_of(text) for text in texts])
        unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


@pytest.fixture
def stand_in_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("sentence_transformers")
    module.SentenceTransformer = StandInModel
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)


@pytest.fixture(params=["static", "svd", "sentence-transformers", "openai"])
def embedder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedder]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    match request.param:
        case "openai":
            with running_service() as service:
                config = EmbedConfig(backend="openai", model="m", base_url=service.base_url)
                yield load_embedder(config, {})
        case "sentence-transformers":
            request.getfixturevalue("stand_in_sentence_transformers")
            yield load_embedder(EmbedConfig(backend="sentence-transformers", model="m"))
        case "svd":
            from feedback_nlp.embed.svd import SvdEmbedder

            yield SvdEmbedder(dimensions=8).fit(TEXTS)
        case backend:
            yield load_embedder(EmbedConfig(backend=backend))


def test_gives_one_float32_row_a_text(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_rows_have_unit_length(embedder: Embedder) -> None:
    lengths = np.linalg.norm(embedder.embed(TEXTS), axis=1)
    np.testing.assert_allclose(lengths[lengths > 0], 1.0, atol=1e-5)
    assert (lengths > 0).sum() >= len(TEXTS) - 1  # an emoji may be unknown


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_blank_texts_give_zeros_in_their_places(embedder: Embedder) -> None:
    vectors = embedder.embed([*BLANKS, TEXTS[0], ""])
    assert not vectors[[0, 1, 2, 4]].any()
    assert vectors[3].any()


def test_same_text_gives_same_vector(embedder: Embedder) -> None:
    first, second = embedder.embed([TEXTS[0]]), embedder.embed([TEXTS[0], TEXTS[0]])
    np.testing.assert_allclose(second, np.repeat(first, 2, axis=0), atol=1e-6)


def test_vector_does_not_depend_on_the_batch(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    backwards = embedder.embed(TEXTS[::-1])[::-1]
    np.testing.assert_allclose(alone, together, atol=1e-5)
    np.testing.assert_allclose(backwards, together, atol=1e-5)


def test_many_texts_keep_their_order(embedder: Embedder) -> None:
    many = TEXTS * 30
    np.testing.assert_allclose(
        embedder.embed(many), np.tile(embedder.embed(TEXTS), (30, 1)), atol=1e-5
    )


def test_takes_ugly_texts(embedder: Embedder) -> None:
    ugly = ["\ud800闪退", "闪退\x00", "退" * 5_000, "\u202e登录", "a" * 5_000, "𠮷野家"]
    vectors = embedder.embed(ugly)
    assert vectors.shape == (len(ugly), embedder.dimensions)
    assert np.isfinite(vectors).all()


def test_like_texts_are_nearer_than_unlike(embedder: Embedder) -> None:
    crash, crash_again, login = embedder.embed(["闪退", "更新之后一打开就闪退", "登录不上"])
    assert crash @ crash_again > crash @ login


def test_is_named_after_its_backend(embedder: Embedder) -> None:
    assert embedder.name.split(":")[0] in {"static", "svd", "sentence-transformers", "openai"}


def test_stand_in_service_and_model_agree_on_dimensions() -> None:
    assert len(vector_of("闪退")) == DIMENSIONS


def test_static_model_folder_is_small() -> None:
    from feedback_nlp.resources import models_dir

    folder: Path = models_dir() / "embeddings"
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 25_000_000
