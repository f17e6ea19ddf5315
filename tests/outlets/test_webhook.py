from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from feedback_nlp.errors import ConfigError, InputError
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.records import Message, OutcomeKind
from feedback_nlp.outlets.signing import webhook_signature
from feedback_nlp.outlets.webhook import WebhookSender, message_id_of
from tests.outlets.local_server import Reply, Sink

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"


def sender(sink: Sink, *secrets: str, **limits: float) -> WebhookSender:
    client = Client(allow_local={sink.allowed}, **limits)  # type: ignore[arg-type]
    return WebhookSender(client, sink.url, secrets or (OLD,))


def test_the_signature_is_the_published_one() -> None:
    signature = webhook_signature(
        [OLD], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_arrives_signed_with_each_secret(sink: Sink) -> None:
    out = sender(sink, NEW, OLD)
    (part,) = out.parts(
        Message("周报", event_type="digest.weekly", data={"week": "2026-W47"}), now=NOW
    )
    assert out.send(part, key="digest:1", now=1614265330).kind is OutcomeKind.SENT
    (got,) = sink.received
    assert json.loads(got.body) == {
        "type": "digest.weekly",
        "timestamp": "2026-11-16T01:00:00Z",
        "data": {"week": "2026-W47"},
    }
    name = message_id_of("digest:1")
    assert got.headers["webhook-id"] == name
    assert got.headers["webhook-timestamp"] == "1614265330"
    signatures = got.headers["webhook-signature"].split(" ")
    assert signatures == [
        webhook_signature([secret], name, 1614265330, got.body) for secret in (NEW, OLD)
    ]


@pytest.mark.parametrize(
    ("reply", "kind", "pause", "stops"),
    [
        (Reply(204, body=b""), OutcomeKind.SENT, None, False),
        (Reply(429, headers={"Retry-After": "17"}), OutcomeKind.RETRY, 17.0, False),
        (
            Reply(503, headers={"Retry-After": "Mon, 16 Nov 2026 01:00:30 GMT"}),
            OutcomeKind.RETRY,
            30.0,
            False,
        ),
        (Reply(500, headers={"Retry-After": "soon"}), OutcomeKind.RETRY, None, False),
        (Reply(400), OutcomeKind.RETRY, None, False),
        (Reply(302, headers={"Location": "/else"}), OutcomeKind.REFUSED, None, False),
        (Reply(410), OutcomeKind.REFUSED, None, True),
        (Reply(cut=True), OutcomeKind.UNKNOWN, None, False),
        (Reply(drip=True), OutcomeKind.UNKNOWN, None, False),
    ],
)
def test_answers_are_judged(
    sink: Sink, reply: Reply, kind: OutcomeKind, pause: float | None, stops: bool
) -> None:
    sink.replies = [reply]
    outcome = sender(sink, total_seconds=0.5).send({"a": 1}, key="k", now=NOW.timestamp())
    assert (outcome.kind, outcome.retry_after, outcome.stops_outlet) == (kind, pause, stops)
    assert str(sink.port) not in outcome.detail


def test_an_internal_address_is_refused_for_good(sink: Sink) -> None:
    out = WebhookSender(Client(), sink.url, (OLD,))
    assert out.send({}, key="k", now=0).kind is OutcomeKind.REFUSED
    assert sink.connections == 0


def test_a_message_that_is_not_thin_is_refused(sink: Sink) -> None:
    with pytest.raises(InputError, match="字节"):
        sender(sink).parts(Message("x", data={"text": "长" * 10_000}), now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_***", OLD[6:]])
def test_unusable_secrets_are_refused(sink: Sink, secret: str) -> None:
    with pytest.raises(ConfigError, match="密钥"):
        sender(sink, secret)
