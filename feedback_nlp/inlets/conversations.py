"""Feedback pages and support desks: 兔小巢, Chatwoot, Zendesk.

Source: txc.qq.com/helper/webHookGuide; Chatwoot and Zendesk webhook documentation. Bodies of
Zendesk's ticket events and 兔小巢's ``post.updated`` are not documented to the last field.
"""

from __future__ import annotations

from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.inlets.answers import item
from feedback_nlp.inlets.bodies import at, is_empty, needed, object_at, text_at
from feedback_nlp.inlets.records import Action, Delivery, Event, Reading

_TRUE = (True, 1, "1", "true")


def tucao(delivery: Delivery, reading: Reading) -> Event:
    """兔小巢: posts, and replies of users; what the team wrote is no feedback."""
    value = object_at(delivery.value, "")
    name, key = text_at(value, "type"), text_at(value, "id")
    if is_empty(value) or name == "webhook.test":
        return Event(Action.TEST)
    what, _, happened = name.partition(".")
    if what not in {"post", "reply"} or happened not in {"created", "updated", "deleted"}:
        return Event(Action.IGNORE, key=key)
    said = object_at(value, f"payload.{what}")
    number = needed(said, "id")
    record = number if what == "post" else f"reply-{number}"
    version = parse_time(said.get("updated_at") or value.get("created_at"), reading.zone)
    if happened == "deleted":
        return Event(Action.DELETE, record, parse_time(value.get("created_at"), reading.zone), key)
    if at(said, "is_admin") in _TRUE:
        return Event(Action.IGNORE, record, version, key)
    author = next(
        (found for name in ("openid", "user_id", "nick_name") if (found := text_at(said, name))), ""
    )
    written = item(
        record,
        needed(said, "content"),
        thread_key=number if what == "post" else text_at(said, "post_id"),
        author=author,
        occurred_at=parse_time(said.get("created_at"), reading.zone),
        channel="兔小巢",
        app_version=text_at(said, "custom_info.app_version"),
        device=text_at(said, "custom_info.device"),
    )
    return Event(Action.PUT, record, version, key, (written,))


def chatwoot(delivery: Delivery, reading: Reading) -> Event:
    """Chatwoot: what customers wrote; a deleted message is an update that says so."""
    value = object_at(delivery.value, "")
    name = text_at(value, "event")
    if is_empty(value) or name in {"test", "webhook_test"}:
        return Event(Action.TEST)
    if name not in {"message_created", "message_updated"}:
        return Event(Action.IGNORE)
    record = needed(value, "id")
    created = parse_time(value.get("created_at"), reading.zone)
    version = parse_time(value.get("updated_at"), reading.zone) or created
    if at(value, "content_attributes.deleted") in _TRUE:
        return Event(Action.DELETE, record, version)
    is_theirs = at(value, "message_type") in {"incoming", 0} and at(value, "private") not in _TRUE
    content = plain(text_at(value, "content"))
    if not is_theirs or not content:
        return Event(Action.IGNORE, record, version)
    written = item(
        record,
        content,
        thread_key=text_at(value, "conversation.id"),
        author=text_at(value, "sender.identifier") or text_at(value, "sender.id"),
        occurred_at=created,
        channel=text_at(value, "inbox.name") or "Chatwoot",
    )
    return Event(Action.PUT, record, version, items=(written,))


def zendesk(delivery: Delivery, reading: Reading) -> Event:
    """Zendesk: new tickets and comments of customers; deleted tickets go."""
    value = object_at(delivery.value, "")
    name, key = text_at(value, "type").rpartition(":")[2], text_at(value, "id")
    if is_empty(value) or name in {"test", "ping", "webhook.test"}:
        return Event(Action.TEST)
    ticket = text_at(value, "detail.id") or text_at(value, "subject").rpartition(":")[2]
    version = parse_time(value.get("time"), reading.zone)
    if name in {"ticket.soft_deleted", "ticket.permanently_deleted", "ticket.deleted"}:
        return Event(Action.DELETE, ticket or needed(value, "detail.id"), version, key)
    title = ""
    if name == "ticket.created":
        record, text = needed(value, "detail.id"), needed(value, "detail.description")
        title, author = text_at(value, "detail.subject"), text_at(value, "detail.requester_id")
    elif name == "ticket.comment_added":
        if at(value, "event.comment.author.is_staff") in _TRUE:
            return Event(Action.IGNORE, ticket, version, key)
        record = f"{ticket}-{needed(value, 'event.comment.id')}"
        text = needed(value, "event.comment.body")
        author = text_at(value, "event.comment.author.id")
    else:
        return Event(Action.IGNORE, ticket, version, key)
    text = plain(text)
    written = item(
        record,
        f"{title}\n{text}" if title and title not in text else text,
        title=title,
        thread_key=ticket,
        author=author,
        occurred_at=version,
        channel=text_at(value, "detail.via.channel") or "Zendesk",
    )
    return Event(Action.PUT, record, version, key, (written,))
