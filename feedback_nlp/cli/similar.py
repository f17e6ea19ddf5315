"""``feedback-nlp topics similar|apart``: which topics may be one matter, and which are not."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.terminal import (
    ActorOption,
    DatabaseOption,
    JsonOption,
    open_database,
    out,
    print_json,
)
from feedback_nlp.cli.topic_desk import apply_edits


def register(topics: typer.Typer) -> None:
    """Add the commands to the group of topics."""
    topics.command("similar", help="哪些主题像是同一件事，证据是什么，怎么合并")(similar)
    topics.command("apart", help="说明两个主题不是同一件事：以后不再提，也不会自动合并")(apart)


def similar(
    refused: Annotated[
        bool, typer.Option("--refused", help="改看已经说过“不是同一件事”的")
    ] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List pairs that may be one matter, the likeliest first, and the commands that merge them."""
    from feedback_nlp.store import likeness  # noqa: PLC0415
    from feedback_nlp.week.similar import merge_groups, why_similar  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        pairs = likeness.similar_topics(session, refused=refused)
        apart_pairs = pairs if refused else likeness.similar_topics(session, refused=True)
    if as_json:
        print_json(
            [
                {
                    "into_id": pair.into.id,
                    "into_name": pair.into.name,
                    "into_people": pair.into_people,
                    "topic_id": pair.topic.id,
                    "name": pair.topic.name,
                    "people": pair.people,
                    "score": pair.score,
                    "evidence": dict(pair.evidence),
                    "why": why_similar(pair.evidence),
                    "refused_by": pair.refused_by,
                    "refused_at": pair.refused_at,
                }
                for pair in pairs
            ]
        )
        return
    if not pairs:
        out.print("没有。" if refused else "没有看起来是同一件事的主题。")
        return
    for pair in pairs:
        out.print(
            f"[bold]{_told(pair.topic.id, pair.topic.name, pair.people)}　"
            f"{_told(pair.into.id, pair.into.name, pair.into_people)}[/bold]　把握 {pair.score:.0%}"
        )
        if refused:
            out.print(f"  {escape(pair.refused_by or '')}说不是同一件事", soft_wrap=True)
        else:
            out.print(f"  {escape(why_similar(pair.evidence))}", soft_wrap=True)
    if refused:
        out.print("改主意：topics undo 主题编号")
        return
    out.print("\n要合并（可用 topics undo 撤销）：")
    for into, others in merge_groups(pairs, apart_pairs):
        numbers = " ".join(map(str, others))
        out.print(f"  feedback-nlp topics merge {numbers} --into {into}", soft_wrap=True)
    out.print("不是同一件事：feedback-nlp topics apart 编号 编号")


def apart(
    topic_id: Annotated[int, typer.Argument(metavar="编号", help="主题编号")],
    other_id: Annotated[int, typer.Argument(metavar="编号", help="另一个主题的编号")],
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Say that two topics are not one; it is remembered, and undo takes it back."""
    from feedback_nlp.editing import topic_edits  # noqa: PLC0415

    apply_edits(
        db,
        actor,
        lambda session, edit: topic_edits.keep_apart(session, topic_id, other_id, edit),
    )
    out.print(f"记住了：主题 {topic_id} 和 {other_id} 不是同一件事。撤销：topics undo {topic_id}")


def _told(topic_id: int | None, name: str, people: int) -> str:
    return f"{topic_id} {escape(name)}（{people:,}）"
