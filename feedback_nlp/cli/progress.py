"""A line that counts while a command works; drawn only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from feedback_nlp.cli.terminal import err


@contextmanager
def row_counter(first: str, told: str) -> Iterator[Callable[[int], None]]:
    """Yield ``update(rows)``.

    Args:
        first: What is shown before the first row.
        told: What is shown then, with a place for the number: ``已分析 {:,} 行``.
    """
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bars:
        task = bars.add_task(first)

        def update(rows: int) -> None:
            bars.update(task, description=told.format(rows))

        yield update
