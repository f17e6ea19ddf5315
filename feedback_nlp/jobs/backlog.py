"""What is to be read: what nobody has read yet, and what another reader read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from feedback_nlp.labels import RunStatus
from feedback_nlp.pipeline import Analyst
from feedback_nlp.store import analysis
from feedback_nlp.store.tables import Run

_WORDS = {
    "segment": "断句模型",
    "encoder": "编码器",
    "sentiment": "情感模型",
    "intent": "意图模型",
    "reader": "程序和词表",
    "reading": "断句或情感的参数",
    "embeddings": "向量模型",
    "metric": "主题度量",
}


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a run has to do.

    Attributes:
        pending_count: Feedback to read.
        reread_count: How many of these an earlier run has read.
        changed: What differs from then, in Chinese.
        current_runs: Runs that read as it is read now.
        newest_id: The last feedback that is this run's.
        is_placed_anew: Vectors of earlier runs do not compare with those of this one.
    """

    pending_count: int
    reread_count: int
    changed: tuple[str, ...]
    current_runs: frozenset[int]
    newest_id: int
    is_placed_anew: bool


def find_backlog(session: Session, analyst: Analyst) -> Backlog:
    """Compare what is stored with what reads and places units now."""
    runs = analysis.reading_runs(session)
    current = frozenset(
        run_id for run_id, versions in runs.items() if versions.items() >= analyst.reading.items()
    )
    pending, unread = (analysis.count_pending(session, known) for known in (current, None))
    older = [versions for run_id, versions in runs.items() if run_id not in current]
    changed = [name for versions in older for name in _differing(versions, analyst.reading)]
    last = session.exec(
        select(Run)
        .where(col(Run.status) == RunStatus.COMPLETE.value)
        .order_by(col(Run.id).desc())
        .limit(1)
    ).first()
    moved = _differing(last.versions, analyst.placing) if last is not None else []
    return Backlog(
        pending_count=pending,
        reread_count=pending - unread,
        changed=tuple(_WORDS.get(name, name) for name in dict.fromkeys([*changed, *moved])),
        current_runs=current,
        newest_id=analysis.newest_id(session),
        is_placed_anew="embeddings" in moved or "metric" in moved,
    )


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name, version in now.items() if before.get(name) != version]
