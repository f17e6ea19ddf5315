"""``feedback-nlp keys``: who may use the service, and for what."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    ActorOption,
    DatabaseOption,
    JsonOption,
    err,
    load_settings,
    open_database,
    out,
    print_json,
)

if TYPE_CHECKING:
    from feedback_nlp.access.keys import MadeKey
    from feedback_nlp.store.access_tables import ApiKey

_Name = Annotated[str, typer.Argument(metavar="名字", help="谁用这个密钥，例如 客服系统")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="接口密钥：新建、查看、吊销、换新")
    group.command("create", help="新建一个密钥，只显示这一次")(create)
    group.command("list", help="全部密钥：权限、到期、最近使用")(list_)
    group.command("revoke", help="吊销一个密钥")(revoke)
    group.command("rotate", help="换一个新密钥，旧的可以再用一阵")(rotate)
    app.add_typer(group, name="keys")


def create(
    name: _Name,
    scopes: Annotated[
        str,
        typer.Option(
            "--scopes",
            metavar="read,write",
            help="权限，用逗号隔开：read 查看，write 修改（含 read），ingest 送反馈，admin 全部",
        ),
    ] = "read",
    source: Annotated[
        str | None, typer.Option("--source", help="只能给这一个来源送反馈", show_default=False)
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3650, help="多少天后到期", show_default=False)
    ] = None,
    actor: ActorOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it once."""
    from feedback_nlp.access.keys import create_key  # noqa: PLC0415
    from feedback_nlp.access.scopes import parse_scopes  # noqa: PLC0415

    wanted, now = parse_scopes(scopes), datetime.now(UTC)
    with open_database(db, make=True) as database, database.write() as session:
        made = create_key(
            session,
            name,
            wanted,
            actor=actor or getpass.getuser(),
            now=now,
            source=source,
            expires_at=None if days is None else now + timedelta(days=days),
        )
    _show(made, as_json=as_json)


def list_(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List all keys; the keys themselves are nowhere stored."""
    from feedback_nlp.access.keys import list_keys  # noqa: PLC0415

    now, zone = datetime.now(UTC), load_settings().zone
    with open_database(db) as database, database.read() as session:
        rows = list_keys(session)
    if as_json:
        print_json([{**_fields(row), "state": _state(row, now)} for row in rows])
        return
    if not rows:
        out.print("还没有密钥。新建：feedback-nlp keys create 名字 --scopes read")
        return
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("名字", "密钥", "权限", "来源", "状态", "到期", "最近使用"):
        table.add_column(heading, no_wrap=True)

    def local(moment: datetime | None) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else "—"

    for row in rows:
        table.add_row(
            escape(row.name),
            f"{row.prefix}…",
            "、".join(row.scopes),
            escape(row.source or "—"),
            _state(row, now),
            local(row.expires_at),
            local(row.last_used_at),
        )
    out.print(table)


def revoke(name: _Name, db: DatabaseOption = None) -> None:
    """Refuse a key from now on; a running service follows within two seconds."""
    from feedback_nlp.access.keys import revoke_key  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        rows = revoke_key(session, name, now=datetime.now(UTC))
    for row in rows:
        out.print(f"已吊销 {escape(row.name)}（{row.prefix}…），运行中的服务两秒内生效。")


def rotate(
    name: _Name,
    grace_hours: Annotated[
        int, typer.Option("--grace-hours", min=0, max=720, help="旧密钥还能用多少小时")
    ] = 0,
    actor: ActorOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the holder a new key with the same rights."""
    from feedback_nlp.access.keys import rotate_key  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        made = rotate_key(
            session,
            name,
            actor=actor or getpass.getuser(),
            now=datetime.now(UTC),
            grace=timedelta(hours=grace_hours),
        )
    _show(made, as_json=as_json)


def _show(made: MadeKey, *, as_json: bool) -> None:
    if as_json:
        print_json({**_fields(made.row), "key": made.token})
        return
    typer.echo(made.token)  # alone on standard output, so that it can be piped
    err.print(
        f"[dim]{escape(made.row.name)}：{'、'.join(made.row.scopes)}。"
        "这个密钥只显示这一次，丢了就 keys rotate 换一个。[/dim]",
        soft_wrap=True,
    )


def _fields(row: ApiKey) -> dict[str, object]:
    return row.model_dump(mode="json", exclude={"key_hash", "replaced_by_id"})


def _state(row: ApiKey, now: datetime) -> str:
    if row.revoked_at is not None:
        return "已吊销"
    if row.expires_at is not None and row.expires_at <= now:
        return "已到期"
    return "将停用" if row.replaced_by_id is not None else "可用"
