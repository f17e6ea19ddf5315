"""What notices say, and through which outlet each source is answered: kept by the deployment.

Templates know ``{title}``, ``{product}`` and ``{date}`` (the day the person wrote) and nothing
else; the internal reason of a decision is not among them, since it was not written for reporters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import ReporterStatus
from feedback_nlp.loop import NOTIFYING
from feedback_nlp.store.tables import NOTICE_SETTINGS, FeatureRequest, Setting, Source

_MAX_CHARS = 500
TEMPLATE_FIELDS = ("title", "product", "date")

DEFAULT_TEMPLATES: Mapping[ReporterStatus, str] = {
    ReporterStatus.PLANNED: "您好，您 {date} 反馈的“{title}”已列入计划，做好后再告诉您。",
    ReporterStatus.SHIPPED: "您好，您 {date} 反馈的“{title}”已经上线。还有问题，请继续告诉我们。",
    ReporterStatus.DECLINED: "您好，您 {date} 反馈的“{title}”我们认真看过，目前没有计划做。"
    "谢谢您告诉我们。",
}


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What a deployment has set.

    Attributes:
        templates: By reporter status; all of those that notify.
        routes: Name of a source to name of the outlet that answers its people.
    """

    templates: Mapping[ReporterStatus, str]
    routes: Mapping[str, str]


def notice_settings(session: Session) -> NoticeSettings:
    """Return the templates, the shipped ones where none was written, and the routes."""
    setting = session.get(Setting, NOTICE_SETTINGS)
    kept = setting.value if setting else {}
    written = {ReporterStatus(name): text for name, text in kept.get("templates", {}).items()}
    return NoticeSettings({**DEFAULT_TEMPLATES, **written}, dict(kept.get("routes", {})))


def set_template(session: Session, status: ReporterStatus, text: str | None) -> None:
    """Write the template of a status; ``None`` takes the shipped one again.

    Raises:
        InputError: If the status tells nobody, or the text is empty, too long or has an unknown
            placeholder.
    """
    if status not in NOTIFYING:
        raise InputError(f"状态 {status} 不通知任何人", hint="可用 planned、shipped、declined")
    if text is not None:
        text = _checked(text)
    _change(session, "templates", status.value, text)


def set_route(session: Session, source: str, outlet: str | None) -> None:
    """Answer people of a source through an outlet; ``None`` for no more.

    Raises:
        NotFound: If there is no such source.
    """
    if session.scalars(select(Source).where(col(Source.name) == source)).first() is None:
        raise NotFound(f"没有名为 {source[:60]} 的来源", reason="unknown-source")
    _change(session, "routes", source, outlet)


class Said(Protocol):
    """What a message speaks of: which product, and when somebody wrote about it."""

    @property
    def product(self) -> str | None:
        """Of the feedback."""

    @property
    def occurred_at(self) -> datetime:
        """When it was written."""


def written_text(
    settings: NoticeSettings, request: FeatureRequest, feedback: Said, zone: ZoneInfo
) -> str:
    """Return what one person is told of the present status of a request."""
    template = settings.templates[ReporterStatus(request.reporter_status)]
    written: datetime = feedback.occurred_at.astimezone(zone)
    return template.format(
        title=request.title,
        product=request.product or feedback.product or "",
        date=f"{written.month} 月 {written.day} 日",
    )


def _checked(text: str) -> str:
    text = text.strip()
    if not text or len(text) > _MAX_CHARS:
        raise InputError(f"模板要有 1–{_MAX_CHARS} 个字")
    try:
        names = [(name, spec, how) for _, name, spec, how in Formatter().parse(text)]
    except ValueError as error:
        raise InputError("模板里的花括号不成对", hint="花括号本身写成 {{ 和 }}") from error
    for name, spec, how in names:
        if name is not None and (name not in TEMPLATE_FIELDS or spec or how):
            known = "、".join(f"{{{field}}}" for field in TEMPLATE_FIELDS)
            raise InputError(f"模板里不认识 {{{name}}}", hint=f"可用 {known}")
    return text


def _change(session: Session, part: str, name: str, value: str | None) -> None:
    setting = session.get(Setting, NOTICE_SETTINGS) or Setting(key=NOTICE_SETTINGS)
    kept = dict(setting.value.get(part, {}))
    if value is None:
        kept.pop(name, None)
    else:
        kept[name] = value
    setting.value = {**setting.value, part: kept}
    session.add(setting)
    session.flush()
