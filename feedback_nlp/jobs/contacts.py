"""The address that somebody left with a feedback: kept with consent, or said why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from feedback_nlp.ingest.contacts import ALWAYS, has_agreed
from feedback_nlp.inlets.bodies import at, text_at
from feedback_nlp.inlets.config import Inlet
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.requests.notice_list import refusals
from feedback_nlp.store.contacts import Sealer, forget_contacts_of, is_address, keep_contacts
from feedback_nlp.store.ingestion import feedback_with_keys
from feedback_nlp.store.tables import Feedback

_TURNED_OFF = "没有开启 FEEDBACK_KEEP_CONTACTS"
_REFUSED = "对方已退订"


class Left(NamedTuple):
    """An address that somebody left, and whether they agreed to be written to."""

    address: str
    agreed: bool


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
    left = Left(
        text_at(value, inlet.contact),
        inlet.consent == ALWAYS or has_agreed(at(value, inlet.consent)),
    )
    if not left.address or not feedback:
        return ""
    known = next((row for row in feedback if row.author_key), feedback[0])
    why = _TURNED_OFF if sealer is None else _why_not(left, known)
    if not why and refusals(session, [known.author_key or ""]):
        why = _REFUSED
    if why or sealer is None:
        return f"联系方式（{why}）"
    keep_contacts(session, [(known, left.address)], sealer, now=now)
    return ""


def _why_not(left: Left, feedback: Feedback) -> str:
    if not left.agreed:
        return "对方没有同意"
    if not is_address(left.address):
        return "不是邮箱地址"
    return "" if feedback.author_key else "不知道是谁写的"


@dataclass
class FileContacts:
    """The addresses of one file, kept chunk by chunk beside its rows.

    Attributes:
        sealer: The deployment's.
        kept: How many lie in the table now.
        dropped: How many do not, by reason.
        told_apart: How many of these are known by the address alone.
    """

    sealer: Sealer
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    told_apart: int = 0

    def named(self, item: RawItem | Rejection) -> RawItem | Rejection:
        """Return an item whose author, if the file names none, is whoever has the address."""
        if isinstance(item, Rejection) or item.author or not item.agreed:
            return item
        if not is_address(item.contact):
            return item
        return replace(item, author=item.contact)

    def keep(
        self,
        session: Session,
        source_id: int,
        chunk: Iterable[RawItem | Rejection],
        rows: Iterable[Mapping[str, Any] | Rejection],
        *,
        now: datetime,
    ) -> None:
        """Keep the addresses of a chunk whose rows are stored, in the same transaction.

        Who has no address any more, or agrees no more, is forgotten.

        Args:
            session: The writing session.
            source_id: Of the file.
            chunk: The items as they were read.
            rows: The same as they were stored.
            now: The clock.
        """
        left = {
            row["source_key"]: (row["text"], Left(item.contact, item.agreed), item.author)
            for item, row in zip(chunk, rows, strict=True)
            if not isinstance(item, Rejection) and not isinstance(row, Rejection)
        }
        stored = [
            row
            for row in feedback_with_keys(session, source_id, list(left))
            if row.text == left[row.source_key][0]
        ]
        forget_contacts_of(session, [row.id for row in stored if row.id is not None])
        refused = refusals(session, sorted({row.author_key for row in stored if row.author_key}))
        wanted = []
        for row in stored:
            given = left[row.source_key][1]
            if not given.address:
                continue
            why = _why_not(given, row) or (_REFUSED if row.author_key in refused else "")
            if why:
                self.dropped[why] += 1
            else:
                wanted.append((row, given.address))
                self.told_apart += left[row.source_key][2] is None
        keep_contacts(session, wanted, self.sealer, now=now)
        self.kept += len(wanted)

    @property
    def notes(self) -> tuple[str, ...]:
        """Chinese remarks; no address is in them."""
        told = f"联系邮箱存下 {self.kept:,} 个（加密，只用于通知）"
        if self.dropped:
            reasons = "、".join(f"{why} {count:,}" for why, count in self.dropped.most_common())
            told += f"；没有存 {self.dropped.total():,} 个：{reasons}"
        apart = f"其中 {self.told_apart:,} 条没有写是谁的，按联系邮箱认人（只存哈希）"
        return (told, apart) if self.told_apart else (told,)
