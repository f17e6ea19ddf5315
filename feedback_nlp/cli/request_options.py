"""The options of ``feedback-nlp request``, and how their words are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedback_nlp.errors import InputError
from feedback_nlp.labels import RequestStatus, label

if TYPE_CHECKING:
    from feedback_nlp.requests.versions import Expected


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where the request goes next, who says so and why."""

    to: Annotated[str | None, typer.Option("--to", help="改成哪个状态，例如 planned")] = None
    reason: Annotated[
        str, typer.Option("--reason", help="为什么，记入历史；不采纳和重新打开必填")
    ] = ""
    actor: Annotated[str, typer.Option("--actor", help="谁改的；改状态时必填")] = ""
    duplicate_of: Annotated[
        str | None, typer.Option("--duplicate-of", metavar="REQ-3", help="与哪条需求重复")
    ] = None
    expect: Annotated[
        str | None,
        typer.Option(
            "--expect", help="你看到的状态（例如 new）或版本号；已被别人改过就不改，说明是谁改的"
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What people write about a request."""

    owner: Annotated[str | None, typer.Option("--owner", help="负责人")] = None
    effort: Annotated[
        float | None, typer.Option("--effort", min=0, max=1, help="工作量 0–1，1 最大")
    ] = None
    strategic: Annotated[
        float | None, typer.Option("--strategic", min=0, max=1, help="战略权重 0–1")
    ] = None
    title: Annotated[str | None, typer.Option("--title", help="标题；以后的分析不再改它")] = None
    due: Annotated[str | None, typer.Option("--due", metavar="2026-12-31", help="截止日")] = None

    release: Annotated[
        str | None, typer.Option("--release", metavar="3.3", help="计划在哪一版发布")
    ] = None
    labels: Annotated[
        list[str] | None, typer.Option("--label", help="标签，可重复；写全部，空的清空")
    ] = None
    tracker: Annotated[
        str | None,
        typer.Option("--tracker", metavar="URL", help="在 Jira、TAPD、禅道、GitHub 里的链接"),
    ] = None

    def given(self) -> dict[str, Any]:
        """Return those that were named, by their column; an empty word clears one."""
        named = {
            "title": self.title,
            "owner": self.owner,
            "due": self.due and read_day(self.due),
            "effort": self.effort,
            "strategic_weight": self.strategic,
            "target_release": self.release,
            "tracker_url": self.tracker,
            "labels": None if self.labels is None else [text for text in self.labels if text],
        }
        return {
            name: None if value == "" else value
            for name, value in named.items()
            if value is not None
        }


@dataclass(frozen=True, kw_only=True)
class Aside:
    """What is said or copied beside the request's own fields."""

    comment: Annotated[
        str | None, typer.Option("--comment", help="团队内的评论，反馈者看不到；要写 --actor")
    ] = None
    card: Annotated[bool, typer.Option("--card", help="只输出一段 Markdown，复制到跟踪工具")] = (
        False
    )


@dataclass(frozen=True, kw_only=True)
class Together:
    """How the request stands to others, and what people say stands behind it."""

    link: Annotated[
        str | None, typer.Option("--link", metavar="REQ-5", help="与这条需求关联；要写 --actor")
    ] = None
    kind: Annotated[
        str, typer.Option("--link-kind", help="related 相关，blocks 阻碍它，blocked_by 等它做完")
    ] = "related"
    unlink: Annotated[
        str | None, typer.Option("--unlink", metavar="REQ-5", help="取消与这条需求的关联")
    ] = None
    split: Annotated[
        list[int] | None,
        typer.Option("--split", metavar="观点编号", help="把这些观点拆成新的需求，可重复"),
    ] = None
    split_title: Annotated[str | None, typer.Option("--split-title", help="拆出的需求的标题")] = (
        None
    )
    undo_split: Annotated[bool, typer.Option("--undo-split", help="撤销最近一次拆分")] = False
    evidence: Annotated[
        list[int] | None,
        typer.Option("--evidence", metavar="观点编号", help="把这个观点加为证据，可重复"),
    ] = None
    drop_evidence: Annotated[
        list[int] | None,
        typer.Option("--drop-evidence", metavar="观点编号", help="拿掉一个人加的证据，可重复"),
    ] = None
    move_evidence: Annotated[
        list[int] | None,
        typer.Option(
            "--move-evidence",
            metavar="观点编号",
            help="把这条证据移到 --move-to 的需求，没写它就是剔除；可重复",
        ),
    ] = None
    move_to: Annotated[
        str | None, typer.Option("--move-to", metavar="REQ-5", help="证据移到哪条需求")
    ] = None
    undo_move: Annotated[bool, typer.Option("--undo-move", help="撤销最近一次剔除或移走的证据")] = (
        False
    )

    @property
    def is_wanted(self) -> bool:
        """Whether anything of it was named."""
        return bool(
            self.link
            or self.unlink
            or self.split
            or self.undo_split
            or self.evidence
            or self.drop_evidence
            or self.move_evidence
            or self.move_to
            or self.undo_move
        )


def read_expected(text: str | None) -> Expected:
    """Read ``--expect``: a version number, or a status."""
    from feedback_nlp.requests.versions import Expected  # noqa: PLC0415

    if text is None:
        return Expected()
    if text.strip().isdecimal():
        return Expected(version=int(text))
    return Expected(status=read_status(text))


def read_day(text: str) -> date:
    """Read a day as people type it; anything but ``2026-12-31`` is refused."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"截止日写成了 {text!r}", hint="写成 2026-12-31 这样的日期") from error


def read_status(name: str) -> RequestStatus:
    """Accept the English name or the Chinese word."""
    words = {label(status): status for status in RequestStatus}
    known = {status.value: status for status in RequestStatus}
    status = known.get(name.strip().lower()) or words.get(name.strip())
    if status is None:
        names = "、".join(f"{status.value}（{word}）" for word, status in words.items())
        raise InputError(f"没有 {name!r} 这个状态", hint=f"可用：{names}")
    return status
