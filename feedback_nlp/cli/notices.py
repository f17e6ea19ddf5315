"""``feedback-nlp notices …``: tell the people who asked what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    ActorOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.labels import NoticeStatus, ReporterStatus, label

RequestArgument = Annotated[str, typer.Argument(metavar="需求", help="例如 REQ-12")]
IdArgument = Annotated[int, typer.Argument(metavar="编号", help="notices list 里的编号")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="通知：把结果告诉提过的人，每人每个状态一次")
    group.command("list", help="列出通知，新的在前")(list_)
    group.command("preview", help="看能通知到几人、通知不到几人和原因，什么也不发")(preview)
    group.command("send", help="把一条需求的通知发出去；重复执行不会重复通知")(send)
    group.command("retry", help="重发一条失败的通知")(retry)
    group.command("cancel", help="取消一条还没有发出的通知")(cancel)
    group.command("template", help="看或改通知的文字")(template)
    group.command("route", help="看或改每个来源用哪个出口回复")(route)
    group.command("contacts", help="看留下了多少邮箱地址，或全部删除；地址本身不显示")(contacts)
    group.command("unsubscribe", help="写这条反馈的人不再收任何通知")(unsubscribe)
    app.add_typer(group, name="notices")


def list_(
    request: Annotated[
        str | None, typer.Option("--request", metavar="需求", help="只看这条需求的")
    ] = None,
    status: Annotated[NoticeStatus | None, typer.Option("--status", help="只看这种状态")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多列几条")] = 50,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List notices; whom they are owed to is not shown."""
    from feedback_nlp.requests.notice_list import notice_rows  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        rows = notice_rows(session, request=request, status=status, limit=limit)
        if as_json:
            print_json(
                [
                    {
                        "request": row.request_key,
                        "source": row.source,
                        **row.notice.model_dump(mode="json", exclude={"person_key", "outbox_key"}),
                    }
                    for row in rows
                ]
            )
            return
        table = Table("编号", "需求", "告知", "来源", "状态", "说明", box=None, pad_edge=False)
        for row in rows:
            table.add_row(
                str(row.notice.id),
                escape(f"{row.request_key} {row.title}"),
                label(ReporterStatus(row.notice.reporter_status)),
                escape(row.source),
                label(NoticeStatus(row.notice.status)),
                escape(row.notice.reason),
            )
    out.print(table if rows else "没有这样的通知。")


def preview(
    request: RequestArgument, db: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """Show what sending would do."""
    from dataclasses import asdict  # noqa: PLC0415

    from feedback_nlp.jobs.notices import preview_notices  # noqa: PLC0415
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings) as database, database.read() as session:
        seen = preview_notices(session, request, load_outlets(settings), zone=settings.zone)
    if as_json:
        print_json(asdict(seen))
        return
    out.print(
        f"{seen.request} 现在告知“{label(seen.reporter_status)}”："
        f"可触达 {seen.reachable} 人，不可触达 {sum(seen.unreachable.values())} 人"
    )
    _say_why(seen.unreachable)
    if seen.unnamed:
        out.print(f"  另有 {seen.unnamed} 条反馈不知道是谁写的")
    if seen.told:
        out.print(f"  已经告知或正在告知 {seen.told} 人，不会再发")
    if seen.sample:
        out.print(f"内容：{escape(seen.sample)}")
        out.print(f"发出：feedback-nlp notices send {seen.request}")


