"""Any service that speaks OpenAI's ``POST /v1/embeddings``.

Batches go one after another, so that order and cost stay plain.

Source: OpenAI API reference, "Create embeddings".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from feedback_nlp.embed.port import Floats, checked_vectors, scattered
from feedback_nlp.errors import ConfigError
from feedback_nlp.openai_service import OpenAIService, Purpose

PURPOSE = Purpose("向量服务", "embed", "FEEDBACK_EMBED_API_KEY", fallback="static")
_PATH = "/embeddings"
_PROBE = "维度"


class OpenAIEmbedder:
    """An OpenAI-compatible embedding endpoint behind the embedder port.

    Args:
        model: Model name to send.
        base_url: Up to and including the version, such as ``http://127.0.0.1:8080/v1``.
        api_key: Sent as bearer token if not empty; appears in no message and no repr.
        batch_size: Texts a request.
        timeout_seconds: Of one request.
        attempts: Tries a request, the first included.
        sleep: Pauses between tries; replaceable for tests.

    Raises:
        ConfigError: If a setting is unusable or the service refuses or cannot be reached.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: str = "",
        *,
        batch_size: int = 64,
        timeout_seconds: float = 30.0,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = OpenAIService(
            base_url,
            api_key,
            purpose=PURPOSE,
            timeout_seconds=timeout_seconds,
            attempts=attempts,
            sleep=sleep,
        )
        if not model:
            raise ConfigError("没有写明向量服务的模型", hint='在 [embed] 里写 model = "模型名"')
        self._model = model
        self._batch_size = batch_size
        self._dimensions = int(self._request([_PROBE], None).shape[1])

    @property
    def name(self) -> str:
        """Backend, host and model."""
        return f"openai:{self._service.host}:{self._model}"

    @property
    def dimensions(self) -> int:
        """Length of each vector, as the service answered when this was built."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embed a batch; blank texts give zeros and are not sent."""
        rows = [row for row, text in enumerate(texts) if text.strip()]
        placed = scattered(_empty(self._dimensions), [], len(texts))
        for start in range(0, len(rows), self._batch_size):
            chunk = rows[start : start + self._batch_size]
            placed[chunk] = self._request([texts[row] for row in chunk], self._dimensions)
        return placed

    def _request(self, texts: list[str], dimensions: int | None) -> Floats:
        body = {"model": self._model, "input": texts, "encoding_format": "float"}
        answer, url = self._service.post(_PATH, body), self._service.url(_PATH)
        try:
            entries = sorted(answer["data"], key=lambda entry: int(entry["index"]))
            indices = [int(entry["index"]) for entry in entries]
            values = [entry["embedding"] for entry in entries]
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{url} 的回答不是 OpenAI 向量接口的格式",
                hint="检查 base_url 是否写到 /v1，服务是否兼容 OpenAI",
            ) from error
        if indices != list(range(len(texts))):
            raise ConfigError(
                f"{url} 返回了 {len(indices)} 条向量（或序号不连续），应为 {len(texts)} 条",
                hint="检查服务是否丢弃了部分输入",
            )
        return checked_vectors(values, len(texts), dimensions, self.name)


def _empty(dimensions: int) -> Floats:
    return checked_vectors([[0.0] * dimensions], 1, dimensions, "")[:0]
