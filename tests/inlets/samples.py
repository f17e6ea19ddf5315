"""One invented push a connector, in the shapes of the vendors, and how each signs."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedback_nlp.outlets.signing import webhook_signature

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Headers = dict[str, str]
Change = Callable[[dict[str, Any], str], None]


def _set(path: str) -> Change:
    """Return a change that puts a text at a path."""

    def change(value: dict[str, Any], text: str) -> None:
        *folders, last = path.split(".")
        here: Any = value
        for name in folders:
            here = here[int(name)] if name.isdecimal() else here[name]
        here[int(last) if last.isdecimal() else last] = text

    return change


@dataclass(frozen=True)
class Sample:
    """How one connector's pushes look.

    Attributes:
        value: A push that creates one record with one free text.
        text: Where the text stands.
        version: Where the time of the record's version stands; ``None`` if pushes have none.
        name: Where the event's own name stands, if it has one.
        sign: Headers, and the value as it is sent, for a body and a secret.
        deletes: Changes to make a deletion of the push, if the sender tells of them.
        tests: Pushes that only try the address.
        person: Words that must not be found on disk.
    """

    connector: str
    value: dict[str, Any]
    text: str
    version: str | None
    name: str | None = None
    secret: str = ""
    sign: Callable[[bytes, str, datetime], Headers] | None = None
    deletes: Callable[[dict[str, Any]], None] | None = None
    updates: Callable[[dict[str, Any]], None] | None = None
    tests: tuple[Any, ...] = ({},)
    person: tuple[str, ...] = ("13812345678",)

    def push(self, text: str, version: str = "2026-11-16 10:00:00", event: str = "1") -> Any:
        value = copy.deepcopy(self.value)
        _set(self.text)(value, text)
        if self.version:
            _set(self.version)(value, version)
        if self.name:
            _set(self.name)(value, f"event-{event}")
        return value

    def update(self, text: str, version: str, event: str) -> Any:
        value = self.push(text, version, event)
        if self.updates:
            self.updates(value)
        return value

    def delete(self, version: str, event: str) -> Any:
        value = self.push("要删除的内容", version, event)
        assert self.deletes
        self.deletes(value)
        return value

    def request(
        self, value: Any, now: datetime, secret: str | None = None
    ) -> tuple[bytes, Headers]:
        """Return body and headers, signed."""
        key = self.secret if secret is None else secret
        if self.connector == "wjx" and isinstance(value, dict) and value:
            signed = f"{value.get('activity')}{value.get('index')}{key}"
            value = {**value, "sign": hashlib.sha1(signed.encode()).hexdigest()}
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return body, self.sign(body, key, now) if self.sign and key else {}


def _standard(body: bytes, secret: str, now: datetime) -> Headers:
    name = "msg_" + hashlib.sha256(body).hexdigest()[:12]
    at = int(now.timestamp())
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": webhook_signature([secret], name, at, body),
    }


def _typeform(body: bytes, secret: str, _now: datetime) -> Headers:
    digest = hmac.digest(secret.encode(), body, "sha256")
    return {"Typeform-Signature": "sha256=" + base64.b64encode(digest).decode()}


def _zendesk(body: bytes, secret: str, now: datetime) -> Headers:
    at = now.isoformat()
    digest = hmac.digest(secret.encode(), at.encode() + body, "sha256")
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": at,
    }


def _chatwoot(body: bytes, secret: str, now: datetime) -> Headers:
    at = str(int(now.timestamp()))
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return {"X-Chatwoot-Timestamp": at, "X-Chatwoot-Signature": f"sha256={signed}"}


def _other(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.update(values)


SAMPLES = {
    sample.connector: sample
    for sample in (
        Sample(
            "wjx",
            {
                "activity": "5650001",
                "name": "满意度",
                "index": "12",
                "joinid": "1018",
                "timetaken": "52",
                "submittime": "2026-11-16 10:00:00",
                "q1": "1",
                "q2": "",
                "q3": "1,2",
                "totalvalue": "15",
                "sojumpparm": "13812345678",
            },
            "q2",
            "submittime",
            secret="wjx-key",
            sign=lambda _body, _secret, _now: {},
        ),
        Sample(
            "tencent",
            {
                "id": "",
                "object": "Answer",
                "action": "answer.create",
                "created_at": "",
                "payload": {
                    "survey_id": 535,
                    "answer_id": 7,
                    "respondent_id": 13812345678,
                    "ended_at": "2026-11-16 09:00:00",
                    "province": "广东省",
                    "ip": "1.2.3.4",
                    "answer": [
                        {
                            "id": "1",
                            "questions": [
                                {"id": "q-2", "type": "text", "text": ""},
                                {
                                    "id": "q-3",
                                    "type": "checkbox",
                                    "options": [
                                        {"id": "o-1", "text": "卡顿", "checked": 1},
                                        {"id": "o-2", "text": "闪退", "checked": 0},
                                    ],
                                },
                            ],
                        }
                    ],
                },
            },
            "payload.answer.0.questions.0.text",
            "created_at",
            name="id",
            deletes=_other(action="answer.delete"),
            updates=_other(action="answer.update"),
            tests=({}, {"action": "answer.test"}, {"object": "Answer"}),
        ),
        Sample(
            "jinshuju",
            {
                "form": "Oet50U",
                "form_name": "反馈",
                "entry": {
                    "token": "Hg",
                    "serial_number": 1,
                    "field_1": "张三丰",
                    "field_2": ["卡顿", "闪退"],
                    "field_3": "",
                    "creator_name": "李小明",
                    "created_at": "2026-11-16T01:34:17.873Z",
                    "updated_at": "",
                    "info_remote_ip": "1.2.3.4",
                },
            },
            "entry.field_3",
            "entry.updated_at",
            person=("13812345678", "张三丰", "李小明", "1.2.3.4"),
        ),
        Sample(
            "tucao",
            {
                "id": "",
                "type": "post.created",
                "payload": {
                    "post": {
                        "id": "1539",
                        "nick_name": "小李飞刀",
                        "content": "",
                        "images": [],
                        "is_admin": False,
                        "created_at": "2026-11-16T09:00:00+08:00",
                        "updated_at": "",
                    }
                },
                "created_at": "2026-11-16T18:33:09+08:00",
            },
            "payload.post.content",
            "payload.post.updated_at",
            name="id",
            deletes=_other(type="post.deleted"),
            updates=_other(type="post.updated"),
            tests=({}, {"id": "x", "type": "webhook.test", "payload": {}}),
            person=("13812345678", "小李飞刀"),
        ),
        Sample(
            "formbricks",
            {
                "event": "responseFinished",
                "webhookId": "w1",
                "data": {
                    "id": "resp1",
                    "surveyId": "s1",
                    "finished": True,
                    "data": {"q_text": "", "q_score": 3, "q_name": "王五"},
                    "meta": {"country": "CN", "userAgent": {"device": "desktop"}},
                    "contactAttributes": {"email": "wangwu@example.com"},
                    "tags": [],
                    "createdAt": "2026-11-16T01:00:00Z",
                    "updatedAt": "",
                },
            },
            "data.data.q_text",
            "data.updatedAt",
            secret=WEBHOOK_SECRET,
            sign=_standard,
            deletes=_other(event="responseDeleted"),
            tests=({}, {"event": "testEndpoint"}),
            person=("13812345678", "王五", "wangwu@example.com"),
        ),
        Sample(
            "typeform",
            {
                "event_id": "",
                "event_type": "form_response",
                "form_response": {
                    "form_id": "f1",
                    "token": "tok1",
                    "submitted_at": "",
                    "hidden": {"user_id": "13812345678"},
                    "answers": [
                        {
                            "type": "text",
                            "text": "",
                            "field": {"id": "a", "ref": "why", "type": "long_text"},
                        },
                        {
                            "type": "email",
                            "email": "wangwu@example.com",
                            "field": {"id": "b", "ref": "mail"},
                        },
                        {
                            "type": "choice",
                            "choice": {"label": "常用"},
                            "field": {"id": "c", "ref": "how"},
                        },
                    ],
                },
            },
            "form_response.answers.0.text",
            "form_response.submitted_at",
            name="event_id",
            secret="typeform-key",
            sign=_typeform,
            person=("13812345678", "wangwu@example.com"),
        ),
        Sample(
            "chatwoot",
            {
                "event": "message_created",
                "id": 41,
                "content": "",
                "message_type": "incoming",
                "created_at": "2026-11-16T01:00:00Z",
                "updated_at": "",
                "content_attributes": {},
                "sender": {"id": 9, "name": "赵六六", "email": "zhao@example.com"},
                "conversation": {"id": 5, "status": "open"},
                "account": {"id": 1},
                "inbox": {"id": 2, "name": "官网"},
            },
            "content",
            "updated_at",
            secret="chatwoot-key",
            sign=_chatwoot,
            deletes=_other(event="message_updated", content_attributes={"deleted": True}),
            updates=_other(event="message_updated"),
            tests=({}, {"event": "webhook_test"}),
            person=("13812345678", "赵六六", "zhao@example.com"),
        ),
        Sample(
            "zendesk",
            {
                "id": "",
                "type": "zen:event-type:ticket.created",
                "time": "",
                "subject": "zen:ticket:77",
                "detail": {
                    "id": "77",
                    "subject": "工单",
                    "description": "",
                    "requester_id": "13812345678",
                    "via": {"channel": "web"},
                },
                "event": {},
            },
            "detail.description",
            "time",
            name="id",
            secret="zendesk-key",
            sign=_zendesk,
            deletes=_other(type="zen:event-type:ticket.soft_deleted"),
            tests=({}, {"type": "zen:event-type:webhook.test"}),
        ),
        Sample(
            "generic",
            {
                "event": "added",
                "updated": "",
                "body": {"content": "", "stars": 2},
                "id": "g-1",
                "user": {"id": "13812345678"},
            },
            "body.content",
            "updated",
            secret=WEBHOOK_SECRET,
            sign=_standard,
            deletes=_other(event="removed"),
            tests=({}, {"event": "ping"}),
        ),
    )
}
GENERIC_MAPPING = """
[inlets.generic.mapping]
text = "body.content"
source_key = "id"
author = "user.id"
rating = "body.stars"
version = "updated"
action = "event"
deleted = ["removed"]
test = ["ping"]
"""
