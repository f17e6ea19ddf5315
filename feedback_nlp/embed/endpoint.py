"""Any service that speaks OpenAI's ``POST /v1/embeddings``.

Batches go one after another, so that order and cost stay plain. Busy answers (429, 5xx) and broken connections are
tried again with growing, bounded pauses; every other refusal is final. Redirects are
not followed, since they would carry the key to another host.

Source: OpenAI API reference, "Create embeddings".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from feedback_nlp.embed.port import Floats, checked_vectors, scattered
from feedback_nlp.errors import ConfigError

_PROBE = "维度"
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_MAX_PAUSE_SECONDS = 30.0
_MAX_ANSWER_BYTES = 256 * 1024 * 1024
_SHOWN_ANSWER_CHARACTERS = 200


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
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                f"向量服务的地址是 {base_url!r}",
                hint="在 [embed] 里写 base_url，例如 http://127.0.0.1:8080/v1",
            )
        if not model:
            raise ConfigError("没有写明向量服务的模型", hint='在 [embed] 里写 model = "模型名"')
        self._model = model
        self._url = base_url.rstrip("/") + "/embeddings"
        self._api_key = api_key
        self._batch_size = batch_size
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._sleep = sleep
        self._opener = build_opener(_NoRedirects)
        self._dimensions = int(self._request([_PROBE], None).shape[1])

    @property
    def name(self) -> str:
        """Backend, host and model."""
        return f"openai:{urlsplit(self._url).hostname}:{self._model}"

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
        # Lone surrogates have no UTF-8; they become U+FFFD-like question marks.
        blob = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        answer = self._post(blob)
        try:
            entries = sorted(answer["data"], key=lambda entry: int(entry["index"]))
            indices = [int(entry["index"]) for entry in entries]
            values = [entry["embedding"] for entry in entries]
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{self._url} 的回答不是 OpenAI 向量接口的格式",
                hint="检查 base_url 是否写到 /v1，服务是否兼容 OpenAI",
            ) from error
        if indices != list(range(len(texts))):
            raise ConfigError(
                f"{self._url} 返回了 {len(indices)} 条向量（或序号不连续），应为 {len(texts)} 条",
                hint="检查服务是否丢弃了部分输入",
            )
        return checked_vectors(values, len(texts), dimensions, self.name)

    def _post(self, blob: bytes) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        problem = ""
        for attempt in range(self._attempts):
            pause = min(0.5 * 2**attempt, _MAX_PAUSE_SECONDS)
            request = Request(self._url, blob, headers, method="POST")  # noqa: S310
            try:
                with self._opener.open(request, timeout=self._timeout_seconds) as response:
                    return json.loads(response.read(_MAX_ANSWER_BYTES))
            except HTTPError as error:
                with error:
                    problem = f"HTTP {error.code}：{self._shown(error.read(2000))}"
                if error.code not in _BUSY:
                    raise self._refused(error.code, problem) from None
                pause = _asked_pause(error.headers.get("Retry-After"), pause)
            except (OSError, HTTPException) as error:
                problem = f"{type(error).__name__}：{error}"
            except ValueError as error:
                raise ConfigError(
                    f"{self._url} 的回答不是 JSON", hint="检查 base_url 是否写到 /v1"
                ) from error
            if attempt + 1 < self._attempts:
                self._sleep(pause)
        raise ConfigError(
            f"向量服务 {self._url} 试了 {self._attempts} 次都没有成功，最后一次是 {problem}",
            hint="检查服务是否在运行，稍后再试，或把 [embed] 的 backend 改回 static",
        )

    def _refused(self, status: int, problem: str) -> ConfigError:
        hint = {
            401: "检查环境变量 FEEDBACK_EMBED_API_KEY",
            403: "检查环境变量 FEEDBACK_EMBED_API_KEY 和账户权限",
            404: "检查 base_url（应写到 /v1）和模型名",
        }.get(status, "检查 base_url、模型名和服务端日志")
        return ConfigError(f"向量服务 {self._url} 拒绝了请求，{problem}", hint=hint)

    def _shown(self, answer: bytes) -> str:
        shown = answer.decode("utf-8", "replace")
        if self._api_key:
            shown = shown.replace(self._api_key, "***")
        return shown[:_SHOWN_ANSWER_CHARACTERS]


class _NoRedirects(HTTPRedirectHandler):
    """Turns a redirect into an ordinary refusal."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""
        return


def _asked_pause(retry_after: str | None, otherwise: float) -> float:
    """Return the pause a service asked for in whole seconds, bounded."""
    if retry_after is None or not retry_after.strip().isdigit():
        return otherwise
    return min(float(retry_after), _MAX_PAUSE_SECONDS)


def _empty(dimensions: int) -> Floats:
    return checked_vectors([[0.0] * dimensions], 1, dimensions, "")[:0]
