"""``feedback-nlp loop``: how well the loop is closed, and which requests are late."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import typer
from rich.markup import escape

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
from feedback_nlp.labels import RequestStatus, label


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("loop", help="闭环：闭环率、首次答复、失约、不采纳后又来提的，和超期的需求")(loop)


def loop(
    week: WeekOption = None,
    product: ProductOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the figures of the loop as of the end of a week, and what is late now."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.pipeline import tell_week  # noqa: PLC0415
    from feedback_nlp.report.loop_words import loop_words  # noqa: PLC0415
    from feedback_nlp.requests.late import late_requests  # noqa: PLC0415

    settings = load_settings()
    config, now = load_config(settings.pipeline), datetime.now(settings.zone)
    with open_database(db, settings) as database, database.read() as session:
        digest = tell_week(session, config, zone=settings.zone, now=now, week=week, product=product)
        late = late_requests(session, limits=config.loop.business_days, now=now, product=product)
    figures = digest.loop_figures
    if as_json:
        print_json(
            {
                "week": digest.week,
                **asdict(figures),
                "closure_rate": figures.closure_rate,
                "late": [{**item._asdict(), "clock": asdict(item.clock)} for item in late],
            }
        )
        return
    words = loop_words(figures) or (
        f"{figures.requests} 条需求，还没有答复过谁。"
        if figures.requests
        else "那时还没有需求；现在的需求看 feedback-nlp requests"
    )
    out.print(f"截至 {digest.week} 结束　{escape(words)}", soft_wrap=True)
    for item in late:
        clock = item.clock
        out.print(
            f"超期：{item.key} {escape(item.title)}，在“{label(RequestStatus(item.status))}”"
            f" {clock.business_days} 个工作日（限 {clock.limit} 个），"
            f"{escape(item.owner or '负责人未定')}",
            soft_wrap=True,
        )
