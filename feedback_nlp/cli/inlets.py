"""``feedback-nlp inlets …``: who may push feedback, and what came lately."""

from __future__ import annotations

import secrets
from typing import Annotated

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


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    inlets = typer.Typer(help="入口：问卷、兔小巢、客服系统自己把反馈推送进来")
    inlets.command("list", help="列出已配置的入口和最近收到的推送")(list_)
    inlets.command("token", help="生成一个新的 token")(token)
    app.add_typer(inlets, name="inlets")


def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最近几次推送")] = 20,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List inlets and the latest events; no token is shown."""
    from feedback_nlp.jobs.outlets import load_inlets  # noqa: PLC0415
    from feedback_nlp.jobs.receive import OUTCOME_WORDS  # noqa: PLC0415
    from feedback_nlp.store.inlets import latest_events  # noqa: PLC0415

    settings = load_settings()
    inlets = load_inlets(settings).by_name
    with open_database(db, settings, make=True) as database, database.read() as session:
        events = latest_events(session, limit=limit)
    if as_json:
        print_json(
            {
                "inlets": [
                    {"name": name, "connector": one.connector.name, "source": one.source}
                    for name, one in inlets.items()
                ],
                "events": [event.model_dump(mode="json", exclude={"body"}) for event in events],
            }
        )
        return
    if not inlets:
        out.print("还没有配置入口。写一个 TOML 文件，用 FEEDBACK_INLETS 指给它，见 docs/inlets.md")
    table = Table("入口", "推送方", "来源", "签名", box=None, pad_edge=False)
    for name, inlet in inlets.items():
        signed = "有" if inlet.secret else ("没有配置" if inlet.connector.signs else "推送方不签名")
        table.add_row(escape(name), inlet.connector.label, escape(inlet.source), signed)
    if inlets:
        out.print(table)
    table = Table("时间", "入口", "结果", "说明", box=None, pad_edge=False)
    for event in events:
        table.add_row(
            f"{event.received_at.astimezone(settings.zone):%m-%d %H:%M:%S}",
            escape(event.inlet),
            OUTCOME_WORDS.get(event.outcome, event.outcome),
            escape(event.detail),
        )
    if events:
        out.print(table)


def token() -> None:
    """Print a new token."""
    typer.echo(secrets.token_urlsafe(32))
