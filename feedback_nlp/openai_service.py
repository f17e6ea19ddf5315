"""One JSON request to a service that speaks OpenAI's protocol, wherever it runs.

Busy answers (429, 5xx) and broken connections are tried again with growing, bounded
pauses; every other refusal is final. Redirects are not followed, since they would carry
the key to another host. The key appears in no message and no repr.

Source: OpenAI API reference, "Error codes".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from feedback_nlp.errors import ConfigError

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_MAX_PAUSE_SECONDS = 30.0
_MAX_ANSWER_BYTES = 256 * 1024 * 1024
_SHOWN_ANSWER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a service is for, so that errors can say where to look.

    Attributes:
        name: In Chinese, such as 向量服务.
        section: Section of ``pipeline.toml`` that configures it.
        key_variable: Environment variable that holds its key.
        fallback: Backend that needs no such service.
    """

    name: str
    section: str
    key_variable: str
    fallback: str

    def key(self, environment: Mapping[str, str]) -> str:
        """Return the key that the environment holds, or ``""``."""
        return environment.get(self.key_variable, "").strip()


class OpenAIService:
    """An address that answers JSON with JSON.

    Args:
        base_url: Up to and including the version, such as ``http://127.0.0.1:8080/v1``.
        api_key: Sent as bearer token if not empty.
        purpose: What it is for.
        timeout_seconds: Of one request.
        attempts: Tries a request, the first included.
        sleep: Pauses between tries; replaceable for tests.

    Raises:
        ConfigError: If the address or the key cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        purpose: Purpose,
        timeout_seconds: float = 30.0,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                f"{purpose.name}的地址是 {base_url!r}",
                hint=f"在 [{purpose.section}] 里写 base_url，例如 http://127.0.0.1:8080/v1",
            )
        if not (api_key.isascii() and api_key.isprintable()):
            raise ConfigError(
                f"{purpose.name}的密钥含有不能发送的字符",
                hint=f"检查环境变量 {purpose.key_variable}，不要有换行或中文",
            )
        self.host = parts.hostname
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._purpose = purpose
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._sleep = sleep
        self._opener = build_opener(_NoRedirects)

    def url(self, path: str) -> str:
        """Return the whole address of a path such as ``/embeddings``."""
        return self._base_url + path

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a JSON body and return the JSON answer.

        Raises:
            ConfigError: If the service refuses, cannot be reached or does not answer JSON.
        """
        url, name = self.url(path), self._purpose.name
        # Lone surrogates have no UTF-8; they become U+FFFD-like question marks.
        blob = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        problem = ""
        for attempt in range(self._attempts):
            pause = min(0.5 * 2**attempt, _MAX_PAUSE_SECONDS)
            request = Request(url, blob, headers, method="POST")  # noqa: S310
            try:
                with self._opener.open(request, timeout=self._timeout_seconds) as response:
                    return json.loads(response.read(_MAX_ANSWER_BYTES))
            except HTTPError as error:
                problem = f"HTTP {error.code}：{self._shown(error)}"
                if error.code not in _BUSY:
                    raise self._refused(url, error.code, problem) from None
                pause = _asked_pause(error.headers.get("Retry-After"), pause)
            except (OSError, HTTPException) as error:
                problem = f"{type(error).__name__}：{error}"
            except (ValueError, RecursionError) as error:
                raise ConfigError(
                    f"{name} {url} 的回答不是 JSON", hint="检查 base_url 是否写到 /v1"
                ) from error
            if attempt + 1 < self._attempts:
                self._sleep(pause)
        raise ConfigError(
            f"{name} {url} 试了 {self._attempts} 次都没有成功，最后一次是 {problem}",
            hint=f"检查服务是否在运行，稍后再试，或把 [{self._purpose.section}] 的 backend "
            f"改回 {self._purpose.fallback}",
        )

    def _refused(self, url: str, status: int, problem: str) -> ConfigError:
        variable = self._purpose.key_variable
        hint = {
            401: f"检查环境变量 {variable}",
            403: f"检查环境变量 {variable} 和账户权限",
            404: "检查 base_url（应写到 /v1）和模型名",
        }.get(status, "检查 base_url、模型名和服务端日志")
        return ConfigError(f"{self._purpose.name} {url} 拒绝了请求，{problem}", hint=hint)

    def _shown(self, answer: HTTPError) -> str:
        try:
            with answer:
                shown = answer.read(2000).decode("utf-8", "replace")
        except (OSError, HTTPException):
            return ""
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
    if retry_after is None or not retry_after.strip().isdecimal():
        return otherwise
    return min(float(retry_after), _MAX_PAUSE_SECONDS)
