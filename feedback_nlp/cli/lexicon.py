"""``feedback-nlp lexicon …``: find words the dictionary lacks, see what they change, teach them."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    ActorOption,
    DatabaseOption,
    JsonOption,
    ProductOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.errors import FileUnreadable
from feedback_nlp.files import write_private
from feedback_nlp.labels import WordKind, label
from feedback_nlp.lexicon.records import CutPreview, Suggestion

if TYPE_CHECKING:
    from sqlmodel import Session

    from feedback_nlp.editing import Edit
    from feedback_nlp.jobs.lexicon import WordPreview
    from feedback_nlp.lexicon.preview import TouchedTopic
    from feedback_nlp.store.tables import LexiconEntry

WordsArgument = Annotated[list[str], typer.Argument(metavar="词…")]
_TOPICS_SHOWN = 5
_NOTE = "下次 feedback-nlp analyze 起生效，不用重启服务。"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    lexicon = typer.Typer(help="自建词典：从反馈里发现新词，先看影响再收录")
    lexicon.command("suggest", help="从反馈里找词典没有的词，附依据")(suggest)
    lexicon.command("preview", help="收录之前看看：分词和主题会怎么变")(preview)
    lexicon.command("add", help="收录词")(add)
    lexicon.command("list", help="列出自建词典")(list_)
    lexicon.command("remove", help="移除词；记录保留")(remove)
    lexicon.command("export", help="导出为 jieba 词典文件")(export)
    lexicon.command("import", help="从 jieba 词典文件导入：每行 词 词频 词性")(import_)
    app.add_typer(lexicon, name="lexicon")


def suggest(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多列几个")] = 30,
    product: ProductOption = None,
    min_people: Annotated[int, typer.Option("--min-people", min=2, help="至少有多少人说过")] = 6,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mine the stored feedback for words worth teaching."""
    from feedback_nlp.jobs.lexicon import example_texts, suggest_words  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        result = suggest_words(session, limit=limit, product=product, min_people=min_people)
        texts = example_texts(session, result)
    found = result.suggestions
    if as_json:
        print_json(
            {
                "lexicon_version": result.lexicon_version,
                "unit_count": result.unit_count,
                "suggestions": [_suggestion_json(suggestion, texts) for suggestion in found],
            }
        )
        return
    if not found:
        out.print(
            "没有找到值得收录的新词。"
            if result.unit_count
            else "还没有分析过的反馈。先运行 feedback-nlp analyze。"
        )
        return
    table = Table(
        "词",
        "类别",
        "人数",
        "次数",
        "凝固度",
        "左右熵",
        "现在切成",
        "例子",
        box=None,
        pad_edge=False,
    )
    for suggestion in found:
        table.add_row(
            f"[bold]{escape(suggestion.word)}[/bold]",
            label(suggestion.kind),
            f"{suggestion.person_count:,}",
            f"{suggestion.count:,}",
            f"{suggestion.cohesion:.1f}",
            f"{suggestion.left_entropy:.1f} / {suggestion.right_entropy:.1f}",
            _cut_today(suggestion),
            escape(texts[suggestion.examples[0]]),
        )
    out.print(table)
    out.print(
        f"看了 {result.unit_count:,} 个观点（重复的只算一次）。"
        f"看影响：lexicon preview {escape(found[0].word)}；收录：lexicon add {escape(found[0].word)}",
        soft_wrap=True,
    )


