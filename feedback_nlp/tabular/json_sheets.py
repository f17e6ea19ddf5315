"""Answer sheets in JSON: a response with a list of answers is one record, a question a field.

Form tools answer with one object a response and its answers in a list, each with its question:
``{"response_id": "r1", "answers": [{"field": {"ref": "worst", "type": "long_text"}, "type": "text",
"text": "…"}]}``. Read as records, the answers would lose whose they are and when they were given.

Source: Typeform Responses API and webhooks (``answers[].field``, the value under the name of its
type); Tally webhooks (``data.fields[].label`` and ``value``); lists of ``question`` and ``answer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WRITTEN, CHOSEN = "文字答案", "答案"
"""Under which the answers stand: those that the form says were written, and the others."""

_LISTS = frozenset(
    [
        *("answers", "answerlist", "answer_list", "fields", "questions", "responses", "qa"),
        *("formdata", "form_data", "question_answers", "questionanswers", "答案", "回答", "题目"),
    ]
)
_QUESTIONS = (
    *("question", "question_text", "questiontext", "question_title", "questiontitle", "prompt"),
    *("field", "label", "title", "ref", "题目", "问题"),
)
_TITLES = ("title", "label", "text", "question", "name", "ref", "id")
_ANSWERS = (
    *("answer", "answer_text", "answertext", "answer_value", "value", "response", "text"),
    *("content", "答案", "回答"),
)
# A list whose members say who wrote them is one of posts or replies.
_OF_POSTS = frozenset(
    [
        *("author", "user", "nickname", "username", "user_id", "userid", "created_at", "ctime"),
        *("created_time", "createtime", "create_time", "likes", "votes", "voteup_count", "role"),
    ]
)
_WRITTEN_TYPES = frozenset(
    [
        *("long_text", "short_text", "longtext", "shorttext", "text", "textarea", "paragraph"),
        *("open_ended", "openended", "open", "input_text", "文本", "填空", "简答", "多行文本"),
    ]
)
_REACHED_BY = ("email", "phone_number", "phone")
# What stands beside the answers of one response.
_OF_A_RESPONSE = frozenset(
    [
        *("token", "submitted_at", "submittedat", "landed_at", "提交时间", "答卷编号"),
        *("response_id", "responseid", "respondentid", "submission_id", "submissionid"),
        *("event_id", "eventid"),
    ]
)
_LOOK_AT, _SENTENCE = 20, 6


def opened_sheet(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a response as one record with its answers by question; ``None`` if it is none."""
    found = next(_lists_of_answers(record), None)
    if found is None:
        return None
    holder, name = found
    sheet = {
        key: value
        for key, value in {**record, **holder}.items()
        if key != name and value is not holder
    }
    for answer in holder[name]:
        _put(sheet, answer)
    return sheet


def may_be_sheet(list_name: str) -> bool:
    """Whether a list so called may hold the answers of one response."""
    return list_name.casefold() in _LISTS


def is_one_response(document: Any) -> bool:
    """Whether a whole document is one response: a webhook's, which says whose it is or when.

    Every question stands in it once; a list of pairs from many people asks the same again.
    """
    if not isinstance(document, dict):
        return False
    found = next(_lists_of_answers(document), None)
    if found is None:
        return False
    holder, name = found
    questions = [_question(member) for member in holder[name]]
    is_told = any(key.casefold() in _OF_A_RESPONSE for key in {**document, **holder})
    return is_told and len(set(questions)) == len(questions)


def says_more(record: Mapping[str, Any], sheet: Mapping[str, Any]) -> bool:
    """Whether a record speaks for itself, its list of answers being but marks beside a review."""
    answers = [*sheet.get(WRITTEN, {}).values(), *sheet.get(CHOSEN, {}).values()]
    own = max(map(_words, record.values()), default=0)
    return own >= _SENTENCE and own > max(map(_words, answers), default=0)


def _words(value: Any) -> int:
    """Return how much a cell says: its Chinese characters and its blanks; dates and ids say nothing."""
    return (
        sum("一" <= sign <= "鿿" or sign == " " for sign in value) if isinstance(value, str) else 0
    )


def _lists_of_answers(record: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield lists of answers in a record or one level below, each with what holds it."""
    below = [value for value in record.values() if isinstance(value, dict)]
    for holder in (record, *below):
        for name, value in holder.items():
            if name.casefold() in _LISTS and isinstance(value, list) and _is_answers(value):
                yield holder, name


def _is_answers(members: list[Any]) -> bool:
    looked = members[:_LOOK_AT]
    if not looked or not all(isinstance(member, dict) for member in looked):
        return False
    if any(name.casefold() in _OF_POSTS for member in looked for name in member):
        return False
    return all(_question(member) and _is_answered(member) for member in looked)


def _put(sheet: dict[str, Any], member: Any) -> None:
    """Add one answer under its question; a question that comes twice keeps both answers."""
    if not isinstance(member, dict) or not (question := _question(member)):
        return
    kind = _type(member)
    place = WRITTEN if kind in _WRITTEN_TYPES else CHOSEN
    if kind in _REACHED_BY and question.isascii():
        question = kind  # a bare code such as "f4" would not say that it is a person's
    answers = sheet.setdefault(place, {})
    value = _value(member)
    if question in answers and value not in (None, ""):
        value = f"{answers[question]}\n{value}"
    answers[question] = value


def _question(member: Mapping[str, Any]) -> str:
    """Return the wording of a question, or what it is called by."""
    for name in _QUESTIONS:
        asked = _named(member, name)
        if isinstance(asked, dict):
            asked = next((text for title in _TITLES if (text := asked.get(title))), None)
        if isinstance(asked, str | int) and not isinstance(asked, bool) and str(asked).strip():
            return str(asked).strip()
    return ""


def _type(member: Mapping[str, Any]) -> str:
    field = _named(member, "field")
    kind = field.get("type") if isinstance(field, dict) else None
    return str(kind or _named(member, "type") or "").casefold()


def _is_answered(member: Mapping[str, Any]) -> bool:
    kind = member.get("type")
    typed = isinstance(kind, str) and kind in member
    return typed or any(_named(member, name, is_there=True) for name in _ANSWERS)


def _value(member: Mapping[str, Any]) -> Any:
    """Return an answer as one cell: the wording of a choice, several joined by ┋."""
    kind = member.get("type")
    if isinstance(kind, str) and kind in member:
        return _cell(member[kind])
    for name in _ANSWERS:
        value = _named(member, name)
        if value not in (None, ""):
            return _cell(value)
    return None


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        for name in ("label", "labels", "text", "value", "other", "title"):
            if value.get(name) not in (None, "", []):
                return _cell(value[name])
        return None
    if isinstance(value, list):
        return "┋".join(str(_cell(part)) for part in value if part not in (None, ""))
    return value


def _named(member: Mapping[str, Any], name: str, *, is_there: bool = False) -> Any:
    """Return a value by the name in any case, or whether it is there at all."""
    key = next((key for key in member if key.casefold() == name), None)
    if is_there:
        return key is not None
    return None if key is None else member[key]
