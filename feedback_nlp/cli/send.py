"""``feedback-nlp send`` and ``feedback-nlp outlets``: the digest to the team, and where to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    ProductOption,
    WeekOption,
    load_settings,
    open_database,
    out,
    print_json,
)

if TYPE_CHECKING:
    from feedback_nlp.outlets.config import Outlets
    from feedback_nlp.settings import Settings
    from feedback_nlp.store import Database

ToOption = Annotated[
    list[str], typer.Option("--to", metavar="出口", help="outlets list 里的名字；可以写多次")
]


def register(app: typer.Typer) -> None:
    """Add the groups of commands."""
    send = typer.Typer(help="把周报、月报发给团队")
    send.command("digest", help="发送周报或月报；同一周对同一出口只发一次")(digest)
    app.add_typer(send, name="send")
    outlets = typer.Typer(help="出口：群机器人、邮件、Webhook，在 FEEDBACK_OUTLETS 指的文件里配置")
    outlets.command("list", help="列出已配置的出口")(list_)
    outlets.command("test", help="向一个出口发一条测试消息")(try_out)
    outlets.command("start", help="对方停收（410）之后，重新向它发送")(start)
    app.add_typer(outlets, name="outlets")


def digest(
    to: ToOption,
    week: WeekOption = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="2026-11", help="发月报，而不是周报")
    ] = None,
    product: ProductOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看会发什么，什么也不发、不记")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="发过了也再发一次")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a digest, or show what would be sent; exit code 1 if something was given up."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.errors import InputError  # noqa: PLC0415
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
    from feedback_nlp.jobs.send_digest import send_digest  # noqa: PLC0415

    if week and month:
        raise InputError("--week 和 --month 只能写一个", hint="去掉其中一个")
    settings = load_settings()
    outlets = load_outlets(settings)
    config, now = load_config(settings.pipeline), datetime.now(UTC)
    with open_database(db, settings) as database:
        if dry_run:
            _show_digest(database, settings, outlets, to, week or month, product)
            return
        sending = send_digest(
            database,
            config,
            outlets,
            to,
            zone=settings.zone,
            now=now,
            week=week or month,
            product=product,
            again=again,
        )
        counts = _deliver(database, settings, outlets)
    if as_json:
        print_json({"week": sending.week, "owed": sending.owed, "delivered": counts})
    else:
        for name, owed in sending.owed.items():
            words = f"{owed} 条" if owed else "以前已经发过或正在发，这次不发；要再发用 --again"
            out.print(f"{sending.week} → {escape(name)}：{words}")
        _say(counts)
    _fail_on_given_up(counts)


def _show_digest(
    database: Database,
    settings: Settings,
    outlets: Outlets,
    names: list[str],
    week: str | None,
    product: str | None,
) -> None:
    """Print what each outlet would be sent; nothing is sent or kept."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.send_digest import digest_message  # noqa: PLC0415
    from feedback_nlp.pipeline import tell_week  # noqa: PLC0415

    now = datetime.now(UTC)
    senders = {name: outlets.sender(name) for name in names}
    config = load_config(settings.pipeline)
    with database.read() as session:
        told = tell_week(session, config, zone=settings.zone, now=now, week=week, product=product)
        message = digest_message(session, told, zone=settings.zone, with_files=False)
    for name, sender in senders.items():
        parts = sender.parts(message, now=now)
        out.print(f"[bold]{escape(name)}[/bold]：{told.week}，{len(parts)} 条")
        for part in parts:
            typer.echo(json.dumps(part, ensure_ascii=False, indent=2))


def list_(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the configured outlets; no address is shown, since a robot's address is its password."""
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
    from feedback_nlp.outlets.records import CHANNEL_WORDS  # noqa: PLC0415
    from feedback_nlp.store import Database  # noqa: PLC0415
    from feedback_nlp.store.outbox_pace import stopped  # noqa: PLC0415

    settings = load_settings()
    senders = load_outlets(settings).senders
    reasons: dict[str, str] = {}
    if Database(db or settings.database_url).exists():
        with open_database(db, settings) as database, database.read() as session:
            reasons = stopped(session)
    rows = [
        {"name": name, "channel": sender.channel.value, "stopped": reasons.get(name)}
        for name, sender in senders.items()
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print(
            "还没有配置出口。写一个 TOML 文件，用 FEEDBACK_OUTLETS 指给它，见 docs/outlets.md"
        )
        return
    table = Table("出口", "种类", "状态", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            escape(str(row["name"])),
            CHANNEL_WORDS[str(row["channel"])],
            escape(f"已停发：{row['stopped']}") if row["stopped"] else "正常",
        )
    out.print(table)


def try_out(
    name: Annotated[str, typer.Argument(metavar="出口", help="outlets list 里的名字")],
    db: DatabaseOption = None,
) -> None:
    """Send one message at once; exit code 1 if it did not arrive."""
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
    from feedback_nlp.jobs.send_digest import owe_test  # noqa: PLC0415

    settings = load_settings()
    outlets = load_outlets(settings)
    with open_database(db, settings, make=True) as database:
        owe_test(database, outlets, name, now=datetime.now(UTC))
        counts = _deliver(database, settings, outlets)
    _say(counts)
    _fail_on_given_up(counts)


def start(
    name: Annotated[str, typer.Argument(metavar="出口", help="outlets list 里的名字")],
    db: DatabaseOption = None,
) -> None:
    """Send to an outlet again that had answered 410."""
    from feedback_nlp.store import outbox_pace  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        outbox_pace.start(session, name, now=datetime.now(UTC))
    out.print(f"{escape(name)} 恢复发送；之前没发出的见 feedback-nlp outbox list --state failed")


def _deliver(database: Database, settings: Settings, outlets: Outlets) -> dict[str, int]:
    from feedback_nlp.jobs.delivering import deliver_now  # noqa: PLC0415

    return dict(deliver_now(database, outlets, now=lambda: datetime.now(UTC), settings=settings))


def _say(counts: dict[str, int]) -> None:
    from feedback_nlp.outlets.records import STATE_WORDS  # noqa: PLC0415

    words = {**STATE_WORDS, "pending": "稍后再试", "fenced": "已由别的进程处理"}
    told = "，".join(f"{words[state]} {count} 条" for state, count in counts.items())
    out.print(
        told or "现在没有要发的；出口若有频率限制，其余的到时间由 feedback-nlp outbox send 发出"
    )


def _fail_on_given_up(counts: dict[str, int]) -> None:
    if counts.get("failed") or counts.get("unknown"):
        out.print("没有送出的见 feedback-nlp outbox list")
        raise typer.Exit(1)
