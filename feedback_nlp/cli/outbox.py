"""``feedback-nlp outbox …``: what is owed to the outside, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    load_settings,
    open_database,
    out,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import Session

    from feedback_nlp.store.outbox_tables import OutboxRow

IdArgument = Annotated[int, typer.Argument(metavar="编号", help="outbox list 里的编号")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    outbox = typer.Typer(help="发件箱：要发给外面的消息，每条发到哪一步")
    outbox.command("list", help="列出消息，新的在前")(list_)
    outbox.command("send", help="现在就发送到期的消息")(send)
    outbox.command("retry", help="重发一条发送失败或不确定是否送达的消息")(retry)
    outbox.command("cancel", help="取消一条还没有发出的消息")(cancel)
    app.add_typer(outbox, name="outbox")


def list_(
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state", help="只看 pending、sending、sent、failed、unknown 或 cancelled；可以写多次"
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多列几条")] = 50,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the outbox."""
    from feedback_nlp.errors import InputError  # noqa: PLC0415
    from feedback_nlp.outlets.records import CHANNEL_WORDS, STATE_WORDS  # noqa: PLC0415
    from feedback_nlp.store.outbox import rows_in  # noqa: PLC0415

    unknown = [name for name in state or [] if name not in STATE_WORDS]
    if unknown:
        raise InputError(f"没有 {unknown[0]} 这种状态", hint="可用 " + "、".join(STATE_WORDS))
    settings = load_settings()
    with open_database(db, settings) as database, database.read() as session:
        rows = rows_in(session, state or (), limit=limit)
    if as_json:
        print_json([row.model_dump(mode="json", exclude={"payload"}) for row in rows])
        return
    if not rows:
        out.print("发件箱里没有这样的消息。" if state else "发件箱是空的。")
        return
    table = Table(
        "编号", "状态", "出口", "内容", "次数", "下次发送", "说明", box=None, pad_edge=False
    )
    for row in rows:
        is_owed = row.state == "pending"
        channel = CHANNEL_WORDS.get(row.channel, row.channel)
        table.add_row(
            str(row.id),
            STATE_WORDS[row.state],
            f"{escape(row.outlet)}（{channel}）",
            escape(row.title or row.kind),
            str(row.attempts),
            f"{row.next_at.astimezone(settings.zone):%m-%d %H:%M:%S}" if is_owed else "",
            escape(row.last_error),
        )
    out.print(table)
    if any(row.state == "unknown" for row in rows):
        out.print("不确定是否送达的消息不会自动重发，以免发两次；到对方那里看过再 outbox retry。")


def send(
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多发几次")] = 1_000,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what is due; exit code 1 if something was given up."""
    from feedback_nlp.jobs.delivering import deliver_now  # noqa: PLC0415
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
    from feedback_nlp.outlets.records import STATE_WORDS  # noqa: PLC0415

    settings = load_settings()
    outlets = load_outlets(settings)
    with open_database(db, settings) as database:
        counts = deliver_now(
            database, outlets, now=lambda: datetime.now(UTC), limit=limit, settings=settings
        )
    if as_json:
        print_json(dict(counts))
    elif not counts:
        out.print("现在没有到期的消息。")
    else:
        words = {**STATE_WORDS, "pending": "稍后再试", "fenced": "已由别的进程处理"}
        out.print("，".join(f"{words[state]} {count} 条" for state, count in counts.items()))
    if counts["failed"] or counts["unknown"]:
        raise typer.Exit(1)


def retry(message: IdArgument, db: DatabaseOption = None) -> None:
    """Owe a message anew."""
    from feedback_nlp.store import outbox as store  # noqa: PLC0415

    rows = _write(db, lambda session: store.retry(session, message, now=datetime.now(UTC)))
    out.print(f"{len(rows)} 条消息重新待发；现在就发：feedback-nlp outbox send")


def cancel(message: IdArgument, db: DatabaseOption = None) -> None:
    """Cancel a message."""
    from feedback_nlp.store import outbox as store  # noqa: PLC0415

    _write(db, lambda session: [store.cancel(session, message, now=datetime.now(UTC))])
    out.print(f"消息 {message} 已取消。")


def _write(db: str | None, act: Callable[[Session], list[OutboxRow]]) -> list[OutboxRow]:
    from feedback_nlp.jobs.delivering import tell_causes  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        rows = act(session)
        tell_causes(session, rows)
        return rows
