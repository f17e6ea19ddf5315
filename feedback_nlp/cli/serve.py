"""``feedback-nlp serve``: the HTTP API and the pages, on this machine only."""

from __future__ import annotations

import ipaddress
from contextlib import nullcontext
from typing import Annotated

import typer

from feedback_nlp.cli.own_worker import own_worker
from feedback_nlp.cli.terminal import DatabaseOption, err, load_settings, open_database
from feedback_nlp.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="启动 HTTP 接口和网页，只监听本机")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="监听地址，只能是本机地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口，0 为任选")] = 8000,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="同时运行一个 worker：新反馈自动分析、到点出周报；默认看 FEEDBACK_WORKER",
        ),
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Serve until interrupted; requests under way are finished first."""
    if not is_loopback(host):
        raise InputError(
            f"拒绝监听 {host}：接口还没有密钥，谁连得上谁就能读写全部反馈",
            hint="只能监听本机地址，例如 --host 127.0.0.1；要给别的机器用，请等密钥功能",
        )
    from feedback_api import create_app, server  # noqa: PLC0415 - FastAPI takes 0.5 s to import

    settings = load_settings()
    if db is not None:
        url = db if "://" in db else f"sqlite:///{db}"
        settings = settings.model_copy(update={"database_url": url})
    with open_database(None, settings, make=True):
        pass  # say what is wrong with the database before anything listens
    listener = server.listen(host, port)
    server.configure_logging()
    app = create_app(settings, allowed_hosts=(host, "localhost", "127.0.0.1", "::1"))
    shown_host = f"[{host}]" if ":" in host else host
    url = f"http://{shown_host}:{listener.getsockname()[1]}"

    def announce() -> None:
        err.print(f"服务已启动：{url}  接口说明：{url}/docs  按 Ctrl+C 停止", soft_wrap=True)
        err.print("没有登录和密钥，所以只有本机能访问。")

    wanted = settings.worker if worker is None else worker
    with own_worker(settings.database_url) if wanted else nullcontext():
        server.run(app, listener, announce)
    err.print("服务已停止。")


def is_loopback(host: str) -> bool:
    """Tell whether a host can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
