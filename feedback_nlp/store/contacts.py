"""Addresses of people, sealed by a key that is made from the deployment's secret.

AES-GCM with a nonce of its own for each address; whose it is, is bound to it, so that a row
that was moved to somebody else opens no more. The secret lies apart from the database
(:mod:`feedback_nlp.store.keys`): a stolen copy of the database holds no address.

Source: NIST SP 800-38D; RFC 5869 for the key.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from feedback_nlp.errors import ConfigError
from feedback_nlp.store.contact_table import Contact
from feedback_nlp.store.tables import Feedback, Source

_NONCE_BYTES = 12
_KEY_BYTES = 32
_LONGEST = 254  # RFC 5321
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
_TICKET = b"unsubscribe"
_CHUNK = 500


class Sealer:
    """Seals and opens addresses, and the tickets by which people unsubscribe.

    Args:
        secret: The deployment's.

    Raises:
        ConfigError: If the extra ``contacts`` is not installed.
    """

    def __init__(self, secret: bytes) -> None:
        try:
            from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - an extra
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415
        except ImportError as error:
            raise ConfigError(
                "没有装加密联系方式用的组件", hint="pip install 'feedback-nlp[contacts]'"
            ) from error
        info = b"feedback-nlp contacts"
        derive = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info)
        self._cipher = AESGCM(derive.derive(secret))

    def seal(self, address: str, person: str) -> bytes:
        """Return an address as it may be stored."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, address.encode(), person.encode())

    def open(self, sealed: bytes, person: str) -> str | None:
        """Return the address; ``None`` if it was sealed by another key or for somebody else."""
        opened = self._opened(sealed, person.encode())
        return None if opened is None else opened.decode()

    def ticket(self, person: str) -> str:
        """Return what a person unsubscribes by: it names them to nobody but us."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, person.encode(), _TICKET)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def person_of(self, ticket: str) -> str | None:
        """Return whose ticket it is; ``None`` if it is none of ours."""
        try:
            sealed = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
        except (binascii.Error, ValueError):
            return None
        opened = self._opened(sealed, _TICKET)
        return None if opened is None else opened.decode()

    def _opened(self, sealed: bytes, bound: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra

        if len(sealed) <= _NONCE_BYTES:
            return None
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
        except InvalidTag:
            return None


def is_address(text: str) -> bool:
    """Tell whether a text is one e-mail address that any mail server takes."""
    return len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None


def keep_contacts(
    session: Session, left: Iterable[tuple[Feedback, str]], sealer: Sealer, *, now: datetime
) -> None:
    """Keep where authors can be written to, each with a feedback that has no address yet.

    Args:
        session: A writing session.
        left: Feedback whose author is known, with the address.
        sealer: The deployment's.
        now: The clock.
    """
    for feedback, address in left:
        assert feedback.id is not None
        assert feedback.author_key is not None
        session.add(
            Contact(
                feedback_id=feedback.id,
                person_key=feedback.author_key,
                sealed=sealer.seal(address, feedback.author_key),
                created_at=now,
            )
        )
    session.flush()


def reachable(session: Session, people: Collection[str]) -> set[str]:
    """Return those of some people who left an address."""
    found: set[str] = set()
    keys = sorted(people)
    for start in range(0, len(keys), _CHUNK):
        chosen = col(Contact.person_key).in_(keys[start : start + _CHUNK])
        found.update(session.scalars(select(col(Contact.person_key)).where(chosen)))
    return found


def address_of(session: Session, person: str, sealer: Sealer) -> str | None:
    """Return the address that a person left last; ``None`` if there is none that opens."""
    newest = (
        select(Contact)
        .where(col(Contact.person_key) == person)
        .order_by(col(Contact.created_at).desc(), col(Contact.id).desc())
    )
    opened = (sealer.open(one.sealed, person) for one in session.scalars(newest))
    return next((address for address in opened if address is not None), None)


def forget_contacts_of(session: Session, feedback_ids: Collection[int]) -> None:
    """Delete the addresses that came with some feedback: consent was withdrawn."""
    session.execute(delete(Contact).where(col(Contact.feedback_id).in_(feedback_ids)))


def forget_contacts(session: Session, person: str | None = None) -> int:
    """Delete the addresses of a person, or all of them; return how many."""
    statement = delete(Contact)
    if person is not None:
        statement = statement.where(col(Contact.person_key) == person)
    return int(session.connection().execute(statement).rowcount)


def contacts_by_source(session: Session) -> dict[str, int]:
    """Return how many people of each source left an address."""
    statement = (
        select(col(Source.name), func.count(func.distinct(col(Contact.person_key))))
        .join(Feedback, col(Feedback.source_id) == col(Source.id))
        .join(Contact, col(Contact.feedback_id) == col(Feedback.id))
        .group_by(col(Source.name))
        .order_by(col(Source.name))
    )
    return {row[0]: row[1] for row in session.execute(statement)}
