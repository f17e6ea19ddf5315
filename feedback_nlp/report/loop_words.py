"""The figures of the loop, and the clock of a request, in words."""

from __future__ import annotations

from feedback_nlp.labels import ReporterStatus, label
from feedback_nlp.loop import Clock
from feedback_nlp.week.loop_records import BrokenPromise, LoopFigures


def loop_words(figures: LoopFigures) -> str:
    """Return one sentence; empty as long as nobody was told anything."""
    if not figures.answered:
        return ""
    share = f"{figures.closure_rate or 0:.0%}"
    parts = [
        f"闭环率 {share}（{figures.requests} 个需求里 {figures.closed} 个已发布或不采纳）",
        f"首次答复中位数 {figures.median_days:g} 天（{figures.answered} 个）",
    ]
    if figures.told_notices:
        parts.append(f"已通知 {figures.told_people} 人（{figures.told_notices} 条通知）")
    if figures.broken:
        broken = "、".join(map(_promise, figures.broken))
        parts.append(f"失约 {len(figures.broken)} 个：{broken}")
    if figures.repeat_people:
        keys = "、".join(figures.repeat_keys)
        parts.append(f"不采纳后又有 {figures.repeat_people} 人提：{keys}")
    return "闭环：" + "；".join(parts)


def clock_words(clock: Clock, status: str) -> tuple[str, str]:
    """Return how long a request has been in its status, and how late it is; empty in time."""
    words = f"停在“{status}” {clock.business_days} 个工作日"
    if clock.limit is None:
        return words, ""
    late = f"超期 {clock.business_days - clock.limit} 个工作日" if clock.is_late else ""
    due = f"，{clock.due_on.month}月{clock.due_on.day}日到期" if clock.due_on else ""
    return f"{words}，限 {clock.limit} 个{due}", late


def _promise(broken: BrokenPromise) -> str:
    what = (
        f"{broken.due.month}月{broken.due.day}日到期未发布"
        if broken.due
        else f"说过已计划，又变成“{label(ReporterStatus(broken.now))}”"
    )
    return f"{broken.key} {broken.title}（{what}）"
