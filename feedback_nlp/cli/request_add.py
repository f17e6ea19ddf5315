"""``feedback-nlp request-add --title 标题``: a request that nobody's topic has brought."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.request_options import Contents
from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    ProductOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Intent


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("request-add", help="手工提一条需求：request-add --title 标题 --actor 小王")(
        expand(request_add)
    )


def request_add(
    contents: Contents,
    intent: Annotated[Intent, typer.Option("--intent", help="属于哪类")] = Intent.FEATURE,
    topic: Annotated[
        int | None, typer.Option("--topic", metavar="编号", help="证据来自哪个主题")
    ] = None,
    actor: Annotated[str, typer.Option("--actor", help="谁提的，必填")] = "",
    reason: Annotated[str, typer.Option("--reason", help="为什么提，记入历史")] = "",
    product: ProductOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a request; the same one by the same person again is that one."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.requests.making import NewRequest, make_request  # noqa: PLC0415

    settings = load_settings()
    given = contents.given()
    if not given.get("title"):
        raise InputError("没有写标题", hint="用 --title 写一句话")
    wanted = NewRequest(
        intent=intent, actor=actor, product=product, topic_id=topic, reason=reason, **given
    )
    with open_database(db, settings) as database, database.write() as session:
        made = make_request(
            session,
            wanted,
            now=datetime.now(settings.zone),
            config=load_config(settings.pipeline).rank,
            zone=settings.zone,
        )
        key, title, created = made.request.key, made.request.title, made.created
    if as_json:
        print_json({"key": key, "created": created})
    elif created:
        out.print(f"提了 {key}　{escape(title)}")
    else:
        out.print(f"{key} 就是这条，以前提过，没有再建。")
