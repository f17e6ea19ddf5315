"""``feedback-nlp replay``: rank a past week again with other weights."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

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
    from feedback_nlp.jobs.replay import Replay, Replayed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", help="用另一组权重重排过去的一周，看名次怎么变")(replay)


def replay(
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="TOML 文件，\\[rank] 一节写要改的权重；不给则用现在的"
        ),
    ] = None,
    week: WeekOption = None,
    product: ProductOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="列几项")] = 15,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank a past week again; nothing is written."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.replay import read_rank_config  # noqa: PLC0415
    from feedback_nlp.jobs.replay import replay as run_replay  # noqa: PLC0415

    settings = load_settings()
    config = load_config(settings.pipeline)
    rank_config = config.rank if weights is None else read_rank_config(weights, config.rank)
    with open_database(db, settings) as database, database.read() as session:
        result = run_replay(
            session,
            config,
            rank_config,
            zone=settings.zone,
            now=datetime.now(UTC),
            week=week,
            product=product,
        )
    if as_json:
        print_json(result.as_dict())
    else:
        _print(result, limit)


def _print(result: Replay, limit: int) -> None:
    out.print(f"[bold]{result.week} 重排　权重版本 {escape(result.weights_version)}[/bold]")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("名次", "原名次", "", "主题", "优先级", "原优先级"):
        table.add_column(name, no_wrap=True, justify="left" if name == "主题" else "right")
    for topic in result.topics[:limit]:
        table.add_row(
            str(topic.position),
            str(topic.position_before or "—"),
            _arrow(topic),
            Text(topic.name, style="bold"),
            f"{topic.score:.0f}（{topic.low:.0f}–{topic.high:.0f}）",
            "—" if topic.score_before is None else f"{topic.score_before:.0f}",
        )
    out.print(table)


def _arrow(topic: Replayed) -> Text:
    if topic.position_before is None:
        return Text("新", style="red")
    moved = topic.position_before - topic.position
    if moved > 0:
        return Text(f"↑{moved}", style="red")
    return Text(f"↓{-moved}", style="green") if moved else Text("·", style="dim")
