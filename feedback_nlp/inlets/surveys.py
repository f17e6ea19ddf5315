"""Survey systems: 问卷星, 腾讯问卷, 金数据, Formbricks, Typeform.

Source: showdoc.com.cn/wjxopenapi; wj.qq.com/docs/webhook; open.jinshuju.net; Formbricks and
Typeform documentation. 金数据 and Formbricks push answers without their questions: name the
free ones in ``text``, or longer answers are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from feedback_nlp.ingest.times import parse_time
from feedback_nlp.inlets.answers import Sheet, is_free, sheet
from feedback_nlp.inlets.bodies import at, is_empty, list_at, needed, object_at, text_at
from feedback_nlp.inlets.records import Action, Delivery, Event, Reading

_WJX_QUESTION = re.compile(r"q\d+(_\d+)*")
_FIELD = re.compile(r"(x_)?field_\d+")


def wjx(delivery: Delivery, reading: Reading) -> Event:
    """问卷星 数据推送: closed answers are numbers of options, anything else is free text."""
    value = object_at(delivery.value, "")
    if is_empty(value):
        return Event(Action.TEST)
    record = f"{needed(value, 'activity')}-{needed(value, 'index')}"
    chosen = _chosen(reading)
    answers = [(name, one) for name, one in value.items() if _WJX_QUESTION.fullmatch(name)]
    texts = {
        name: one
        for name, one in answers
        if isinstance(one, str) and one.strip() and (name in chosen or _is_words(one, chosen))
    }
    meta = {name: str(one)[:200] for name, one in answers if name not in texts and one != ""}
    if total := text_at(value, "totalvalue"):
        meta["总分"] = total
    submitted = parse_time(value.get("submittime"), reading.zone)
    found = Sheet(record, texts, {name: one for name, one in meta.items() if _is_number(one)})
    return Event(
        Action.PUT,
        record,
        submitted,
        items=found.items(author=text_at(value, "sojumpparm"), occurred_at=submitted),
        dropped=tuple(name for name, one in meta.items() if not _is_number(one)),
    )


def tencent(delivery: Delivery, reading: Reading) -> Event:
    """腾讯问卷: ``answer.create``, ``answer.update``, ``answer.delete``."""
    value = object_at(delivery.value, "")
    action = text_at(value, "action")
    if is_empty(value) or action.rpartition(".")[2] in {"", "test", "ping"}:
        return Event(Action.TEST)
    if not action.startswith("answer."):
        return Event(Action.IGNORE)
    record = f"{needed(value, 'payload.survey_id')}-{needed(value, 'payload.answer_id')}"
    version = parse_time(value.get("created_at"), reading.zone)
    key = text_at(value, "id")
    if action == "answer.delete":
        return Event(Action.DELETE, record, version, key)
    texts: dict[str, str] = {}
    meta: dict[str, Any] = {}
    for question in _tencent_questions(value):
        name, text = text_at(question, "id"), text_at(question, "text")
        picked = [
            text_at(option, "text")
            for option in list_at(question, "options")
            if at(option, "checked") in {1, "1"}
        ]
        if picked:
            meta[name] = picked
        elif text and text_at(question, "type") in {"text", "textarea", "text_multiple", ""}:
            texts[name] = text
    payload = object_at(value, "payload")
    items = Sheet(record, texts, meta).items(
        author=text_at(payload, "respondent_id") or text_at(payload, "qq"),
        occurred_at=parse_time(payload.get("ended_at"), reading.zone) or version,
        region=text_at(payload, "province"),
    )
    return Event(Action.PUT, record, version, key, items)


def _tencent_questions(value: Any) -> Iterator[Any]:
    for page in list_at(value, "payload.answer"):
        for question in list_at(page, "questions"):
            yield question
            for group in list_at(question, "groups"):
                yield from list_at(group, "questions")


def jinshuju(delivery: Delivery, reading: Reading) -> Event:
    """金数据: one entry; its fields have no names of their own."""
    value = object_at(delivery.value, "")
    if is_empty(value):
        return Event(Action.TEST)
    record = f"{needed(value, 'form')}-{needed(value, 'entry.serial_number')}"
    entry = object_at(value, "entry")
    fields = [(name, one) for name, one in entry.items() if _FIELD.fullmatch(name)]
    found = sheet(record, fields, _chosen(reading))
    created = parse_time(entry.get("created_at"), reading.zone)
    version = parse_time(entry.get("updated_at"), reading.zone) or created
    author = text_at(entry, "x_field_weixin_openid") or text_at(entry, "creator_name")
    return Event(
        Action.PUT,
        record,
        version,
        items=found.items(author=author, occurred_at=created),
        dropped=found.dropped,
    )


def formbricks(delivery: Delivery, reading: Reading) -> Event:
    """Formbricks: only ``responseFinished`` is an answer."""
    value = object_at(delivery.value, "")
    name = text_at(value, "event")
    if is_empty(value) or name == "testEndpoint":
        return Event(Action.TEST)
    key = delivery.headers.get("webhook-id", "")
    if name == "responseDeleted":
        return Event(Action.DELETE, needed(value, "data.id"), key=key)
    if name != "responseFinished":
        return Event(Action.IGNORE, key=key)
    record = needed(value, "data.id")
    found = sheet(record, object_at(value, "data.data").items(), _chosen(reading))
    created = parse_time(at(value, "data.createdAt"), reading.zone)
    version = parse_time(at(value, "data.updatedAt"), reading.zone) or created
    author = text_at(value, "data.contactAttributes.userId") or text_at(
        value, "data.contactAttributes.email"
    )
    items = found.items(
        author=author,
        occurred_at=created,
        region=text_at(value, "data.meta.country"),
        device=text_at(value, "data.meta.userAgent.device"),
    )
    return Event(Action.PUT, record, version, key, items, found.dropped)


def typeform(delivery: Delivery, reading: Reading) -> Event:
    """Typeform: the answer's type says whether it is free."""
    value = object_at(delivery.value, "")
    if is_empty(value):
        return Event(Action.TEST)
    key = text_at(value, "event_id")
    if text_at(value, "event_type") != "form_response":
        return Event(Action.IGNORE, key=key)
    record = needed(value, "form_response.token")
    texts: dict[str, str] = {}
    meta: dict[str, Any] = {}
    dropped = []
    for answer in list_at(value, "form_response.answers"):
        kind, name = text_at(answer, "type"), text_at(answer, "field.ref")
        name = name or needed(answer, "field.id")
        if kind == "text" and is_free(text_at(answer, "text")):
            texts[name] = text_at(answer, "text")
        elif kind in {"choice", "number", "boolean"}:
            said = at(answer, f"{kind}.label") if kind == "choice" else at(answer, kind)
            meta[name] = said if isinstance(said, str | int | float) else None
        elif kind == "choices":
            meta[name] = [one for one in list_at(answer, "choices.labels") if isinstance(one, str)]
        else:
            dropped.append(name)
    version = parse_time(at(value, "form_response.submitted_at"), reading.zone)
    items = Sheet(record, texts, meta).items(
        author=text_at(value, "form_response.hidden.user_id"), occurred_at=version
    )
    return Event(Action.PUT, record, version, key, items, tuple(dropped))


def _chosen(reading: Reading) -> list[str]:
    chosen = reading.mapping.get("text", [])
    return [chosen] if isinstance(chosen, str) else list(chosen)


def _is_words(answer: str, chosen: list[str]) -> bool:
    return not chosen and not _is_number(answer)


def _is_number(answer: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?([,|┋、]-?\d+)*", answer.strip()) is not None
