"""One sender for every chat robot: the dialect says how, this says what and how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feedback_nlp.outlets.client import Answer, Client
from feedback_nlp.outlets.dialects import Dialect
from feedback_nlp.outlets.escaping import harmless
from feedback_nlp.outlets.posting import encoded, post_json, retry_after
from feedback_nlp.outlets.records import (
    CHAT_PAUSES,
    Block,
    Channel,
    Message,
    Outcome,
    OutcomeKind,
    Pace,
)
from feedback_nlp.outlets.splitting import cut, pack, utf8_size

_TITLE_BYTES = 120
_ROOM_FOR_NUMBER = 20
_BUSY = frozenset({408, 425, 429, 500, 502, 503})


@dataclass(frozen=True, slots=True)
class RobotSender:
    """Speaks to one robot.

    Attributes:
        client: Sends the request.
        dialect: Which kind of robot.
        url: Its address: whoever has it can speak as the robot.
        secret: Of its signature, if it asks for one.
        keyword: A word that the robot wants to see in every message.
    """

    client: Client
    dialect: Dialect
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    keyword: str = ""
    pauses: Sequence[int] = CHAT_PAUSES
    repeatable: bool = False
    ordered: bool = True

    @property
    def channel(self) -> Channel:
        """Its kind."""
        return self.dialect.channel

    @property
    def pace(self) -> Pace | None:
        """How fast its kind may be spoken to."""
        return self.dialect.pace

    def parts(self, message: Message, *, now: datetime) -> list[dict[str, Any]]:
        """Return the bodies of a message, numbered if they are several."""
        del now
        words = " ".join(word for word in (harmless(message.title), self.keyword) if word)
        title = cut(words, _TITLE_BYTES)
        room = self.dialect.limit - utf8_size(title) - _ROOM_FOR_NUMBER
        lines = [line for block in message.blocks for line in self._lines(block)]
        if message.link:
            lines.append(self.dialect.link.format(url=message.link, words="查看全部"))
        separator = self.dialect.separator
        texts = pack(lines, room, separator=separator, size=self.dialect.size) or [""]
        if len(texts) == 1:
            return [self.dialect.body(title, texts[0])]
        return [
            self.dialect.body(f"{title}（{place}/{len(texts)}）", text)
            for place, text in enumerate(texts, start=1)
        ]

    def send(self, part: Mapping[str, Any], *, key: str, now: float) -> Outcome:
        """Send one body, signed with the present time."""
        del key  # robots know no message by its key
        url, body = self.dialect.signed(self.url, part, self.secret, now)
        answer = post_json(self.client, url, encoded(body))
        if isinstance(answer, Outcome):
            return answer
        return self._judged(answer, now)

    def _judged(self, answer: Answer, now: float) -> Outcome:
        detail = f"HTTP {answer.status}"
        if 200 <= answer.status < 300:
            return self.dialect.judge(answer)
        if answer.status in _BUSY:
            return Outcome(OutcomeKind.RETRY, detail, retry_after(answer, now=now))
        if answer.status >= 500:  # 504: a gateway gave up waiting, the robot may have spoken
            return Outcome(OutcomeKind.UNKNOWN, detail)
        return Outcome(OutcomeKind.REFUSED, detail)

    def _lines(self, block: Block) -> list[str]:
        text, strong = harmless(block.text), harmless(block.strong)
        if strong:
            bold = self.dialect.strong.format(strong)
            text = f"{bold} {text}" if text else bold
        match block.kind:
            case "heading":
                return [self.dialect.heading.format(text)]
            case "item":
                return [f"• {text}"]
            case "quote":
                return [self.dialect.quoted.format(text)]
            case _:
                return [text]
