"""The address that somebody left with a feedback: kept with consent, or said why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from feedback_nlp.inlets.bodies import at, text_at
from feedback_nlp.inlets.config import ALWAYS, Inlet
from feedback_nlp.requests.notice_list import refusals
from feedback_nlp.store.contacts import Sealer, forget_contacts_of, is_address, keep_contact
from feedback_nlp.store.tables import Feedback

_YES = frozenset({"true", "1", "yes", "y", "on", "是", "同意", "愿意", "我同意", "可以"})


def settle_contact(
    session: Session,
    inlet: Inlet,
    value: Any,
    feedback: Sequence[Feedback],
    sealer: Sealer | None,
    *,
    now: datetime,
) -> str:
    """Keep or forget the address of a pushed record; return in Chinese why it is not kept.

    An update without consent, or without an address, withdraws what an earlier one gave.

    Args:
        session: The writing session.
        inlet: Names where address and consent stand.
        value: The body.
        feedback: What is stored of the record.
        sealer: ``None`` where the deployment keeps no addresses.
        now: The clock.

    Returns:
        ``""`` if it is kept, or if there is none.
    """
    forget_contacts_of(session, [row.id for row in feedback if row.id is not None])
    address = text_at(value, inlet.contact)
    if not address or not feedback:
        return ""
    if sealer is None:
        return "联系方式（没有开启 FEEDBACK_KEEP_CONTACTS）"
    if inlet.consent != ALWAYS and not _agreed(at(value, inlet.consent)):
        return "联系方式（对方没有同意）"
    if not is_address(address):
        return "联系方式（不是邮箱地址）"
    known = next((row for row in feedback if row.author_key), None)
    if known is None or known.author_key is None:
        return "联系方式（不知道是谁写的）"
    if refusals(session, [known.author_key]):
        return "联系方式（对方已退订）"
    keep_contact(session, known, address, sealer, now=now)
    return ""


def _agreed(answer: Any) -> bool:
    if isinstance(answer, list):
        return any(_agreed(one) for one in answer)
    return answer is True or str(answer).strip().lower() in _YES
