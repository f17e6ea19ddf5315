"""``feedback-nlp retention``: how long each source is kept and why, and what is overdue."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="每个来源保存多久、为什么，到期的删除")
    group.command("report", help="存着什么、为什么、到什么时候")(report)
    group.command("set", help="设定一个来源的保存期限和目的")(set_)
    group.command("run", help="删除到期的反馈（常驻的 worker 会自动做）")(run)
    app.add_typer(group, name="retention")


def report(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show what is kept of each source, its purpose, its term, and what is overdue."""
    from feedback_nlp.jobs.retention import kept  # noqa: PLC0415

    zone = load_settings().zone
    with open_database(db) as database:
        rows = kept(database, now=datetime.now(UTC))
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    if not rows:
        out.print("还没有任何来源。")
    for row in rows:
        term = "一直保存" if row.days is None else f"保存 {row.days:,} 天"
        out.print(
            f"[bold]{escape(row.source)}[/bold]　反馈 {row.feedback:,} 条，{term}；"
            f"目的：{escape(row.purpose) or '没有写'}",
            soft_wrap=True,
        )
        if row.first_at and row.last_at:
            first, last = (at.astimezone(zone).date() for at in (row.first_at, row.last_at))
            overdue = f"，到期未删 {row.overdue:,} 条" if row.overdue else ""
            out.print(f"  从 {first} 到 {last}{overdue}")
    out.print(
        "[dim]存的是去掉个人信息的文字、评分和用户属性；作者只存加了密钥的编号。"
        "随反馈一起删除的：观点、需求证据、通知、检索索引。[/dim]",
        soft_wrap=True,
    )


def set_(
    source: Annotated[str, typer.Argument(metavar="来源", help="来源名")],
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="从说话那天起保存多少天")
    ] = None,
    forever: Annotated[bool, typer.Option("--forever", help="一直保存")] = False,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="为什么保存，例如 改进产品")
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Set how long a source is kept, and why."""
    from feedback_nlp.jobs.retention import set_retention  # noqa: PLC0415

    if (days is None) != forever:
        raise InputError("请用 --days 天数 或 --forever 说明保存多久，二选一")
    with open_database(db) as database:
        set_retention(database, source, days=days, purpose=purpose)
    term = "一直保存" if days is None else f"保存 {days:,} 天"
    out.print(f"来源“{escape(source)}”：{term}。")


def run(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Erase what is overdue."""
    from feedback_nlp.jobs.retention import erase_overdue  # noqa: PLC0415

    with open_database(db) as database:
        erased = erase_overdue(database, now=datetime.now(UTC))
    if as_json:
        print_json(erased)
    elif not erased:
        out.print("没有到期的反馈。")
    for name, count in () if as_json else erased.items():
        out.print(f"来源“{escape(name)}”：已删除 {count:,} 条到期的反馈。")
