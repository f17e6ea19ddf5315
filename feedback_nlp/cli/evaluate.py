"""``feedback-nlp evaluate FILE``: how accurate are we on your own labelled data?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from feedback_nlp.cli.terminal import JsonOption, err, load_settings, out, print_json
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Intent, Sentiment, label

if TYPE_CHECKING:
    from feedback_nlp.evaluation.assessment import Assessment, FileAssessment

_TITLES = {
    "sentiment": "情感（整条反馈）",
    "intent": "意图（整条反馈）",
    "unit_sentiment": "情感（要点）",
    "unit_intent": "意图（要点）",
}
_BAR_CHARS = 20
_SNIPPET_CHARS = 60


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate", help="用你自己标注的文件量一量准确率：表里有文本列，和情感或意图列")(
        evaluate
    )


def evaluate(
    file: Annotated[
        Path, typer.Argument(metavar="文件", help="CSV、Excel、JSONL、Parquet 等，- 为标准输入")
    ],
    text: Annotated[str | None, typer.Option("--text", help="文本列，默认自动识别")] = None,
    sentiment: Annotated[
        str | None, typer.Option("--sentiment", help="情感列，默认自动识别")
    ] = None,
    intent: Annotated[str | None, typer.Option("--intent", help="意图列，默认自动识别")] = None,
    worst: Annotated[
        int, typer.Option("--worst", min=0, max=1000, help="每类列出几个最离谱的错")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """Compare labels with what the engine reads, and print figures with intervals."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.evaluation.assessment import assess  # noqa: PLC0415
    from feedback_nlp.evaluation.labelled import read_labelled  # noqa: PLC0415
    from feedback_nlp.understanding.engine import Engine  # noqa: PLC0415

    items, skipped_count = read_labelled(file, text=text, sentiment=sentiment, intent=intent)
    engine = Engine.load(load_config(load_settings().pipeline))
    found = assess(items, engine.understand([item.text for item in items]), worst_count=worst)
    if not found.parts and found.boundaries is None:
        raise InputError("标注列全是空的", hint="至少要有一行有标注")
    if as_json:
        print_json(as_document(found, skipped_count))
        return
    for part in found.parts:
        _print_part(part)
    if found.boundaries and found.inner_boundaries:
        _print_boundaries(found)
    out.print(
        f"共 {found.row_count:,} 行"
        + (f"，另有 {skipped_count:,} 行没有文本或读不了，没有计入" if skipped_count else "")
    )
    err.print("方括号里是 95% 区间：查准、查全用 Wilson 区间，F1 用自助法重抽样。")


def as_document(found: FileAssessment, skipped_count: int) -> dict[str, Any]:
    """Return all figures as JSON-serialisable values."""
    document: dict[str, Any] = {"row_count": found.row_count, "skipped_count": skipped_count}
    for part in found.parts:
        figures = asdict(part)
        figures.pop("name")
        document[part.name] = figures
    for name in ("boundaries", "inner_boundaries"):
        figures_of_ends = getattr(found, name)
        if figures_of_ends is not None:
            document[name] = {
                **asdict(figures_of_ends),
                "precision": figures_of_ends.precision,
                "recall": figures_of_ends.recall,
                "f1": figures_of_ends.f1,
            }
    return document


def _print_part(part: Assessment) -> None:
    report = part.report
    out.print(Text(f"\n{_TITLES[part.name]}，{report.count:,} 条", style="bold"))
    if part.binary:
        out.print("标注只有正负两类：中性和褒贬都有的，按分数的正负归到一边。")
    table = Table("类别", box=None, pad_edge=False)
    for heading in ("查准率", "查全率", "F1", "条数"):
        table.add_column(heading, justify="right")
    for figures in report.classes:
        table.add_row(
            _chinese(part.name, figures.name),
            _with_interval(figures.precision, figures.precision_interval),
            _with_interval(figures.recall, figures.recall_interval),
            _with_interval(figures.f1, figures.f1_interval),
            f"{figures.support:,}",
        )
    out.print(table)
    out.print(
        f"准确率 {_with_interval(report.accuracy, report.accuracy_interval)}　"
        f"宏平均 F1 {_with_interval(report.macro_f1, report.macro_f1_interval)}",
        markup=False,
    )
    _print_confusion(part)
    if part.calibration_error is not None:
        _print_reliability(part)
    _print_mistakes(part)


def _print_confusion(part: Assessment) -> None:
    names = [_chinese(part.name, name) for name in part.report.labels]
    out.print("混淆矩阵")
    table = Table("实际＼判成", *names, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, row in zip(names, part.report.confusion, strict=True):
        table.add_row(name, *(f"{count:,}" if count else "·" for count in row))
    out.print(table)


def _print_reliability(part: Assessment) -> None:
    out.print(
        f"可靠性：校准误差 {part.calibration_error:.3f}"
        f"（按有单一概率的 {part.calibrated_count:,} 条计算）"
    )
    table = Table("把握", "实际对的", "条数", "", box=None, pad_edge=False)
    for entry in part.reliability:
        bar = "█" * round(entry.accuracy * _BAR_CHARS)
        table.add_row(f"{entry.confidence:.0%}", f"{entry.accuracy:.0%}", f"{entry.count:,}", bar)
    out.print(table)


def _print_mistakes(part: Assessment) -> None:
    if not part.mistakes:
        return
    out.print("最有把握却判错的")
    table = Table("行", "实际", "判成", "把握", "原文", box=None, pad_edge=False)
    for mistake in part.mistakes:
        text = " ".join(mistake.text.split())
        table.add_row(
            str(mistake.line),
            _chinese(part.name, mistake.true),
            _chinese(part.name, mistake.predicted),
            f"{mistake.confidence:.0%}",
            Text(text if len(text) <= _SNIPPET_CHARS else text[:_SNIPPET_CHARS] + "…"),
        )
    out.print(table)


def _print_boundaries(found: FileAssessment) -> None:
    out.print(Text("\n要点的切分（结尾相差 2 字以内算对）", style="bold"))
    table = Table("", "查准率", "查全率", "F1", box=None, pad_edge=False)
    for title, figures in (("全部结尾", found.boundaries), ("文中结尾", found.inner_boundaries)):
        if figures is not None:
            table.add_row(
                title, f"{figures.precision:.3f}", f"{figures.recall:.3f}", f"{figures.f1:.3f}"
            )
    out.print(table)


def _with_interval(share: float, interval: tuple[float, float]) -> str:
    return f"{share:.3f} [{interval[0]:.2f}–{interval[1]:.2f}]"


def _chinese(part: str, name: str) -> str:
    return label(Sentiment(name) if part.endswith("sentiment") else Intent(name))