def preview(words: WordsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show how each word would change cuts and topics."""
    from feedback_nlp.jobs.lexicon import preview_words  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        previews = preview_words(session, words)
    if as_json:
        print_json([_preview_json(preview) for preview in previews])
        return
    for shown in previews:
        _show_preview(shown.cut, shown.topics)


def add(
    words: WordsArgument,
    kind: Annotated[
        WordKind,
        typer.Option("--kind", help="product 产品词、version 型号版本、slang 口语、stop 停用词"),
    ] = WordKind.PRODUCT,
    tag: Annotated[str, typer.Option("--tag", help="jieba 词性，例如 n、v、a、nz")] = "n",
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Teach words."""
    from feedback_nlp.editing import word_edits  # noqa: PLC0415
    from feedback_nlp.store import lexicon as store  # noqa: PLC0415

    def add_each(session: Session, edit: Edit) -> tuple[int, int]:
        before = store.version(session)
        for word in words:
            word_edits.add(session, word, edit, kind=kind, tag=tag)
        return before, store.version(session)

    before, after = _write(db, actor, add_each)
    names = escape("、".join(words))
    out.print(f"已收录：{names}。{_NOTE}" if after > before else f"词典里已经有：{names}。")


def list_(
    db: DatabaseOption = None,
    show_all: Annotated[bool, typer.Option("--all", help="连同已移除的")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the entries."""
    from feedback_nlp.store import lexicon as store  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        version = store.version(session)
        rows = store.entries(session, include_removed=show_all)
    if as_json:
        print_json({"version": version, "entries": [row.model_dump(mode="json") for row in rows]})
        return
    if not rows:
        out.print("自建词典还是空的。看看有什么值得收录：feedback-nlp lexicon suggest")
        return
    zone = load_settings().zone
    table = Table("词", "类别", "词性", "收录", "移除", box=None, pad_edge=False)
    for row in rows:
        removed = f"{row.removed_at.astimezone(zone):%Y-%m-%d %H:%M}" if row.removed_at else ""
        table.add_row(
            escape(row.word),
            label(WordKind(row.kind)),
            row.tag,
            f"{row.added_at.astimezone(zone):%Y-%m-%d %H:%M} {escape(row.added_by)}",
            f"{removed} {escape(row.removed_by or '')}".strip(),
        )
    out.print(table)


def remove(words: WordsArgument, db: DatabaseOption = None, actor: ActorOption = None) -> None:
    """Take words back."""
    from feedback_nlp.editing import word_edits  # noqa: PLC0415

    def remove_each(session: Session, edit: Edit) -> list[LexiconEntry]:
        return [word_edits.remove(session, word, edit) for word in words]

    removed = _write(db, actor, remove_each)
    out.print(f"已移除：{escape('、'.join(entry.word for entry in removed))}。{_NOTE}")


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="写到哪个文件")],
    db: DatabaseOption = None,
) -> None:
    """Write the dictionary as jieba reads it."""
    from feedback_nlp.lexicon import DictionaryLine, format_line  # noqa: PLC0415
    from feedback_nlp.store import lexicon as store  # noqa: PLC0415

    with open_database(db) as database, database.read() as session:
        rows = store.entries(session)
    lines = [
        format_line(DictionaryLine(row.word, row.frequency, row.tag, WordKind(row.kind)))
        for row in rows
    ]
    write_private(output, "".join(f"{line}\n" for line in lines).encode())
    out.print(f"{len(lines)} 个词已写入 {escape(str(output))}。")


def import_(
    path: Annotated[Path, typer.Argument(metavar="文件", help="UTF-8，每行 词 词频 词性")],
    db: DatabaseOption = None,
    actor: ActorOption = None,
) -> None:
    """Teach all words of a file, or none if a line is not usable."""
    from feedback_nlp.editing import word_edits  # noqa: PLC0415
    from feedback_nlp.lexicon import parse_dictionary  # noqa: PLC0415

    try:
        lines = list(parse_dictionary(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"读不了 {path}", hint="要 UTF-8 的文本文件") from error
    changes = _write(db, actor, lambda session, edit: word_edits.add_all(session, lines, edit))
    out.print(f"读到 {len(lines)} 个词，改动 {changes} 处。{_NOTE if changes else ''}")


def _show_preview(change: CutPreview, touched: Sequence[TouchedTopic]) -> None:
    word = escape(change.word)
    out.print(f"[bold]{word}[/bold]")
    if change.known:
        out.print("  词典里已经有这个词。")
    out.print(
        f"  {len(change.found):,} 个观点提到，其中 {change.changed_count:,} 个的切法会变"
        f"（现在：{_joined(change.pieces)}）"
    )
    for example in change.examples:
        out.print(f"    {_joined(example.before)}\n  → {_joined(example.after, change.word)}")
    if not touched:
        return
    out.print(f"  涉及 {len(touched)} 个主题：")
    for topic in touched[:_TOPICS_SHOWN]:
        notes = [f"{topic.found_count:,} / {topic.member_count:,} 个观点提到"]
        notes += ["名字里有"] * topic.in_name
        notes += [f"关键词 {'、'.join(topic.keywords)}"] * bool(topic.keywords)
        out.print(f"    {topic.topic_id:>5}  {escape(topic.name)}：{escape('；'.join(notes))}")


def _joined(pieces: tuple[str, ...], mark: str = "") -> str:
    marked = mark.lower()
    return "|".join(
        f"[bold]{escape(piece)}[/bold]" if piece == marked else escape(piece) for piece in pieces
    )


def _cut_today(suggestion: Suggestion) -> str:
    if len(suggestion.pieces) == 1:
        return f"{suggestion.whole_share:.0%} 完整"
    return _joined(suggestion.pieces)


def _suggestion_json(suggestion: Suggestion, texts: dict[int, str]) -> dict[str, Any]:
    return {
        **asdict(suggestion),
        "examples": [
            {"unit_id": unit_id, "text": texts[unit_id]} for unit_id in suggestion.examples
        ],
    }


def _preview_json(preview: WordPreview) -> dict[str, Any]:
    fields = asdict(preview.cut)
    fields["found_count"] = len(fields.pop("found"))
    return {**fields, "topics": [asdict(topic) for topic in preview.topics]}


def _write(db: str | None, actor: str | None, act: Callable[[Session, Edit], Any]) -> Any:
    from feedback_nlp.editing import Edit  # noqa: PLC0415

    edit = Edit(actor=actor or getpass.getuser(), now=datetime.now(UTC))
    with open_database(db, make=True) as database, database.write() as session:
        return act(session, edit)
