"""``feedback-nlp train embeddings``: distil a sentence encoder on one's own feedback."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.terminal import JsonOption, err, out, print_json
from feedback_nlp.cli.train_group import train_group
from feedback_nlp.errors import InputError

if TYPE_CHECKING:
    from feedback_nlp.embed.port import Floats


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """Where the teacher's vectors come from: a file, or a model that computes them now.

    Raises:
        InputError: If not exactly one of them is named.
    """

    teacher_vectors: Annotated[
        Path | None,
        typer.Option("--teacher-vectors", help="教师模型的句向量（.npy），与文本一行对一行"),
    ] = None
    teacher: Annotated[
        str | None,
        typer.Option("--teacher", help="现场计算教师向量：sentence-transformers 或 openai"),
    ] = None
    teacher_model: Annotated[str, typer.Option("--teacher-model", help="教师模型名")] = ""
    teacher_url: Annotated[str, typer.Option("--teacher-url", help="教师服务地址")] = ""

    def __post_init__(self) -> None:
        if (self.teacher is None) == (self.teacher_vectors is None):
            raise InputError(
                "教师向量的来源要正好给一个",
                hint="--teacher-vectors 文件.npy，或 --teacher openai 等",
            )

    def embed(self, sentences: list[str]) -> tuple[Floats, str]:
        """Return the teacher's vectors of the sentences, and its name.

        Raises:
            InputError: If the file is not an array.
        """
        from feedback_nlp.config import EmbedConfig  # noqa: PLC0415 - slow to import
        from feedback_nlp.embed import load_embedder  # noqa: PLC0415

        if self.teacher_vectors is not None:
            return _read_vectors(self.teacher_vectors), self.teacher_vectors.name
        port = load_embedder(
            EmbedConfig(
                backend=self.teacher or "", model=self.teacher_model, base_url=self.teacher_url
            )
        )
        err.print(f"正在用 {port.name} 计算 {len(sentences)} 条文本的向量……")
        return port.embed(sentences), port.name


@dataclass(frozen=True, kw_only=True)
class Distilling:
    """How the student is trained."""

    dimensions: Annotated[int, typer.Option(min=8, max=4096, help="静态向量的维数")] = 256
    epochs: Annotated[int, typer.Option(min=1, max=200, help="训练几遍")] = 8
    seed: Annotated[int, typer.Option(help="随机种子")] = 7


def register(app: typer.Typer) -> None:
    """Add the command to the ``train`` group."""
    group = train_group(app)
    group.command("embeddings", help="把一个句向量模型蒸馏成静态词向量，几万条短文本只要几分钟")(
        expand(train_embeddings)
    )


def train_embeddings(
    texts: Annotated[
        Path, typer.Option("--texts", help="文本文件：一行一条，或带 text 列的表格/JSONL")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="模型写到哪个目录")],
    teacher: Teacher,
    how: Distilling,
    data_names: Annotated[
        list[str] | None, typer.Option("--data-name", help="写进模型说明的数据名，可多次")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Distil and write a model folder that ``[embed] model = "DIR"`` loads."""
    from feedback_nlp.training.embeddings.distil import DistilSettings, distil  # noqa: PLC0415 - slow
    from feedback_nlp.training.embeddings.distilled_model import save_distilled  # noqa: PLC0415

    sentences = _read_texts(texts)
    vectors, who = teacher.embed(sentences)
    settings = DistilSettings(dimensions=how.dimensions, epochs=how.epochs, seed=how.seed)
    student = distil(
        sentences,
        vectors,
        settings,
        lambda epoch, cosine: err.print(
            f"第 {epoch}/{how.epochs} 遍，与教师的平均余弦 {cosine:.3f}"
        ),
    )
    command = shlex.join(["feedback-nlp", *sys.argv[1:]])
    figures = save_distilled(
        output,
        student,
        settings,
        teacher=who,
        trained_on=data_names or [texts.name],
        command=command,
    )
    if as_json:
        print_json({"output": str(output), **figures})
        return
    out.print(
        f"已写入 {output}：{figures['terms']} 个词和字，{figures['dimensions']} 维，"
        f"留出文本与教师的平均余弦 {figures['holdout_cosine']}"
    )
    out.print(escape(f'使用：在 pipeline.toml 的 [embed] 里写 model = "{output}"'))


def _read_texts(path: Path) -> list[str]:
    from feedback_nlp.records import Rejection  # noqa: PLC0415
    from feedback_nlp.tabular import read_rows  # noqa: PLC0415

    texts = []
    for row in read_rows(path):
        if isinstance(row, Rejection):
            raise InputError(
                f"{path} 第 {row.line} 行读不了：{row.detail}", hint="删掉或改好这一行"
            )
        if "text" not in row.values:
            raise InputError(
                f"{path} 有这些列：{'、'.join(row.values)}，没有 text 列",
                hint="把文本列改名为 text",
            )
        texts.append(str(row.values["text"] or ""))
    return texts


def _read_vectors(path: Path) -> Floats:
    import numpy as np  # noqa: PLC0415

    try:
        values = np.load(path, allow_pickle=False)
        return np.asarray(values, dtype=np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} 不是可读的 .npy 数组：{error}", hint="用 numpy.save 保存"
        ) from error
