"""Runs the application: one uvicorn worker on a socket that is bound first."""

from __future__ import annotations

import gc
import logging
import socket
import sys
import threading
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from feedback_api.slow_clients import ImpatientProtocol
from feedback_nlp.errors import InputError

_GRACE_SECONDS = 10
# Longer than a proxy keeps its side (60 s is usual): else its next request meets a closed door.
_KEPT_SECONDS = 75


def listen(host: str, port: int) -> socket.socket:
    """Bind, so that a taken port is one clear line.

    Raises:
        InputError: If the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, or asyncio leaves TCP_NODELAY off: the body of an answer would wait for the client to
    # acknowledge its head, 40 ms on a connection that is used again.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"不能监听 {host} 的端口 {port}：{error.strerror}",
            hint="端口可能被占用，用 --port 换一个",
        ) from error
    return listener


def run(app: FastAPI, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished first.

    Args:
        app: The application.
        listener: A bound socket; closed at the end.
        announce: Called once requests are accepted.
    """

    def begin() -> None:
        announce()
        # what the first page needs is loaded and told while people still type the address
        threading.Thread(target=_warm, args=[app], name="warm", daemon=True).start()

    try:
        _AnnouncingServer(_config(app), begin).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


def _warm(app: FastAPI) -> None:
    """Load and tell what the first page needs, and take it out of the garbage collector's rounds.

    The document of the API, which tells what parameters each address knows, takes half a second to
    make: the first request with a parameter would keep all others waiting so long.

    Some hundred thousand objects of modules stay for ever; to go through them takes 150 ms, in
    which every request stood still, every few requests of long lists.
    """
    app.openapi()
    app.state.services.warm()
    gc.collect()
    gc.freeze()


async def serve(app: ASGIApp, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Do what :func:`run` does inside a loop that runs already."""
    try:
        await _AnnouncingServer(_config(app), announce).serve(sockets=[listener])
    finally:
        listener.close()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=ImpatientProtocol,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_KEPT_SECONDS,
    )


def configure_logging() -> None:
    """Log to standard error: readable on a terminal, JSON lines otherwise. Never texts."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started:
            self._announce()
