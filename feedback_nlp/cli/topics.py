"""``feedback-nlp topics …``: look at topics and edit them; edits survive every refit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli import similar
from feedback_nlp.cli.terminal import (
    ActorOption,
    DatabaseOption,
    JsonOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.cli.topic_desk import apply_edits, topic_desk
from feedback_nlp.labels import Origin, TopicKind, TopicState, actor_name, label

if TYPE_CHECKING:
    from sqlmodel import Session

    from feedback_nlp.editing import Edit
    from feedback_nlp.store.tables import Topic

TopicArgument = Annotated[int, typer.Argument(metavar="编号", help="主题编号")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    topics = typer.Typer(help="查看和整理主题：改名、合并、拆分、移动、置顶、静音、归类、撤销")
    topics.command("list", help="列出主题")(list_)
    topics.command("show", help="主题的观点和历史")(show)
    topics.command("rename", help="改名；以后的分析不会再改")(rename)
    topics.command("merge", help="把一个或多个主题并入另一个")(merge)
    topics.command("split", help="把若干观点拆成新主题")(split)
    topics.command("move", help="把若干观点移到另一个主题")(move)
    topics.command("pin", help="置顶")(_flag("set_pinned", True, "已置顶"))
    topics.command("unpin", help="取消置顶")(_flag("set_pinned", False, "已取消置顶"))
    topics.command("mute", help="静音：不再出现在榜单和周报里")(_flag("set_muted", True, "已静音"))
    topics.command("unmute", help="取消静音")(_flag("set_muted", False, "已取消静音"))
    topics.command("nest", help="归到另一个主题之下")(nest)
    similar.register(topics)
    topics.command("undo", help="撤销这个主题最近一次人工改动")(undo)
    app.add_typer(topics, name="topics")


def list_(
    db: DatabaseOption = None,
    show_all: Annotated[bool, typer.Option("--all", help="连同静音、沉寂和已合并的")] = False,
    as_json: JsonOption = False,
) -> None:
    """List topics, pinned first, then by people."""
    from feedback_nlp.store import topic_reading  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        rows = topic_reading.list_topics(session, include_hidden=show_all)
        people = topic_reading.people_word(session)
    if as_json:
        print_json(
            [
                {
                    "id": row.topic.id,
                    "name": row.topic.name,
                    "named_by": row.topic.named_by,
                    "kind": row.topic.kind,
                    "state": row.topic.state,
                    "pinned": row.topic.pinned,
                    "muted": row.topic.muted,
                    "parent_id": row.topic.parent_id,
                    "keywords": row.topic.keywords,
                    "unit_count": row.unit_count,
                    "people_count": row.people_count,
                }
                for row in rows
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("编号", no_wrap=True)
    table.add_column("主题", no_wrap=True)
    table.add_column(f"{people}数", justify="right", no_wrap=True)
    table.add_column("观点数", justify="right", no_wrap=True)
    table.add_column("状态", no_wrap=True)
    table.add_column("关键词", overflow="fold")  # the only one that gives way to a narrow terminal
    for row in rows:
        notes = [label(TopicState(row.topic.state))]
        notes += ["置顶"] * row.topic.pinned + ["静音"] * row.topic.muted
        kind = TopicKind(row.topic.kind)
        notes += [label(kind)] * (kind is not TopicKind.ISSUE)
        table.add_row(
            str(row.topic.id),
            escape(_marked_name(row.topic)),
            f"{row.people_count:,}",
            f"{row.unit_count:,}",
            "、".join(notes),
            escape(" ".join(row.topic.keywords[:3])),
        )
    out.print(table if rows else "还没有主题。先运行 feedback-nlp analyze。")
    if rows and people == "条":
        out.print("[dim]未知作者，按条计：来源没有作者，内容雷同的只算一条。[/dim]")


def show(
    topic_id: TopicArgument,
    db: DatabaseOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多列出多少个观点")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show a topic's units and its history."""
    from feedback_nlp.editing import telling  # noqa: PLC0415
    from feedback_nlp.store import topic_reading  # noqa: PLC0415

    zone = load_settings().zone
    with open_database(db) as database, database.read() as session:
        topic = topic_reading.get_topic(session, topic_id)
        events = topic_reading.history(session, topic_id)
        units = topic_reading.newest_units(session, topic_id, limit)
    if as_json:
        print_json(
            {
                "topic": topic.model_dump(exclude={"centroid"}),
                "units": [unit._asdict() for unit in units],
                "history": [event.model_dump() for event in events],
            }
        )
        return
    out.print(
        f"[bold]{escape(_marked_name(topic))}[/bold]（{topic.id}）关键词：{escape(' '.join(topic.keywords))}"
    )
    for unit in units:
        day = unit.occurred_at.astimezone(zone)
        out.print(f"  {unit.unit_id:>7}  {day:%m-%d}  {escape(unit.text)}")
    out.print("历史：")
    for event in events:
        moment = event.happened_at.astimezone(zone)
        out.print(
            f"  {moment:%Y-%m-%d %H:%M}  {escape(actor_name(event.actor))}  {escape(telling.describe(event))}"
        )


