"""Standard Webhooks: signed, thin, and harmless to receive twice.

The receiver knows a message by ``webhook-id``, which is made from the row's key, so an
attempt after a crash carries the same id and the same body.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from feedback_nlp.errors import InputError
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.posting import by_status, encoded, post_json
from feedback_nlp.outlets.records import WEBHOOK_PAUSES, Channel, Message, Outcome, Pace
from feedback_nlp.outlets.signing import webhook_key, webhook_signature

MAX_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """POSTs ``{"type", "timestamp", "data"}``.

    Attributes:
        client: Sends the request.
        url: Where to.
        secrets: Each signs: the new one and the old one while a secret is rotated.
    """

    client: Client
    url: str
    secrets: Sequence[str] = field(repr=False)
    channel: Channel = Channel.WEBHOOK
    pace: Pace | None = None
    pauses: Sequence[int] = WEBHOOK_PAUSES
    repeatable: bool = True
    ordered: bool = True

    def __post_init__(self) -> None:
        for secret in self.secrets:
            webhook_key(secret)

    def parts(self, message: Message, *, now: datetime) -> list[dict[str, Any]]:
        """Return the one body of a message."""
        body = {
            "type": message.event_type,
            "timestamp": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "data": dict(message.data),
        }
        size = len(encoded(body))
        if size > MAX_BYTES:
            raise InputError(
                f"Webhook 消息有 {size} 字节，最多 {MAX_BYTES}", hint="只送编号，让接收方再来取"
            )
        return [body]

    def send(self, part: Mapping[str, Any], *, key: str, now: float) -> Outcome:
        """Send the body, signed with the present time."""
        body = encoded(part)
        message_id, timestamp = message_id_of(key), int(now)
        answer = post_json(
            self.client,
            self.url,
            body,
            {
                "webhook-id": message_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": webhook_signature(self.secrets, message_id, timestamp, body),
            },
        )
        return answer if isinstance(answer, Outcome) else by_status(answer, now=now)


def message_id_of(key: str) -> str:
    """Return the id that receivers know a message by."""
    return "msg_" + hashlib.sha256(key.encode()).hexdigest()[:32]
