"""The batch job without a database: files of texts in, the same rows understood out.

Order is kept, and the result depends on nothing but the input, the options and the models:
see :mod:`feedback_nlp.batch`. Memory does not grow with the input. With ``resume``,
finished chunks are kept on disk until the output stands, and a killed run goes on there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from feedback_nlp.batch import inputs as inputs_of
from feedback_nlp.batch.fork_server import WORTH_WORKERS_BYTES, prepare
from feedback_nlp.batch.inputs import Input, Named, Reading
from feedback_nlp.batch.outputs import open_output
from feedback_nlp.batch.parts import Parts, open_parts
from feedback_nlp.batch.plan import Column, Done, RowPlan, TopicPlan
from feedback_nlp.batch.pool import score_chunks
from feedback_nlp.batch.rejects import RejectFile, open_rejects
from feedback_nlp.build import code_version
from feedback_nlp.config import PipelineConfig
from feedback_nlp.cores import cores
from feedback_nlp.errors import InputError
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.tabular import STDIN, output_format


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        rows: Rows done.
        share: Share (0–1) of the input that is done; ``None`` if unknown.
    """

    rows: int
    share: float | None


@dataclass(frozen=True, slots=True)
class ClassifyReport:
    """What became of the input.

    Attributes:
        read: Rows in. ``read == written``, plus ``failed`` if rejects go to a file of their own.
        written: Rows out.
        failed: Rows that could not be read.
        workers: Processes used.
        files: Inputs read.
        reasons: Failed rows by reason.
        skipped: Files of a folder that hold no table, by their names.
        unplaced: Rows by column that appeared too late to have a place in the output.
        versions: Models that read the rows.
    """

    read: int
    written: int
    failed: int
    workers: int
    files: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    unplaced: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serialisable values."""
        return asdict(self)


def classify_file(
    source: Path | Sequence[Path],
    target: Path,
    config: PipelineConfig,
    options: ClassifyOptions,
    *,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> ClassifyReport:
    """Understand every row of files.

    Args:
        source: Tables with a text column, or plain lines: files, patterns, folders, or ``-``
            for standard input.
        target: Where to; the suffix says the format, ``-`` is JSON lines on standard output.
        config: The analysis.
        options: What a person said about the files.
        progress: Called after each chunk.

    Raises:
        FileUnreadable: If the only file cannot be read at all.
        UnknownLayout: If a table has no column that can be taken for the text.
        InputError: If there are no rows, or the target cannot be written.
        Conflict: If ``resume`` finds the remains of another run.
    """
    kind = output_format(target) if options.partition_by is None else "parquet"
    sources = [source] if isinstance(source, Path) else list(source)
    if options.resume and target == STDIN:
        raise InputError("接着上次做需要一个输出文件", reason="no-output-file")
    with ExitStack() as stack:
        files, skipped = inputs_of.expand(sources)
        if (options.workers or _workers(files)) > 1:
            columnar = kind == "parquet" or any(one.path.suffix == ".parquet" for one in files)
            prepare(arrow=columnar)  # loads while this process looks at the files
        reading = Reading(mapping=options.mapping, format=options.format, sheet=options.sheet)
        found = inputs_of.look_at(stack, files, reading)
        plan = _plan(found, kind, target, config, options)
        workers = options.workers or _workers(found)
        parts = None
        if options.resume:
            parts = stack.enter_context(open_parts(target, _identity(found, plan)))
        report = _run(found, plan, workers, parts, target, options.rejects, progress)
    return replace(report, skipped=tuple(skipped))


def _run(
    found: Sequence[Input],
    plan: RowPlan,
    workers: int,
    parts: Parts | None,
    target: Path,
    rejects: Path | None,
    progress: Callable[[Progress], None],
) -> ClassifyReport:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    unplaced: Counter[str] = Counter()
    versions: dict[str, str] = {}
    names = [one.layout.name for one in found]
    chunks = inputs_of.chunks_of(found)
    first = next(chunks, None)
    if first is None:
        raise InputError("文件里没有数据行", hint="至少要有一行文字")

    def all_chunks() -> Iterator[Any]:
        yield first
        yield from chunks

    with open_rejects(rejects) as aside, open_output(target, plan) as output:
        for done in score_chunks(all_chunks(), plan, workers, parts):
            assert done.payload is not None
            output.add(done.payload)
            _note(done, aside, names)
            counts.update(read=done.read, written=done.written)
            reasons.update(rejection.reason for _, rejection in done.rejects)
            unplaced.update(done.unplaced)
            versions = done.versions
            progress(Progress(counts["read"], done.share))
    return ClassifyReport(
        read=counts["read"],
        written=counts["written"],
        failed=reasons.total(),
        workers=workers,
        files=len(found),
        reasons=dict(reasons),
        unplaced=dict(unplaced),
        versions=versions,
    )


def _note(done: Done, aside: RejectFile | None, names: Sequence[str]) -> None:
    if aside is not None:
        for source, rejection in done.rejects:
            aside.add(names[source], rejection)


def _plan(
    found: Sequence[Input],
    kind: str,
    target: Path,
    config: PipelineConfig,
    options: ClassifyOptions,
) -> RowPlan:
    columns: Any = ()
    by, keep = options.partition_by, options.keep
    if by is not None and keep is not None and by not in keep:
        keep = (*keep, by)
    if kind != "jsonl" or keep is not None:
        columns = inputs_of.columns_that_come_along(found, keep)
    return RowPlan(
        config=config,
        zone=options.zone,
        layouts=tuple(one.layout for one in found),
        kind=kind,
        depth=options.depth,
        packed=target.name.endswith(".gz"),
        columns=columns,
        keep=None if keep is None else frozenset(column.name for column in columns),
        secret=_secret(found, options),
        rejects_apart=options.rejects is not None,
        topics=topics_of(options.topics_of),
        partition=None if by is None else _partition(columns, by),
    )


def _partition(columns: Sequence[Column], by: str) -> str:
    """Return the name under which the column of days goes out."""
    name = next((column.name for column in columns if column.source == by), None)
    if name is None:
        known = "、".join(column.source for column in columns)
        raise InputError(f"没有 {by!r} 这一列，不能按它分目录", hint=f"可用的列：{known}")
    return name


def topics_of(url: str | None) -> TopicPlan | None:
    """Return the living topics of a database, ``None`` if none are wanted."""
    if url is None:
        return None
    from feedback_nlp.batch.topics import read_topics  # noqa: PLC0415 - loads the store

    return read_topics(url)


def _secret(found: Sequence[Input], options: ClassifyOptions) -> bytes | None:
    """Key pseudonyms by the secret, else by the content: the same file gives the same ones."""
    if not options.redact:
        return None
    if options.secret:
        return options.secret.encode()
    return inputs_of.digest(found)


def _workers(files: Iterable[Named | Input]) -> int:
    """One process a core, where the input is large enough to pay for starting them."""
    paths = [one.path for one in files if one.path != STDIN]
    size = sum(path.stat().st_size for path in paths if path.exists())
    return 1 if size < WORTH_WORKERS_BYTES else cores()


def _identity(found: Sequence[Input], plan: RowPlan) -> dict[str, Any]:
    """Return all that decides the bytes of the result."""
    from feedback_nlp.batch.scorer import Scorer  # noqa: PLC0415 - only here in the parent

    return {
        "input": {
            "files": [one.layout.name for one in found],
            "sha256": inputs_of.digest(found).hex(),
        },
        "versions": Scorer(plan).versions,
        "code": code_version(),
        "config": plan.config.model_dump(mode="json"),
        "options": {
            "kind": plan.kind,
            "packed": plan.packed,
            "zone": str(plan.zone),
            "columns": [[column.source, column.name] for column in plan.columns],
            "keep": sorted(plan.keep) if plan.keep is not None else None,
            "text": [[one.layout.text_column, one.layout.id_column] for one in found],
            "redact": plan.secret is not None,
            "rejects_apart": plan.rejects_apart,
            "partition": plan.partition,
        },
    }
