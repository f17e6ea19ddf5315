"""Shapes of what is owed to the outside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from feedback_api.schemas import Incoming, Outgoing
from feedback_api.validation import Word
from feedback_nlp.outlets.records import Channel, OutboxState
from feedback_nlp.store.outbox_tables import OutboxRow


class OutboxMessage(Outgoing):
    """One message of the outbox; what it says is not shown."""

    id: int
    kind: str = Field(description="是什么", examples=["digest"])
    channel: Channel
    outlet: str = Field(description="出口的名字", examples=["ops"])
    title: str
    state: OutboxState = Field(
        description="pending 待发，sending 发送中，sent 已发，failed 发送失败，"
        "unknown 不确定是否送达，cancelled 已取消"
    )
    attempts: int
    next_at: datetime = Field(description="最早什么时候发")
    last_error: str = Field(description="上一次没发成的原因")
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: OutboxRow) -> Self:
        """Return what callers see of a row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class OutboxPage(Outgoing):
    """Messages, the newest first."""

    items: list[OutboxMessage]


class OutletOut(Outgoing):
    """A configured outlet; its address is a password and is not shown."""

    name: str
    channel: Channel
    stopped: str | None = Field(description="为什么停发；没停就是 null")


class OutletList(Outgoing):
    """All configured outlets."""

    items: list[OutletOut]


class DigestSendPost(Incoming):
    """Where a digest is to go."""

    to: Annotated[list[Word], Field(min_length=1, max_length=20)] = Field(
        description="出口的名字，见 GET /v1/outlets", examples=[["ops"]]
    )
    product: Word | None = Field(default=None, description="只看这个产品")
    again: bool = Field(default=False, description="发过了也再发一次")


class DigestSent(Outgoing):
    """What is owed now; the worker sends it."""

    week: str
    owed: dict[str, int] = Field(description="每个出口新增几条；0 是以前已经发过或正在发")


class OutletTested(Outgoing):
    """A test message that is owed now."""

    outlet: str
    owed: int
