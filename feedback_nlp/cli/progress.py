"""A line that counts while a command works; drawn only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

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


@contextmanager
def share_meter(first: str) -> Iterator[Callable[[int, float | None], None]]:
    """Yield ``update(rows, share)``: a bar with rows, rows a second, and the time that is left.

    Args:
        first: What is shown before the first row.
    """
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bars:
        task = bars.add_task(first, total=None, left="")
        started = time.monotonic()

        def update(rows: int, share: float | None) -> None:
            seconds = max(time.monotonic() - started, 1e-3)
            bars.update(
                task,
                description=f"已分析 {rows:,} 行，每秒 {rows / seconds:,.0f} 行",
                total=None if share is None else 1.0,
                completed=share or 0.0,
                left=f"还要 {remaining(seconds, share)}" if share else "",
            )

        yield update


def remaining(seconds: float, share: float) -> str:
    """Return how long the rest takes at the pace so far: ``1:05`` is a minute and five seconds.

    Args:
        seconds: Time taken so far.
        share: Share (0–1, above 0) that is done.
    """
    left = round(seconds * (1 - share) / share)
    hours, rest = divmod(left, 3600)
    clock = f"{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
    return f"{hours}:{clock}" if hours else clock
