"""All connectors by name."""

from __future__ import annotations

from collections.abc import Mapping

from feedback_nlp.inlets import conversations, generic, signatures, surveys
from feedback_nlp.inlets.records import Connector
from feedback_nlp.labels import SourceKind

_SURVEY, _IN_APP, _SUPPORT = SourceKind.SURVEY, SourceKind.IN_APP, SourceKind.SUPPORT

CONNECTORS: Mapping[str, Connector] = {
    connector.name: connector
    for connector in (
        Connector("wjx", "问卷星", _SURVEY, True, signatures.wjx, surveys.wjx),
        Connector("tencent", "腾讯问卷", _SURVEY, False, signatures.none, surveys.tencent),
        Connector("jinshuju", "金数据", _SURVEY, False, signatures.none, surveys.jinshuju),
        Connector("tucao", "兔小巢", _IN_APP, False, signatures.none, conversations.tucao),
        Connector(
            "formbricks",
            "Formbricks",
            _SURVEY,
            True,
            signatures.standard_webhooks,
            surveys.formbricks,
        ),
        Connector("typeform", "Typeform", _SURVEY, True, signatures.typeform, surveys.typeform),
        Connector(
            "chatwoot", "Chatwoot", _SUPPORT, True, signatures.chatwoot, conversations.chatwoot
        ),
        Connector("zendesk", "Zendesk", _SUPPORT, True, signatures.zendesk, conversations.zendesk),
        Connector(
            "generic", "通用 JSON", _IN_APP, True, signatures.standard_webhooks, generic.read
        ),
    )
}
