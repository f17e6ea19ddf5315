"""Takes one pushed event: checked, kept, and put into effect, in one transaction.

The same event again changes nothing. An older event of a record changes nothing either, and
a deleted record stays deleted. An update whose words differ replaces what was stored, so
that the next analysis reads it anew; one whose words are the same changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import null
from sqlmodel import Session

from feedback_nlp.clean import Pseudonymizer, redact_value
from feedback_nlp.ingest.people import is_identity
from feedback_nlp.inlets.bodies import decoded, text_at
from feedback_nlp.inlets.config import Inlet
from feedback_nlp.inlets.records import Action, Delivery, Event, Malformed, Reading
from feedback_nlp.jobs.contacts import settle_contact
from feedback_nlp.jobs.preparing import Preparer, stored_key
from feedback_nlp.records import Rejection
from feedback_nlp.store import Database, ingestion
from feedback_nlp.store import inlets as store
from feedback_nlp.store.contacts import Sealer
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.ingestion import Totals
from feedback_nlp.store.inlet_tables import InletEvent
from feedback_nlp.store.keys import deployment_secret
from feedback_nlp.store.outbox_erasing import remake_digests
from feedback_nlp.store.push_erasing import forget_record, texts_of
from feedback_nlp.store.tables import Source

_MAX_KEPT_CHARS = 20_000
_MIN_SAID = 6
_MARK = re.compile(r"[!-~]{0,200}|\d[\d :.+/TZ年月日-]*")  # ids, links, codes, times: no words
_WORDS = object()
OUTCOME_WORDS = {
    "stored": "已收下",
    "updated": "已更新",
    "unchanged": "内容没有变化",
    "deleted": "已删除",
    "outdated": "比已有的旧，不采用",
    "ignored": "不是用户反馈，不采用",
    "test": "测试推送，可以接收",
    "duplicate": "以前收过",
    "empty": "没有文字内容",
    "malformed": "读不懂",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a push.

    Attributes:
        outcome: Stable English word.
        counts: Feedback ``accepted``, ``deleted``, ``rejected``.
        dropped: Fields that were not stored.
    """

    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The outcome in Chinese."""
        return OUTCOME_WORDS[self.outcome]


def receive(
    database: Database,
    inlet: Inlet,
    body: bytes,
    headers: Mapping[str, str],
    *,
    zone: ZoneInfo,
    now: datetime,
    secret: str | None = None,
    keep_contacts: bool = False,
) -> Received:
    """Take one push.

    Args:
        database: Open, with its schema at head.
        inlet: Where it was pushed to.
        body: The raw bytes.
        headers: Names in lower case.
        zone: Of times that name none.
        now: The clock.
        secret: ``FEEDBACK_SECRET``, if configured.
        keep_contacts: Whether the address that the inlet names may be kept.

    Raises:
        WrongSignature: If it is not signed as agreed. Nothing is stored.
        Malformed: If it cannot be read. It is kept, redacted, as ``malformed``.
    """
    delivery = Delivery(body, headers, None)
    try:
        if inlet.secret and inlet.connector.name != "wjx":
            inlet.connector.verify(delivery, inlet.secret, now)  # before anything is parsed
        delivery = Delivery(body, headers, decoded(body))
        if inlet.secret and inlet.connector.name == "wjx" and delivery.value:
            inlet.connector.verify(delivery, inlet.secret, now)  # its signature is in the body
        event = inlet.connector.read(delivery, Reading(zone, inlet.mapping))
    except Malformed as error:
        _keep_malformed(database, inlet, delivery, error, now=now, secret=secret)
        raise
    if event.action is Action.TEST:
        return Received("test")
    with database.write() as session:
        keeper = _Keeper(session, inlet, delivery, event, now, secret, keep_contacts)
        return keeper.take()


class _Keeper:
    """One event inside its transaction."""

    def __init__(
        self,
        session: Session,
        inlet: Inlet,
        delivery: Delivery,
        event: Event,
        now: datetime,
        secret: str | None,
        keep_contacts: bool,
    ) -> None:
        self._session, self._inlet, self._event, self._now = session, inlet, event, now
        self._delivery = delivery
        self._secret = deployment_secret(session, secret)
        self._pseudonymizer, self._keep_contacts = Pseudonymizer(self._secret), keep_contacts
        self._source_id: int | None = None
        self._record = stored_key(event.record, self._pseudonymizer)[:300]

    def take(self) -> Received:
        session, inlet = self._session, self._inlet
        kept = _event_row(
            inlet,
            self._delivery,
            self._event.key,
            self._pseudonymizer,
            self._now,
            authors=[item.author for item in self._event.items if item.author],
            said=[item.text.strip() for item in self._event.items],
        )
        kept.record_key, kept.outcome = self._record, "received"
        if not store.note_event(session, kept):
            return Received("duplicate")
        received = self._put_into_effect()
        row = store.event_with_key(session, inlet.name, kept.event_key)
        row.outcome, row.source_id = received.outcome, self._source_id
        row.detail = "没有保存：" + "、".join(received.dropped) if received.dropped else ""
        if self._source_id and store.is_buried(session, self._source_id, self._record):
            row.body, row.record_key = null(), ""  # whoever was erased is not kept again
        session.add(row)
        session.flush()
        return received

    def _put_into_effect(self) -> Received:
        session, inlet, event = self._session, self._inlet, self._event
        if event.action is Action.IGNORE:
            return Received("ignored")
        source = ingestion.ensure_source(
            session, inlet.source, now=self._now, kind=inlet.kind, product=inlet.product
        )
        assert source.id is not None
        self._source_id = source.id
        is_deleted = event.action is Action.DELETE
        if self._record and not store.advance(
            session, source.id, self._record, event.version or self._now, is_deleted=is_deleted
        ):
            return Received("outdated")
        known = store.feedback_of_record(session, source.id, self._record) if self._record else []
        if is_deleted:
            ids = [row.id for row in known if row.id is not None]
            remake_digests(session, texts_of(session, ids), now=self._now)
            erase_feedback(session, ids)
            forget_record(session, source.id, self._record, is_deleted=True)
            return Received("deleted", {"deleted": len(known)})
        received = self._stored(source, {row.source_key: row for row in known})
        if not inlet.contact:
            return received
        rows = store.feedback_of_record(session, source.id, self._record) if self._record else []
        why_not = settle_contact(
            session, inlet, self._delivery.value, rows, self._sealer(), now=self._now
        )
        dropped = (*received.dropped, why_not) if why_not else received.dropped
        return replace(received, dropped=dropped)

    def _sealer(self) -> Sealer | None:
        return Sealer(self._secret) if self._keep_contacts else None

    def _stored(self, source: Source, known: Mapping[str, Any]) -> Received:
        """Store the items that are new or differ; what the record no longer has goes."""
        session, event = self._session, self._event
        preparer = Preparer(self._pseudonymizer, source.product, source.name)
        rows = [preparer.values(item, self._now) for item in event.items]
        wanted = {row["source_key"]: row for row in rows if not isinstance(row, Rejection)}
        gone = [
            row.id
            for key, row in known.items()
            if key not in wanted or wanted[key]["text"] != row.text
        ]
        fresh = [
            row
            for row in rows
            if isinstance(row, Rejection)
            or row["source_key"] not in known
            or known[row["source_key"]].text != row["text"]
        ]
        if not rows and not gone:
            return Received("empty", dropped=event.dropped)
        if not fresh and not gone:
            return Received("unchanged", dropped=event.dropped)
        erase_feedback(session, gone)
        batch = ingestion.open_batch(
            session, source, now=self._now, layout=f"push-{self._inlet.connector.name}"
        )
        assert batch.id is not None
        assert source.id is not None
        totals = ingestion.store_chunk(session, batch.id, source.id, Totals(), fresh)
        ingestion.finish_batch(session, batch.id, now=self._now)
        counts = Counter(accepted=totals.accepted, rejected=totals.rejected, deleted=len(gone))
        return Received("updated" if known else "stored", +counts, event.dropped)


def _keep_malformed(
    database: Database,
    inlet: Inlet,
    delivery: Delivery,
    error: Malformed,
    *,
    now: datetime,
    secret: str | None,
) -> None:
    with database.write() as session:
        pseudonymizer = Pseudonymizer(deployment_secret(session, secret))
        row = _event_row(inlet, delivery, "", pseudonymizer, now)
        row.outcome, row.detail = "malformed", error.message
        if row.body is None:
            text = delivery.body.decode("utf-8", "replace")
            row.body = {"text": redact_value(text[:_MAX_KEPT_CHARS], pseudonymizer)}
        store.note_event(session, row)


def _event_row(
    inlet: Inlet,
    delivery: Delivery,
    key: str,
    pseudonymizer: Pseudonymizer,
    now: datetime,
    *,
    authors: Sequence[str] = (),
    said: Sequence[str] | None = None,
) -> InletEvent:
    """Return an event as it may be kept: without who someone is, the rest redacted.

    Args:
        inlet: Where it came in.
        delivery: What came.
        key: The sender's own name for it.
        pseudonymizer: Keys hashes.
        now: When.
        authors: Who said it.
        said: What was read out of it. Any other words may be anybody's name (``field_1``:
            张三丰), so they are not kept. ``None`` if it could not be read.
    """
    paths = [inlet.contact, inlet.mapping.get("author")]
    named_by = {text_at(delivery.value, path) for path in paths if isinstance(path, str) and path}
    hidden = frozenset({*named_by, *(author.strip() for author in authors)} - {""})
    body_key = pseudonymizer.author_key(hashlib.sha256(delivery.body).hexdigest())
    value = delivery.value
    if said is not None and isinstance(value, dict | list):
        value = _wordless(value, said)
    named = hashlib.sha256(key.encode()).hexdigest() if key else ""
    return InletEvent(
        inlet=inlet.name,
        event_key=f"id-{named[:64]}" if key else f"body-{body_key[:64]}",
        body_key=body_key[:64],
        outcome="",
        body=_kept(value, pseudonymizer, hidden),
        received_at=now,
    )


def _kept(value: Any, pseudonymizer: Pseudonymizer, hidden: frozenset[str]) -> Any:
    if value is None:
        return None
    whole = value if isinstance(value, dict | list) else {"value": value}
    redacted = redact_value(_nameless(whole, hidden), pseudonymizer)
    text = json.dumps(redacted, ensure_ascii=False, default=str)
    return redacted if len(text) <= _MAX_KEPT_CHARS else {"cut": text[:_MAX_KEPT_CHARS]}


def _wordless(value: Any, said: Sequence[str]) -> Any:
    """Return a JSON value without words that nobody reads: marks, numbers and times stay."""
    if isinstance(value, dict):
        pairs = ((key, _wordless(member, said)) for key, member in value.items())
        return {key: member for key, member in pairs if member is not _WORDS}
    if isinstance(value, list):
        return [one for one in (_wordless(one, said) for one in value) if one is not _WORDS]
    if not isinstance(value, str) or _MARK.fullmatch(value.strip()):
        return value
    text = value.strip()
    is_said = any(text == one or (len(text) >= _MIN_SAID and text in one) for one in said)
    return value if is_said else _WORDS


def _nameless(value: Any, hidden: frozenset[str]) -> Any:
    """Return a JSON value without the fields that hold who someone is.

    Args:
        value: The body.
        hidden: Who gave it and where they are reached, whatever the fields are called.
    """
    if isinstance(value, dict):
        return {
            key: _nameless(member, hidden)
            for key, member in value.items()
            if isinstance(member, dict | list)
            or not (is_identity(key) or str(member).strip() in hidden)
        }
    if isinstance(value, list):
        return [_nameless(one, hidden) for one in value if str(one).strip() not in hidden]
    return value
