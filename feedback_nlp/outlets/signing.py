"""How outgoing messages are signed.

Source: the Standard Webhooks specification; the robot documentation of DingTalk and Feishu.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from feedback_nlp.errors import ConfigError

_PREFIX = "whsec_"


def webhook_key(secret: str) -> bytes:
    """Return the key of a secret written as ``whsec_`` and base64.

    Raises:
        ConfigError: If it is not written so, or holds fewer than 24 or more than 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise ConfigError(
            "Webhook 密钥不可用",
            hint="写成 whsec_ 加 24–64 字节的 base64，例如用 openssl rand 生成",
        )
    return key


def webhook_signature(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return ``webhook-signature``: one signature a secret, so that secrets can be rotated."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + _hmac_base64(webhook_key(secret), signed) for secret in secrets)


def dingtalk_sign(secret: str, timestamp_ms: int) -> str:
    """Return DingTalk's signature, before it is encoded for the URL."""
    return _hmac_base64(secret.encode(), f"{timestamp_ms}\n{secret}".encode())


def feishu_sign(secret: str, timestamp: int) -> str:
    """Return Feishu's signature: the time and the secret are the key, and nothing is signed."""
    return _hmac_base64(f"{timestamp}\n{secret}".encode(), b"")


def _hmac_base64(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
