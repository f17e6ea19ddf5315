"""The HTTP API, asked from Python: here in this process, or elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx2
from fastapi import FastAPI

_TIMEOUT_SECONDS = 60.0


class Refused(Exception):
    """The API said no; the message is its own, for people."""


class Api:
    """Questions to the HTTP API.

    Args:
        client: Knows where it is.
        site: Where people reach it, for links: ``http://host:port``.
        key: Used where a question brings none of its own.
    """

    def __init__(self, client: httpx2.AsyncClient, site: str, key: str | None = None) -> None:
        self._client = client
        self._key = key
        self.site = site.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def inside(cls, app: FastAPI, site: str, key: str | None = None) -> AsyncIterator[Api]:
        """Ask an application in this process, which is started and stopped here."""
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url=site) as client,
        ):
            yield cls(client, site, key)

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, key: str | None = None) -> AsyncIterator[Api]:
        """Ask a running service."""
        async with httpx2.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS) as client:
            yield cls(client, url, key)

    async def get(self, path: str, key: str | None = None, **asked: Any) -> Any:
        """Return the JSON of a GET; parameters that are ``None`` are left out.

        Raises:
            Refused: With the API's own words.
        """
        return await self._send("GET", self.path(path, **asked), key, None)

    async def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """Return the JSON of a POST.

        Raises:
            Refused: With the API's own words.
        """
        return await self._send("POST", path, key, body)

    def link(self, path: str, **asked: Any) -> str:
        """Return the address under which a person sees the same."""
        return f"{self.site}{self.path(path, **asked)}"

    @staticmethod
    def path(path: str, **asked: Any) -> str:
        """Return a path with its parameters."""
        given = {name: value for name, value in asked.items() if value is not None}
        return f"{path}?{urlencode(given, doseq=True)}" if given else path

    async def _send(self, method: str, path: str, key: str | None, body: Any) -> Any:
        key = key or self._key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = await self._client.request(method, path, json=body, headers=headers)
        except httpx2.TransportError as error:
            raise Refused(f"连不上 {self.site}：{error}；看看服务在不在运行") from error
        if answer.is_success:
            return answer.json()
        raise Refused(_told(answer))


def _told(answer: httpx2.Response) -> str:
    try:
        problem = answer.json()
        parts = (problem.get("title"), problem.get("detail"), problem.get("hint"))
    except ValueError:
        return f"服务返回 {answer.status_code}"
    return "：".join(part for part in parts if part) or f"服务返回 {answer.status_code}"
