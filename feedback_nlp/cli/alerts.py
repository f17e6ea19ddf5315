"""``feedback-nlp alerts``: which topics ask for attention, and which alerts were worth it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

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
from feedback_nlp.errors import InputError
from feedback_nlp.labels import AlertKind, label
from feedback_nlp.special_days import special_days

if TYPE_CHECKING:
    from feedback_nlp.store.alerts import AlertPrecision, NamedAlert
    from feedback_nlp.store.tables import AlertRow


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("alerts", help="预警：新增、再次出现、上升、复发；可标有用没用")(alerts)


def alerts(
    days: Annotated[int, typer.Option("--days", min=1, help="列出最后几天的预警")] = 28,
    useful: Annotated[
        list[int] | None, typer.Option("--useful", metavar="编号", help="把这条预警标为有用")
    ] = None,
    useless: Annotated[
        list[int] | None, typer.Option("--useless", metavar="编号", help="把这条预警标为没用")
    ] = None,
    actor: Annotated[str, typer.Option("--actor", help="谁标的；标记时必填")] = "",
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alerts, found again from the rows, and mark them."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.alerts import refresh_alerts  # noqa: PLC0415
    from feedback_nlp.store.alerts import (  # noqa: PLC0415
        alert_precision,
        list_alerts,
        mark_alert,
    )
    from feedback_nlp.store.topic_reading import people_word  # noqa: PLC0415
    from feedback_nlp.store.volume import latest_moment  # noqa: PLC0415

    marks = [(id_, True) for id_ in useful or []] + [(id_, False) for id_ in useless or []]
    if marks and not actor.strip():
        raise InputError("没有写是谁标的", hint="用 --actor 写上名字")
    settings = load_settings()
    with open_database(db, settings) as database, database.write() as session:
        now = datetime.now(UTC)
        config = load_config(settings.pipeline)
        refresh_alerts(session, config, zone=settings.zone, now=now)
        for id_, is_useful in marks:
            mark_alert(session, id_, is_useful=is_useful, actor=actor.strip(), now=now)
        session.flush()
        moment = latest_moment(session)
        last_day = (moment or now).astimezone(settings.zone).date()
        since = last_day - timedelta(days=days - 1)
        rows = list_alerts(session, since=since)
        precision = alert_precision(session)
        if as_json:
            print_json(
                {
                    "since": since.isoformat(),
                    "precision": precision.share,
                    "marked": precision.useful_count + precision.useless_count,
                    "alerts": [
                        {**row.alert.model_dump(mode="json"), "topic_name": row.topic_name}
                        for row in rows
                    ],
                }
            )
        else:
            _print(rows, precision, since, people_word(session))


def _kind(alert: AlertRow) -> str:
    """Return the word of the lists; on holidays and festivals a rise is one above these."""
    first_day, last_day = date.fromisoformat(alert.day), date.fromisoformat(alert.last_day)
    since = first_day - timedelta(days=alert.days - 1)
    if alert.kind == AlertKind.SPIKE and special_days(since, last_day):
        return "高于节日预期"
    return label(AlertKind(alert.kind))


def _print(rows: list[NamedAlert], precision: AlertPrecision, since: date, people: str) -> None:
    from feedback_nlp.cli.lists import print_folded  # noqa: PLC0415
    from feedback_nlp.report.wording import peak_words  # noqa: PLC0415

    out.print(f"[bold]{since:%Y-%m-%d} 以来的预警[/bold]　{len(rows)} 条")
    if rows:
        table = Table(box=None, padding=(0, 1), header_style="dim")
        for name in ("编号", "从", "到", "类型", "主题", "最突出的几天", "平时", "有用"):
            table.add_column(name, no_wrap=True, justify="right" if name == "编号" else "left")
        for row in rows:
            alert = row.alert
            table.add_row(
                str(alert.id),
                alert.day[5:],
                alert.last_day[5:],
                Text(_kind(alert), style="red"),
                Text(row.topic_name, style="bold"),
                *peak_words(alert.days, alert.people, alert.expected, counted=people),
                {True: "有用", False: "没用", None: "—"}[alert.is_useful],
            )
        out.print(table)
        print_folded(
            "从、到：哪些天够得上预警。最突出的几天：连着的几天一起看，"
            + ("一个人每天算一次" if people == "人" else "来源没有作者，按条计")
            + "；平时：同样长的几天原本该有多少。",
            style="dim",
        )
    if precision.share is None:
        out.print(
            "[dim]还没有人标过；用 --useful 编号 或 --useless 编号 标记，可算出准确率。[/dim]"
        )
    else:
        marked = precision.useful_count + precision.useless_count
        out.print(f"[dim]标过 {marked} 条，准确率 {precision.share:.0%}。[/dim]")
