"""``feedback-nlp search 退款``: feedback that says it, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

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
from feedback_nlp.labels import Sentiment, label

if TYPE_CHECKING:
    from feedback_nlp.store.queries import FeedbackRow

_WORD = re.compile(r"[^\W_]+")
_SNIPPET_CHARS = 120
_LEAD_CHARS = 30


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search", help="检索反馈：search 退款；空格隔开的词都要出现")(search)


def search(
    query: Annotated[str, typer.Argument(metavar="检索词", help="例如 退款，或 “退款 客服”")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多列几条")] = 20,
    product: ProductOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the feedback that holds every word of the query."""
    if not _WORD.search(query):
        raise InputError(f"检索词 {query!r} 里没有文字", hint="例如 feedback-nlp search 退款")
    from feedback_nlp.store.queries import (  # noqa: PLC0415 - SQLAlchemy takes 0.5 s to import
        FeedbackFilter,
        feedback_count,
        feedback_page,
    )

    settings = load_settings()
    wanted = FeedbackFilter(query=query, product=product)
    with open_database(db, settings) as database, database.read() as session:
        total_count = feedback_count(session, wanted)
        rows = feedback_page(session, wanted, limit=limit)
    if as_json:
        print_json(
            {"query": query, "total_count": total_count, "items": [_as_json(row) for row in rows]}
        )
        return
    if not rows:
        out.print("没有找到。换个说法，或减少检索词。")
        return
    table = Table("时间", "来源", "情感", "原话", box=None, pad_edge=False)
    table.columns[-1].overflow = "fold"
    for row in rows:
        table.add_row(
            f"{row.feedback.occurred_at.astimezone(settings.zone):%Y-%m-%d %H:%M}",
            Text(row.source.name),
            label(Sentiment(row.feedback.sentiment)) if row.feedback.sentiment else "未分析",
            highlighted(row.feedback.text, query),
        )
    out.print(table)
    shown = "" if total_count == len(rows) else f"，列出最新 {len(rows)} 条（--limit 可调）"
    out.print(f"共 {total_count:,} 条{shown}")


def highlighted(text: str, query: str) -> Text:
    """Return a snippet of ``text`` around the first hit, with every hit marked.

    Folding keeps lengths, so offsets in the folded text are offsets in the text.
    """
    from feedback_nlp.chinese import fold  # noqa: PLC0415 - loads OpenCC

    folded = fold(text)
    hits = [
        match.span()
        for word in _WORD.findall(fold(query))
        for match in re.finditer(re.escape(word), folded)
    ]
    first = min((start for start, _ in hits), default=0)
    begin = max(0, first - _LEAD_CHARS) if len(text) > _SNIPPET_CHARS else 0
    end = min(len(text), begin + _SNIPPET_CHARS)
    # Line breaks become single blanks, so offsets stay.
    snippet = Text(re.sub(r"\s", " ", text[begin:end]))
    for start, stop in hits:
        if start < end and stop > begin:
            snippet.stylize("bold red", max(0, start - begin), stop - begin)
    if begin:
        snippet = Text("…") + snippet
    return snippet + Text("…") if end < len(text) else snippet


def _as_json(row: FeedbackRow) -> dict[str, Any]:
    fields = row.feedback.model_dump(
        mode="json",
        include={
            "id",
            "source_key",
            "text",
            "rating",
            "product",
            "channel",
            "app_version",
            "occurred_at",
            "sentiment",
            "intent",
        },
    )
    return {"source": row.source.name, **fields}
