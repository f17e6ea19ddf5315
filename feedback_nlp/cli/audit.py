"""``feedback-nlp audit``: who changed what."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    load_settings,
    open_database,
    out,
    print_json,
)

_DETAIL_CHARS = 80


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, help="操作记录：谁在什么时候改了什么")
    group.command("list", help="列出操作记录，新的在前")(list_)
    app.add_typer(group, name="audit")


def list_(
    by: Annotated[str | None, typer.Option("--by", help="只看这个密钥或系统用户")] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="只看这种操作，例如 request.move")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="只看对它的操作，例如 request:REQ-12")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="最多几条")] = 50,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest lines."""
    from feedback_nlp.access.audit import AuditFilter, audit_page  # noqa: PLC0415

    zone = load_settings().zone
    with open_database(db) as database, database.read() as session:
        rows = audit_page(session, AuditFilter(by, action, subject), limit=limit)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    if not rows:
        out.print("没有操作记录。")
        return
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("时间", "谁", "途径", "操作", "对象", "摘要"):
        table.add_column(heading, no_wrap=heading != "摘要")
    for row in rows:
        detail = json.dumps(row.detail, ensure_ascii=False)
        table.add_row(
            row.happened_at.astimezone(zone).strftime("%m-%d %H:%M:%S"),
            Text(row.actor),
            row.via,
            row.action,
            Text(row.subject),
            Text(detail[:_DETAIL_CHARS] + ("…" if len(detail) > _DETAIL_CHARS else "")),
        )
    out.print(table)
