"""How senders sign, always over the raw bytes.

Source: Standard Webhooks; Typeform, Zendesk and Chatwoot documentation; 问卷星 数据推送.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from feedback_nlp.errors import ConfigError
from feedback_nlp.inlets.bodies import text_at
from feedback_nlp.inlets.records import Delivery, WrongSignature
from feedback_nlp.outlets.signing import webhook_key

_TOLERANCE_SECONDS = 300


def standard_webhooks(delivery: Delivery, secret: str, now: datetime) -> None:
    """``webhook-signature``: any of several; the time may be five minutes off."""
    headers = delivery.headers
    name, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or abs(now.timestamp() - int(sent_at[:12])) > _TOLERANCE_SECONDS:
        raise _wrong("webhook-timestamp 缺失，或与现在相差超过五分钟")
    try:
        key = webhook_key(secret)
    except ConfigError as error:
        raise _wrong("本来源的密钥不可用") from error
    expected = _base64(key, f"{name}.{sent_at}.".encode() + delivery.body, "sha256")
    given = headers.get("webhook-signature", "").split(" ")
    _check(any(_same(one, f"v1,{expected}") for one in given))


def typeform(delivery: Delivery, secret: str, _now: datetime) -> None:
    """``Typeform-Signature``: ``sha256=`` and base64 over the body."""
    expected = "sha256=" + _base64(secret.encode(), delivery.body, "sha256")
    _check(_same(delivery.headers.get("typeform-signature", ""), expected))


def zendesk(delivery: Delivery, secret: str, _now: datetime) -> None:
    """``X-Zendesk-Webhook-Signature``: base64 over time and body, nothing between them."""
    sent_at = delivery.headers.get("x-zendesk-webhook-signature-timestamp", "")
    expected = _base64(secret.encode(), sent_at.encode() + delivery.body, "sha256")
    _check(_same(delivery.headers.get("x-zendesk-webhook-signature", ""), expected))


def chatwoot(delivery: Delivery, secret: str, _now: datetime) -> None:
    """``X-Chatwoot-Signature``: hex, over the body, or over time, dot and body.

    Which key and which form is contested (chatwoot issue 13809), so both forms are taken.
    """
    given = delivery.headers.get("x-chatwoot-signature", "").removeprefix("sha256=")
    sent_at = delivery.headers.get("x-chatwoot-timestamp", "")
    forms = [delivery.body, f"{sent_at}.".encode() + delivery.body]
    _check(
        any(_same(given, hmac.new(secret.encode(), form, "sha256").hexdigest()) for form in forms)
    )


def wjx(delivery: Delivery, secret: str, _now: datetime) -> None:
    """问卷星: ``sign`` in the body, over activity, index and key; the answers are not covered."""
    signed = text_at(delivery.value, "activity") + text_at(delivery.value, "index") + secret
    expected = hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324 - the vendor's choice
    _check(_same(text_at(delivery.value, "sign").lower(), expected))


def none(_delivery: Delivery, _secret: str, _now: datetime) -> None:
    """The sender does not sign: its unguessable address is all there is."""


def _base64(key: bytes, signed: bytes, algorithm: str) -> str:
    return base64.b64encode(hmac.digest(key, signed, algorithm)).decode()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _check(is_right: bool) -> None:
    if not is_right:
        raise _wrong("推送的签名与密钥不符")


def _wrong(message: str) -> WrongSignature:
    return WrongSignature(message, hint="检查两边的密钥是否一样")
