"""Chunks to results, in order, by one process or several."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import Any

from feedback_nlp.batch.fork_server import prepare
from feedback_nlp.batch.parts import Parts
from feedback_nlp.batch.plan import Chunk, Done, RowPlan
from feedback_nlp.errors import FeedbackError

_CHUNKS_PER_WORKER = 4  # the one it works on and three that wait


def score_chunks(
    chunks: Iterator[Chunk], plan: RowPlan, workers: int, parts: Parts | None = None
) -> Iterator[Done]:
    """Yield the result of each chunk with its payload, in order.

    Args:
        chunks: In order.
        plan: What is wanted.
        workers: Processes; one means this one.
        parts: Where finished chunks are kept and looked for.

    Raises:
        FeedbackError: If a worker dies.
    """
    if workers <= 1:
        yield from _alone(chunks, plan, parts)
        return
    with ProcessPoolExecutor(
        workers, mp_context=prepare(), initializer=_start, initargs=(plan, parts)
    ) as pool:
        pending: deque[Future[Done] | Done] = deque()
        try:
            for chunk in chunks:
                finished = parts.load(chunk.index) if parts is not None else None
                pending.append(finished or pool.submit(_score, chunk))
                if len(pending) >= workers * _CHUNKS_PER_WORKER:
                    yield _result(pending.popleft(), parts)
            while pending:
                yield _result(pending.popleft(), parts)
        except BrokenProcessPool as error:
            raise FeedbackError("一个工作进程意外退出", reason="worker-died") from error
        finally:
            for waiting in pending:
                if isinstance(waiting, Future):
                    waiting.cancel()


def _alone(chunks: Iterator[Chunk], plan: RowPlan, parts: Parts | None) -> Iterator[Done]:
    from feedback_nlp.batch.scorer import Scorer  # noqa: PLC0415 - the parent of workers needs none

    scorer = Scorer(plan)
    for chunk in chunks:
        done = parts.load(chunk.index) if parts is not None else None
        if done is None:
            done = scorer.score(chunk)
            if parts is not None:
                payload = done.payload
                done = parts.save(done)
                done.payload = payload
        yield done


def _result(pending: Future[Done] | Done, parts: Parts | None) -> Done:
    if isinstance(pending, Done):
        return pending
    done = pending.result()
    if done.payload is not None or parts is None:
        return done
    stored = parts.load(done.index)
    if stored is None:
        raise FeedbackError(f"{parts.folder} 里刚写好的一块读不出来", hint="检查磁盘后重新运行")
    stored.share = done.share
    return stored


@dataclass(slots=True)
class _Worker:
    scorer: Any
    parts: Parts | None


_worker: _Worker | None = None


def _start(plan: RowPlan, parts: Parts | None) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for its state
    from feedback_nlp.batch.scorer import Scorer  # noqa: PLC0415 - the parent of workers needs none

    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = _Worker(Scorer(plan), parts)


def _end_with_parent() -> None:
    """A killed parent leaves workers that wait for ever: each holds both ends of the queue."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _score(chunk: Chunk) -> Done:
    assert _worker is not None
    done: Done = _worker.scorer.score(chunk)
    return _worker.parts.save(done) if _worker.parts is not None else done
