"""E-mail: text, page and files, one message to each recipient.

One row a recipient, so that a refused address holds up nobody else and nobody gets it twice.
Rows hold no address: they name the place of the recipient in the configuration and a hash that
tells whether it is still the same. ``Message-ID`` is made from the row's key.
"""

from __future__ import annotations

import base64
import hashlib
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import quote

from feedback_nlp.outlets.records import (
    CHAT_PAUSES,
    Block,
    Channel,
    Message,
    Outcome,
    OutcomeKind,
    Pace,
)

_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class MailSender:
    """Speaks to one mail server.

    Attributes:
        host, port: Of the server.
        security: ``starttls``, ``tls`` or ``none``.
        sender: ``Name <address>``.
        to: Who gets the messages that name nobody else.
        username, password: If the server asks for them.
    """

    host: str
    port: int
    security: str
    sender: str
    to: Sequence[str] = field(repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = _TIMEOUT_SECONDS
    channel: Channel = Channel.EMAIL
    pace: Pace | None = None
    pauses: Sequence[int] = CHAT_PAUSES
    repeatable: bool = False
    ordered: bool = False

    def parts(self, message: Message, *, now: datetime) -> list[dict[str, Any]]:
        """Return the message once for each configured recipient."""
        content = self.letter(message, now=now)
        return [
            {**content, "place": place, "check": _hash(address)}
            for place, address in enumerate(self.to)
        ]

    def letter(self, message: Message, *, now: datetime) -> dict[str, Any]:
        """Return the message for a recipient that its cause supplies when it leaves."""
        return {
            "subject": " ".join(message.title.split()),
            "text": "\n".join([*map(_text_line, message.blocks), message.link]).strip() + "\n",
            "html": message.html,
            "written_at": now.timestamp(),
            "attachments": [
                {
                    "name": item.name,
                    "type": item.media_type,
                    "base64": base64.b64encode(item.content).decode(),
                }
                for item in message.attachments
            ],
        }

    def send(self, part: Mapping[str, Any], *, key: str, now: float) -> Outcome:
        """Send to one recipient: the row's, or the address that its cause supplied as ``to``."""
        del now
        recipient = part.get("to") or self._configured(part)
        if not recipient:
            return Outcome(OutcomeKind.REFUSED, "收件人已从配置里移除或更改")
        try:
            message = self._composed(part, recipient, key)
            connection = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            return Outcome(OutcomeKind.REFUSED, f"邮件服务器不认用户名或密码（{error.smtp_code}）")
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(OutcomeKind.RETRY, f"没有连上邮件服务器：{type(error).__name__}")
        except ValueError:
            return Outcome(OutcomeKind.REFUSED, "邮件的地址或标题不可用")
        try:
            return self._handed_over(connection, message, recipient)
        finally:
            connection.close()

    def _configured(self, part: Mapping[str, Any]) -> str:
        place = part.get("place", -1)
        if not isinstance(place, int) or not 0 <= place < len(self.to):
            return ""
        address = self.to[place]
        return address if _hash(address) == part.get("check") else ""

    def _composed(self, part: Mapping[str, Any], recipient: str, key: str) -> EmailMessage:
        domain = parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"
        message = EmailMessage(policy=SMTP)
        message["Subject"] = str(part["subject"])
        message["From"], message["To"] = self.sender, recipient
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"
        message["Date"] = format_datetime(datetime.fromtimestamp(part["written_at"], UTC))
        message["Auto-Submitted"] = "auto-generated"
        text = str(part["text"])
        if part.get("to"):  # somebody who is not of the team: must be able to get out
            text += f"\n———\n{self._way_out(message, str(part.get('unsubscribe', '')))}\n"
        message.set_content(text)
        if part.get("html"):
            message.add_alternative(str(part["html"]), subtype="html")
        for item in part.get("attachments", ()):
            maintype, _, subtype = str(item["type"]).partition("/")
            message.add_attachment(
                base64.b64decode(item["base64"]),
                maintype=maintype,
                subtype=subtype,
                filename=item["name"],
            )
        return message

    def _way_out(self, message: EmailMessage, link: str) -> str:
        """Name in headers and words how to get no more; RFC 8058 where there is a page for it."""
        if link:
            message["List-Unsubscribe"] = f"<{link}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
            return f"不想再收到这类邮件：{link}"
        own = parseaddr(self.sender)[1]
        message["List-Unsubscribe"] = f"<mailto:{own}?subject={quote('退订')}>"
        return "不想再收到这类邮件，请回复“退订”。"

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host,
                self.port,
                timeout=self.timeout_seconds,
                context=ssl.create_default_context(),
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        try:
            if self.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if self.username:
                connection.login(self.username, self.password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _handed_over(
        self, connection: smtplib.SMTP, message: EmailMessage, recipient: str
    ) -> Outcome:
        try:
            for command, argument in (
                (connection.mail, parseaddr(self.sender)[1]),
                (connection.rcpt, parseaddr(recipient)[1]),
            ):
                code, _ = command(argument)
                if not 200 <= code < 300:
                    return _by_code(code)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(OutcomeKind.RETRY, f"邮件服务器断开：{type(error).__name__}")
        try:
            code, _ = connection.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            return _by_code(error.smtp_code)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(OutcomeKind.UNKNOWN, f"交信时断开：{type(error).__name__}")
        return Outcome(OutcomeKind.SENT) if code == 250 else _by_code(code)


def _by_code(code: int) -> Outcome:
    kind = OutcomeKind.RETRY if 400 <= code < 500 else OutcomeKind.REFUSED
    return Outcome(kind, f"邮件服务器答复 {code}")


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _text_line(block: Block) -> str:
    text = " ".join(" ".join((block.strong, block.text)).split())
    match block.kind:
        case "heading":
            return f"\n{text}"
        case "item":
            return f"· {text}"
        case "quote":
            return f"  “{text}”"
        case _:
            return text
