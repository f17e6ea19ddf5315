"""``feedback-nlp pull …``: fetch feedback from places that do not push."""

from __future__ import annotations

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


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pull", help="拉取 App Store 评论和兔小巢帖子；worker 按配置的间隔自己拉")(pull)


def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[名字]…", help="只拉这些；不写就全拉")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="只列出配置了什么，不拉取")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pull now; exit code 1 if pages are missing."""
    from feedback_nlp.errors import NotFound  # noqa: PLC0415
    from feedback_nlp.jobs.outlets import load_pulls, pull_client  # noqa: PLC0415
    from feedback_nlp.jobs.pull import pull as pull_one  # noqa: PLC0415

    settings = load_settings()
    known = load_pulls(settings)
    if not known:
        out.print("还没有配置拉取。在 FEEDBACK_INLETS 的文件里写 [pulls.名字]，见 docs/inlets.md")
        return
    if unknown := [name for name in names or () if name not in known]:
        raise NotFound(f"没有名为 {unknown[0][:60]} 的拉取", hint="可用 " + "、".join(known))
    if only_list:
        for one in known.values():
            label = one.inlet.connector.label
            every = f"每 {one.every_hours} 小时"
            out.print(f"{escape(one.name)}　{label} → 来源“{escape(one.inlet.source)}”　{every}")
        return
    secret = settings.plain_secret
    with open_database(db, settings, make=True) as database:
        reports = [
            pull_one(
                database,
                known[name],
                pull_client(settings),
                zone=settings.zone,
                now=lambda: datetime.now(UTC),
                secret=secret,
            )
            for name in names or known
        ]
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        for report in reports:
            out.print(escape(f"{report.name}（{report.source}）：{report.words}。"), soft_wrap=True)
    if any(report.stopped for report in reports):
        raise typer.Exit(1)
