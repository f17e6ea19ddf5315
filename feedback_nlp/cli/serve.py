"""``feedback-nlp serve``: the HTTP API and the pages; beyond this machine with keys only."""

from __future__ import annotations

import ipaddress
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from feedback_nlp.cli.own_worker import own_worker
from feedback_nlp.cli.terminal import DatabaseOption, err, load_settings, open_database
from feedback_nlp.errors import ConfigError, InputError

if TYPE_CHECKING:
    from feedback_nlp.store import Database


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="启动 HTTP 接口和网页；本机以外要用密钥")(serve)


def serve(
    host: Annotated[
        str, typer.Option("--host", help="监听地址；本机以外的地址要用密钥访问")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口，0 为任选")] = 8000,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="同时运行一个 worker：新反馈自动分析、到点出周报；默认看 FEEDBACK_WORKER",
        ),
    ] = None,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys",
            help="是否要密钥；默认：监听本机以外的地址、已建过密钥或设了 FEEDBACK_REQUIRE_KEYS 就要",
            show_default=False,
        ),
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Serve until interrupted; requests under way are finished first."""
    is_local = is_loopback(host)
    if keys is False and not is_local:
        raise InputError(
            f"拒绝监听 {host}：不要密钥的话，谁连得上谁就能读写全部反馈",
            hint="去掉 --no-keys，或只监听本机：--host 127.0.0.1",
        )
    from feedback_api import create_app, server  # noqa: PLC0415 - FastAPI takes 0.5 s to import

    settings = load_settings()
    if db is not None:
        url = db if "://" in db else f"sqlite:///{db}"
        settings = settings.model_copy(update={"database_url": url})
    with open_database(None, settings, make=True) as database:
        # also says what is wrong with the database before anything listens
        missing = _check_secret(database, settings.plain_secret)
        required = _has_keys(database) if keys is None else keys
        required = required or not is_local or (keys is None and settings.require_keys)
        token = _first_key(database) if required else None
    settings = settings.model_copy(update={"require_keys": required})
    listener = server.listen(host, port)
    server.configure_logging()
    names = (host, "localhost", "127.0.0.1", "::1") if is_local else None
    app = create_app(settings, allowed_hosts=names)
    shown_host = f"[{host}]" if ":" in host else host
    url = f"http://{shown_host}:{listener.getsockname()[1]}"

    def announce() -> None:
        err.print(f"服务已启动：{url}  接口说明：{url}/docs  按 Ctrl+C 停止", soft_wrap=True)
        if not required:
            err.print("没有登录和密钥，所以只有本机能访问。")
        if missing:
            err.print(missing, soft_wrap=True)
        if token is not None:
            err.print("[bold]管理员密钥，只显示这一次，请保存好：[/bold]")
            err.print(token, soft_wrap=True)

    wanted = settings.worker if worker is None else worker
    with own_worker(settings.database_url) if wanted else nullcontext():
        server.run(app, listener, announce)
    err.print("服务已停止。")


def _has_keys(database: Database) -> bool:
    from feedback_nlp.access.keys import has_usable_key  # noqa: PLC0415

    with database.read() as session:
        return has_usable_key(session, now=datetime.now(UTC))


def _check_secret(database: Database, configured: str | None) -> str:
    """Refuse another database's key now, not at the first upload; say if its file is missing.

    Raises:
        ConfigError: If the database was filled under another key.
    """
    from feedback_nlp.store.keys import fingerprint_kept, key_path, key_state  # noqa: PLC0415

    with database.read() as session:
        kept = fingerprint_kept(session)
    wrong, advice = key_state(key_path(database.url), kept, configured)
    if not wrong or not kept:  # none yet, or one that the first import moves out
        return ""
    if wrong.startswith("找不到"):  # what is there can be read all the same
        return f"{wrong}：能看，收不了新反馈。{advice}。"
    raise ConfigError(f"{wrong}：同一个人会变成两个，收不了新反馈", hint=advice)


def _first_key(database: Database) -> str | None:
    """Make the administrator's key if there never was a key."""
    from feedback_nlp.access.keys import first_key  # noqa: PLC0415

    with database.write() as session:
        made = first_key(session, now=datetime.now(UTC))
    return None if made is None else made.token


def is_loopback(host: str) -> bool:
    """Tell whether a host can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
