"""``feedback-nlp judge``: say what a unit means; it stands, and is a label to learn from."""

from __future__ import annotations

from typing import Annotated

import typer

from feedback_nlp.cli.terminal import ActorOption, DatabaseOption, out
from feedback_nlp.cli.topic_desk import apply_edits
from feedback_nlp.labels import Intent, Sentiment, label


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("judge", help="改一个观点的情感或意图：以后的分析不改回去，也是训练用的标注")(judge)


def judge(
    unit: Annotated[int, typer.Argument(metavar="观点", help="观点编号，见 topics show")],
    sentiment: Annotated[
        Sentiment | None, typer.Option("--sentiment", help="改成什么情感：pos、neu 或 neg")
    ] = None,
    intent: Annotated[Intent | None, typer.Option("--intent", help="改成什么意图")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="撤销最后一次改动")] = False,
    actor: ActorOption = None,
    db: DatabaseOption = None,
) -> None:
    """Judge a unit, or take the last judgement back."""
    from feedback_nlp.editing import judging  # noqa: PLC0415

    if undo:
        apply_edits(db, actor, lambda session, edit: judging.undo(session, unit, edit))
        out.print(f"观点 {unit} 的判断改回去了。")
        return
    row = apply_edits(
        db, actor, lambda session, edit: judging.judge(session, unit, sentiment, intent, edit)
    )
    out.print(
        f"观点 {unit}：{label(Sentiment(row.sentiment))}，{label(Intent(row.intent))}"
        f"（原来是{label(Sentiment(row.engine_sentiment))}，{label(Intent(row.engine_intent))}）。"
    )
    out.print("撤销：加 --undo；用这些改动调模型：feedback-nlp train classifier --judged")
