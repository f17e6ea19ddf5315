"""``feedback-nlp mcp``: assistants ask by the Model Context Protocol."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from feedback_nlp.cli.serve import is_loopback
from feedback_nlp.cli.terminal import DatabaseOption, err, load_settings, open_database
from feedback_nlp.errors import ConfigError, InputError

if TYPE_CHECKING:
    from feedback_api.assistant import Api

_KEY = "FEEDBACK_API_KEY"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp", help="让 AI 助手查反馈（MCP 协议）：本周、需求、证据、搜索、读懂文本")(mcp)


def mcp(
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help=f"问一个在运行的服务，密钥放在 {_KEY}；不填就直接读数据库",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--http", metavar="PORT", min=0, max=65535, help="用 HTTP 提供，不填是标准输入输出"
        ),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="--http 的监听地址")] = "127.0.0.1",
    may_write: Annotated[
        bool, typer.Option("--write", help="也能改需求状态；能不能改由密钥决定")
    ] = False,
    db: DatabaseOption = None,
) -> None:
    """Answer until the input ends, or until interrupted."""
    if find_spec("mcp") is None:
        raise ConfigError("没有安装 MCP", hint="pip install 'feedback-nlp[mcp]'")
    if url is None and not is_loopback(host):
        raise InputError(
            f"拒绝监听 {host}：直接读数据库时没有密钥，谁连得上谁就能看全部反馈",
            hint="先 feedback-nlp serve，再 feedback-nlp mcp --url 服务地址：密钥由服务检查",
        )
    import anyio  # noqa: PLC0415 - only here

    api = _remote(url) if url is not None else _local(db)
    anyio.run(_serve, api, host, port, may_write)


async def _serve(
    opening: AbstractAsyncContextManager[Api], host: str, port: int | None, may_write: bool
) -> None:
    from feedback_api import server as web  # noqa: PLC0415 - FastAPI takes 0.5 s to import
    from feedback_api.assistant import build_server, http_app  # noqa: PLC0415

    web.configure_logging()  # to standard error: standard output belongs to the protocol
    async with opening as api:
        server = build_server(api, may_write=may_write)
        if port is None:
            await server.run_stdio_async()
            return
        listener = web.listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/mcp"
        app = http_app(server, host=host, allowed_hosts={host, "localhost", "127.0.0.1", "[::1]"})
        await web.serve(app, listener, lambda: err.print(f"MCP 已启动：{address}  按 Ctrl+C 停止"))


def _local(db: str | None) -> AbstractAsyncContextManager[Api]:
    from feedback_api import create_app  # noqa: PLC0415 - FastAPI takes 0.5 s to import
    from feedback_api.assistant import Api  # noqa: PLC0415

    settings = load_settings()
    if db is not None:
        address = db if "://" in db else f"sqlite:///{db}"
        settings = settings.model_copy(update={"database_url": address})
    with open_database(None, settings):
        pass  # say what is wrong with the database before anybody asks
    return Api.inside(create_app(settings), "http://127.0.0.1:8000")


def _remote(url: str) -> AbstractAsyncContextManager[Api]:
    from feedback_api.assistant import Api  # noqa: PLC0415

    if not url.startswith(("http://", "https://")):
        raise InputError(f"--url 得到 {url!r}，应是 http:// 或 https:// 开头的服务地址")
    return Api.at(url, os.environ.get(_KEY))
