"""The words of everything that is sent: states, messages, outcomes, and the port of senders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class OutboxState(StrEnum):
    """Where one owed message stands."""

    PENDING = "pending"
    SENDING = "sending"  # the request may be on its way
    SENT = "sent"
    FAILED = "failed"  # given up; a person may retry
    UNKNOWN = "unknown"  # it left, and no answer came: only a person may send it again
    CANCELLED = "cancelled"


class Channel(StrEnum):
    """How an outlet speaks."""

    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    SLACK = "slack"
    EMAIL = "email"


class OutcomeKind(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    UNKNOWN = "unknown"


STATE_WORDS: Mapping[str, str] = {
    "pending": "待发",
    "sending": "发送中",
    "sent": "已发",
    "failed": "发送失败",
    "unknown": "不确定是否送达",
    "cancelled": "已取消",
}
CHANNEL_WORDS: Mapping[str, str] = {
    "webhook": "Webhook",
    "wecom": "企业微信机器人",
    "dingtalk": "钉钉机器人",
    "feishu": "飞书机器人",
    "slack": "Slack",
    "email": "邮件",
}

#: Pauses before each further attempt, from Standard Webhooks: ten attempts in 75 hours.
WEBHOOK_PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: A report in a chat is stale after a working day.
CHAT_PAUSES = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt.

    Attributes:
        kind: Sent, worth another attempt, refused for good, or left without an answer.
        detail: In Chinese, for people; holds no address, key or text of the message.
        retry_after: Seconds that the other side asked for.
        stops_outlet: The other side wants nothing more, ever (410).
    """

    kind: OutcomeKind
    detail: str = ""
    retry_after: float | None = None
    stops_outlet: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one outlet may be spoken to: ``count`` in any ``seconds``, then wait.

    Attributes:
        avoid_half_hours: Stay clear of the minutes :00 and :30, when everyone sends.
    """

    count: int
    seconds: float
    avoid_half_hours: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One line of a message. Its text is data: senders escape it, markup is theirs alone.

    Attributes:
        kind: ``heading``, ``text``, ``item`` or ``quote``.
        text: What people see; may hold words from feedback.
        strong: Words put before the text in bold; data as well.
    """

    kind: str
    text: str
    strong: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with an e-mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say, in the forms that channels need.

    Attributes:
        title: First line, subject.
        blocks: The rest, for robots and the text of an e-mail.
        link: Address of our own desk that says more, from the settings; never from feedback.
        event_type: Type for webhooks, such as ``digest.weekly``.
        data: Data for webhooks: thin, no personal data.
        html: Page of an e-mail; trusted, since our own renderer escaped it.
        attachments: Files of an e-mail.
    """

    title: str
    blocks: Sequence[Block] = ()
    link: str = ""
    event_type: str = "message"
    data: Mapping[str, Any] = field(default_factory=dict)
    html: str = ""
    attachments: Sequence[Attachment] = ()


class Sender(Protocol):
    """One configured outlet."""

    @property
    def channel(self) -> Channel:
        """How it speaks."""
        ...

    @property
    def pace(self) -> Pace | None:
        """How fast it may be spoken to; ``None`` for as fast as we like."""
        ...

    @property
    def pauses(self) -> Sequence[int]:
        """Seconds between attempts; one attempt more than there are pauses."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether the other side knows a message by its key, so that sending again is harmless."""
        ...

    @property
    def ordered(self) -> bool:
        """Whether parts go one after the other, and stop with the first that fails."""
        ...

    def parts(self, message: Message, *, now: datetime) -> list[dict[str, Any]]:
        """Return the message as JSON values, one for each request that it takes.

        Args:
            message: What to say.
            now: The time of its cause.

        Raises:
            InputError: If it cannot be said through this channel.
        """
        ...

    def send(self, part: Mapping[str, Any], *, key: str, now: float) -> Outcome:
        """Send one part.

        Args:
            part: One of :meth:`parts`, read back from the outbox.
            key: The row's key: the same at every attempt.
            now: Unix seconds, for signatures.
        """
        ...