def rename(
    topic_id: TopicArgument,
    name: Annotated[str, typer.Argument(metavar="新名字")],
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Give a topic a name that refits keep."""
    from feedback_nlp.editing import topic_edits  # noqa: PLC0415

    topic = apply_edits(
        db, actor, lambda session, edit: topic_edits.rename(session, topic_id, name, edit)
    )
    out.print(f"主题 {topic_id} 现在叫「{escape(topic.name)}」。")


def merge(
    topic_ids: Annotated[list[int], typer.Argument(metavar="编号…", help="要并掉的主题")],
    into: Annotated[int, typer.Option("--into", help="并入哪个主题")],
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Merge topics into another one."""
    target = apply_edits(
        db,
        actor,
        *(_merging(topic_id, into) for topic_id in topic_ids),
    )
    numbers = "、".join(map(str, topic_ids))
    out.print(
        f"主题 {numbers} 已并入 {into}「{escape(target.name)}」。撤销：topics undo {topic_ids[0]}"
    )


def split(
    topic_id: TopicArgument,
    units: Annotated[str, typer.Option("--units", help="观点编号，用逗号隔开")],
    name: Annotated[str, typer.Option("--name", help="新主题的名字")],
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Split units off into a new topic."""
    from feedback_nlp.editing import topic_edits  # noqa: PLC0415

    wanted = _numbers(units)
    child = apply_edits(
        db, actor, lambda session, edit: topic_edits.split(session, topic_id, wanted, name, edit)
    )
    out.print(f"已从主题 {topic_id} 拆出主题 {child.id}「{escape(child.name)}」。")


def move(
    units: Annotated[str, typer.Argument(metavar="观点编号", help="用逗号隔开")],
    to: Annotated[int, typer.Option("--to", help="移到哪个主题")],
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Move units to another topic."""
    from feedback_nlp.editing import topic_edits  # noqa: PLC0415

    wanted = _numbers(units)
    target = apply_edits(
        db, actor, lambda session, edit: topic_edits.move_units(session, wanted, to, edit)
    )
    out.print(f"{len(wanted)} 个观点已移到主题 {to}「{escape(target.name)}」。")


def nest(
    topic_id: TopicArgument,
    under: Annotated[
        int | None, typer.Option("--under", help="上级主题编号；不写则放回顶层")
    ] = None,
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Put a topic under a parent."""
    from feedback_nlp.editing import topic_edits  # noqa: PLC0415

    apply_edits(db, actor, lambda session, edit: topic_edits.nest(session, topic_id, under, edit))
    out.print(f"主题 {topic_id} 已归到 {under if under is not None else '顶层'}。")


def undo(topic_id: TopicArgument, db: DatabaseOption = None, actor: ActorOption = None) -> None:
    """Take back the last edit that a person made."""
    from feedback_nlp.editing import telling  # noqa: PLC0415

    with topic_desk(db, actor) as desk:
        event = desk.undo(topic_id)
    out.print(f"已撤销：{escape(telling.describe(event))}")


def _flag(operation: str, value: bool, words: str) -> Callable[..., None]:
    def command(
        topic_id: TopicArgument, db: DatabaseOption = None, actor: ActorOption = None
    ) -> None:
        from feedback_nlp.editing import topic_edits  # noqa: PLC0415

        act = getattr(topic_edits, operation)
        apply_edits(db, actor, lambda session, edit: act(session, topic_id, value, edit))
        out.print(f"主题 {topic_id} {words}。")

    return command


def _merging(topic_id: int, into: int) -> Callable[[Session, Edit], Topic]:
    from feedback_nlp.editing import topic_edits  # noqa: PLC0415

    return lambda session, edit: topic_edits.merge(session, topic_id, into, edit)


def _marked_name(topic: Topic) -> str:
    """Return the name, marked if a language model proposed it."""
    return f"{topic.name}〔模型命名〕" if topic.named_by == Origin.MODEL else topic.name


def _numbers(text: str) -> Sequence[int]:
    try:
        return [int(part) for part in text.replace("，", ",").split(",") if part.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} 不是用逗号隔开的编号") from error
