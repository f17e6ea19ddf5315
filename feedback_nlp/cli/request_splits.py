"""``feedback-nlp request REQ-3 --split · --undo-split · --link · --unlink · --evidence · --move-evidence``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from feedback_nlp.cli.terminal import out
from feedback_nlp.errors import InputError

if TYPE_CHECKING:
    from sqlmodel import Session

    from feedback_nlp.cli.request_options import Together
    from feedback_nlp.editing import Edit
    from feedback_nlp.requests.linking import LinkKind
    from feedback_nlp.settings import Settings


def stand_together(
    session: Session,
    settings: Settings,
    key: str,
    wanted: Together,
    *,
    actor: str,
    reason: str = "",
) -> None:
    """Split, link or take that back, as the options say, and tell what was done."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.editing import Edit  # noqa: PLC0415
    from feedback_nlp.jobs.request_splits import Splitter  # noqa: PLC0415
    from feedback_nlp.requests.linking import link_requests, unlink_requests  # noqa: PLC0415

    edit = Edit(actor=actor, now=datetime.now(settings.zone), reason=reason)
    splitter = Splitter(session, load_config(settings.pipeline), settings.zone, edit)
    if wanted.split:
        if not wanted.split_title:
            raise InputError("没有写拆出的需求叫什么", hint="用 --split-title 写标题")
        child = splitter.split(key, wanted.split, wanted.split_title)
        out.print(
            f"拆出了 {child.key}；撤销：feedback-nlp request {key} --undo-split --actor {actor}"
        )
    if wanted.undo_split:
        out.print(f"{splitter.undo(key)} 并回来了，编号不再用。")
    if wanted.unlink and not unlink_requests(
        session, key, wanted.unlink, actor=actor, now=edit.now, reason=reason
    ):
        out.print(f"{key} 与 {wanted.unlink} 本来就没有关联。")
    if wanted.link:
        kind = _kind(wanted.kind)
        link_requests(session, key, wanted.link, kind, actor=actor, now=edit.now, reason=reason)
    _stand_behind(session, settings, key, wanted, edit)
    _move_evidence(session, settings, key, wanted, edit)


def _stand_behind(
    session: Session, settings: Settings, key: str, wanted: Together, edit: Edit
) -> None:
    """Put units behind a request, or take them out."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.requests import adding  # noqa: PLC0415

    rank = load_config(settings.pipeline).rank
    for change, units in (
        (adding.add_evidence, wanted.evidence or []),
        (adding.remove_evidence, wanted.drop_evidence or []),
    ):
        for unit_id in units:
            change(
                session,
                key,
                unit_id,
                actor=edit.actor,
                now=edit.now,
                config=rank,
                zone=settings.zone,
                reason=edit.reason,
            )


def _move_evidence(
    session: Session, settings: Settings, key: str, wanted: Together, edit: Edit
) -> None:
    """Move evidence to another request or out of this one, or take the last move back."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.evidence_moves import EvidenceDesk  # noqa: PLC0415

    if wanted.move_to and not wanted.move_evidence:
        raise InputError("没有写移走哪些证据", hint="用 --move-evidence 写观点编号，可重复")
    if not (wanted.move_evidence or wanted.undo_move):
        return
    desk = EvidenceDesk(session, load_config(settings.pipeline), settings.zone, edit)
    if wanted.undo_move:
        out.print(f"{desk.undo(key)} 条证据回到了 {key}。")
    if wanted.move_evidence:
        to = desk.move(key, wanted.move_evidence, wanted.move_to)
        count = len(set(wanted.move_evidence))
        done = f"{count} 条证据移到了 {to}" if to else f"剔除了 {count} 条证据"
        out.print(f"{done}；撤销：feedback-nlp request {key} --undo-move --actor {edit.actor}")


def _kind(name: str) -> LinkKind:
    from feedback_nlp.requests.linking import LINK_WORDS, LinkKind  # noqa: PLC0415

    try:
        return LinkKind(name)
    except ValueError as error:
        known = "、".join(f"{kind.value}（{word}）" for kind, word in LINK_WORDS.items())
        raise InputError(f"没有 {name!r} 这种关联", hint=f"可用：{known}") from error