def send(request: RequestArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Owe the notices of a request and send what is due; exit code 1 if one was given up."""
    from feedback_nlp.jobs.delivering import deliver_now  # noqa: PLC0415
    from feedback_nlp.jobs.notices import send_notices  # noqa: PLC0415
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
    from feedback_nlp.outlets.records import STATE_WORDS  # noqa: PLC0415

    settings = load_settings()
    outlets = load_outlets(settings)
    with open_database(db, settings) as database:
        with database.write() as session:
            now = datetime.now(UTC)
            done = send_notices(session, request, outlets, zone=settings.zone, now=now)
        counts = deliver_now(database, outlets, now=lambda: datetime.now(UTC), settings=settings)
    if as_json:
        delivered = dict(counts)
        print_json({"queued": done.queued, "unreachable": done.unreachable, "outbox": delivered})
    else:
        out.print(f"{done.queued} 人的通知进了发件箱，通知不到 {sum(done.unreachable.values())} 人")
        _say_why(done.unreachable)
        words = {**STATE_WORDS, "pending": "稍后再试", "fenced": "已由别的进程处理"}
        if counts:
            told = "，".join(f"{words[state]} {count} 条" for state, count in counts.items())
            out.print(f"发件箱：{told}")
    if counts["failed"] or counts["unknown"]:
        raise typer.Exit(1)


def retry(notice: IdArgument, db: DatabaseOption = None) -> None:
    """Owe a notice anew that was given up."""
    from feedback_nlp.jobs.notices import retry_notice  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        retry_notice(session, notice, now=datetime.now(UTC))
    out.print(f"通知 {notice} 重新待发；现在就发：feedback-nlp outbox send")


def cancel(
    notice: IdArgument,
    reason: Annotated[str, typer.Option("--reason", help="为什么")] = "",
    db: DatabaseOption = None,
) -> None:
    """Cancel a notice."""
    from feedback_nlp.jobs.notices import cancel_notice  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        cancel_notice(session, notice, reason=reason, now=datetime.now(UTC))
    out.print(f"通知 {notice} 已取消。")


def template(
    status: Annotated[
        ReporterStatus | None, typer.Argument(metavar="状态", help="planned、shipped 或 declined")
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(metavar="文字", help="可用 {title}、{product}、{date}；不写则只看"),
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="改回自带的文字")] = False,
    db: DatabaseOption = None,
) -> None:
    """Show the templates, or write one."""
    from feedback_nlp.errors import InputError  # noqa: PLC0415
    from feedback_nlp.requests.notice_words import notice_settings, set_template  # noqa: PLC0415

    if (text is not None or default) and status is None:
        raise InputError("没有写是哪个状态的文字", hint="例如 notices template shipped 文字")
    with open_database(db) as database:
        if status is not None and (text is not None or default):
            with database.write() as session:
                set_template(session, status, None if default else text)
        with database.read() as session:
            templates = notice_settings(session).templates
    for name, words in templates.items():
        if status in (None, name):
            out.print(f"{label(name)}（{name.value}）：{escape(words)}")


def route(
    source: Annotated[str | None, typer.Argument(metavar="来源", help="来源的名字")] = None,
    outlet: Annotated[
        str | None, typer.Argument(metavar="出口", help="outlets list 里的一个 Webhook")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="不再回复这个来源的人")] = False,
    db: DatabaseOption = None,
) -> None:
    """Show which outlet answers which source, or set one."""
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
    from feedback_nlp.requests.notice_words import notice_settings, set_route  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings) as database:
        if source is not None and (outlet is not None or off):
            if outlet is not None and not off:
                load_outlets(settings).sender(outlet)  # refuses a name that is not configured
            with database.write() as session:
                set_route(session, source, None if off else outlet)
        with database.read() as session:
            routes = notice_settings(session).routes
    for name, answers in routes.items():
        out.print(f"{escape(name)} → {escape(answers)}")
    if not routes:
        out.print("还没有来源配置了回复用的出口。")


def unsubscribe(
    source: Annotated[str, typer.Option("--source", help="来源的名字")],
    key: Annotated[str, typer.Option("--key", help="反馈在来源里的编号")],
    actor: ActorOption = None,
    db: DatabaseOption = None,
) -> None:
    """Note that whoever gave a feedback wants no notices."""
    import getpass  # noqa: PLC0415

    from feedback_nlp.requests.notice_list import refuse_notices  # noqa: PLC0415

    with open_database(db) as database, database.write() as session:
        is_new = refuse_notices(
            session,
            source=source,
            source_key=key,
            actor=actor or getpass.getuser(),
            now=datetime.now(UTC),
        )
    out.print("已退订，不再通知这个人。" if is_new else "以前已经退订过。")


def contacts(
    forget: Annotated[bool, typer.Option("--forget", help="删除全部地址，不能恢复")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再确认")] = False,
    db: DatabaseOption = None,
) -> None:
    """Tell how many people of each source left an address, or delete all of them."""
    from feedback_nlp.access import recording  # noqa: PLC0415
    from feedback_nlp.jobs.people import forget as forget_traces  # noqa: PLC0415
    from feedback_nlp.store.contacts import (  # noqa: PLC0415
        contacts_by_source,
        forget_contacts,
    )

    with open_database(db) as database:
        with database.read() as session:
            counts = contacts_by_source(session)
        for name, number in counts.items():
            out.print(f"{escape(name)}：{number:,} 人留了邮箱")
        if not counts:
            out.print("没有保存任何邮箱地址。")
        if not forget or not counts:
            return
        if not yes:
            typer.confirm("将删除全部地址，不能恢复。继续？", abort=True)
        with database.write() as session:
            number = forget_contacts(session)
            recording.record(
                session, "contact.forget", "contacts", {"count": number}, now=datetime.now(UTC)
            )
        forget_traces(database)
    out.print(f"已删除 {number:,} 个地址。")


def _say_why(unreachable: dict[str, int]) -> None:
    for why, count in unreachable.items():
        out.print(f"  {count} 人：{escape(why)}")
