"""The OpenAI-compatible endpoint, against a real server on the loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from feedback_nlp.config import EmbedConfig
from feedback_nlp.embed import load_embedder
from feedback_nlp.embed.endpoint import OpenAIEmbedder
from feedback_nlp.errors import ConfigError
from tests.embed.embedding_service import DIMENSIONS, Service, running_service, vector_of

KEY = "sk-only-for-this-test"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_service() as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def connect(service: Service, pauses: list[float]) -> Callable[..., OpenAIEmbedder]:
    def build(**options: Any) -> OpenAIEmbedder:
        return OpenAIEmbedder("m", service.base_url, sleep=pauses.append, **options)

    return build


def test_asks_the_service_for_its_dimensions(connect: Callable[..., OpenAIEmbedder]) -> None:
    assert connect().dimensions == DIMENSIONS


def test_sends_model_texts_and_key(service: Service) -> None:
    config = EmbedConfig(backend="openai", model="bge", base_url=service.base_url + "/")
    load_embedder(config, {"FEEDBACK_EMBED_API_KEY": KEY}).embed(["闪退"])
    path, headers, body = service.requests[-1]
    assert path == "/v1/embeddings"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {"model": "bge", "input": ["闪退"], "encoding_format": "float"}


def test_sends_no_key_when_there_is_none(
    service: Service, connect: Callable[..., OpenAIEmbedder]
) -> None:
    connect()
    assert "authorization" not in service.requests[-1][1]


def test_batches_and_restores_the_order(
    service: Service, connect: Callable[..., OpenAIEmbedder]
) -> None:
    embedder = connect(batch_size=3)
    service.requests.clear()
    texts = ["一", "", "二二", "三", "四", "五五", "六", "七"]
    vectors = embedder.embed(texts)
    assert [len(body["input"]) for _, _, body in service.requests] == [3, 3, 1]
    wanted = np.array([vector_of(text) for text in texts], dtype=np.float32)
    np.testing.assert_allclose(vectors * np.linalg.norm(wanted, axis=1)[:, None], wanted, atol=1e-4)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_tries_again_when_busy(
    service: Service,
    connect: Callable[..., OpenAIEmbedder],
    pauses: list[float],
    status: int,
) -> None:
    embedder = connect()
    service.faults[:] = [status, status]
    assert embedder.embed(["闪退"]).any()
    assert pauses == [0.5, 1.0]


def test_waits_as_long_as_it_is_asked_to_but_not_for_ever(
    service: Service, connect: Callable[..., OpenAIEmbedder], pauses: list[float]
) -> None:
    embedder = connect()
    service.retry_after = "7"
    service.faults[:] = [429]
    embedder.embed(["闪退"])
    service.retry_after = "86400"
    service.faults[:] = [429]
    embedder.embed(["闪退"])
    assert pauses == [7.0, 30.0]


def test_gives_up_after_its_attempts(
    service: Service, connect: Callable[..., OpenAIEmbedder], pauses: list[float]
) -> None:
    embedder = connect(attempts=3)
    service.faults[:] = [503] * 9
    with pytest.raises(ConfigError, match=r"试了 3 次.*503"):
        embedder.embed(["闪退"])
    assert len(pauses) == 2
    assert len(service.faults) == 6


@pytest.mark.parametrize("status", [301, 302, 400, 403])
def test_a_refusal_or_redirect_is_final(
    service: Service,
    connect: Callable[..., OpenAIEmbedder],
    pauses: list[float],
    status: int,
) -> None:
    embedder = connect()
    service.requests.clear()
    service.faults[:] = [status]
    with pytest.raises(ConfigError, match=str(status)):
        embedder.embed(["闪退"])
    assert len(service.requests) == 1
    assert not pauses


def test_a_wrong_key_is_named_by_its_variable_and_never_shown(
    service: Service, connect: Callable[..., OpenAIEmbedder]
) -> None:
    service.key = "another"
    service.faults[:] = [401]  # this fault echoes the header it was sent
    with pytest.raises(ConfigError, match="FEEDBACK_EMBED_API_KEY") as caught:
        connect(api_key=KEY)
    assert KEY not in str(caught.value)
    assert "***" in str(caught.value)


def test_key_is_in_no_repr(service: Service) -> None:
    embedder = OpenAIEmbedder("m", service.base_url, KEY)
    assert KEY not in repr(embedder)
    assert KEY not in embedder.name


def test_nobody_listening_is_a_clear_error(pauses: list[float]) -> None:
    with pytest.raises(ConfigError, match=r"试了 2 次"):
        OpenAIEmbedder("m", "http://127.0.0.1:9/v1", attempts=2, sleep=pauses.append)


def _drop_last(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "data": answer["data"][1:]}


def _double_first(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "data": [{**entry, "index": 0} for entry in answer["data"]]}


def _shorten(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        **answer,
        "data": [{**entry, "embedding": entry["embedding"][:-1]} for entry in answer["data"]],
    }


def _not_a_number(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        **answer,
        "data": [{**entry, "embedding": [float("nan")] * DIMENSIONS} for entry in answer["data"]],
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_drop_last, "返回了 1 条向量"),
        (_double_first, "序号不连续"),
        (_shorten, "形状"),
        (_not_a_number, "无效数值"),
        (lambda _: {"result": "ok"}, "格式"),
        (lambda _: [], "格式"),
        (lambda _: b"<html>proxy</html>", "不是 JSON"),
    ],
)
def test_a_broken_answer_is_refused(
    service: Service,
    connect: Callable[..., OpenAIEmbedder],
    change: Callable[[dict[str, Any]], Any],
    complaint: str,
) -> None:
    embedder = connect()
    service.change = change
    with pytest.raises(ConfigError, match=complaint):
        embedder.embed(["闪退", "登录不上"])
