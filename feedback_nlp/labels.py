"""The closed vocabularies of the product, with the Chinese words ops people see.

Every enum is a ``StrEnum``: the value is what is stored, exported and sent over
the API; :func:`label` gives the Chinese word for pages, digests and the CLI.
"""

from __future__ import annotations

from enum import StrEnum


class SourceKind(StrEnum):
    """Where feedback comes from."""

    SURVEY = "survey"
    IN_APP = "in_app"
    SOCIAL = "social"
    APP_STORE = "app_store"
    SUPPORT = "support"


class Sentiment(StrEnum):
    """Feeling of a unit (never ``mixed``) or of a whole feedback."""

    NEG = "neg"
    NEU = "neu"
    POS = "pos"
    MIXED = "mixed"


class Intent(StrEnum):
    """What a unit is for."""

    BUG = "bug"
    FEATURE = "feature"
    COMPLAINT = "complaint"
    QUESTION = "question"
    PRAISE = "praise"
    OTHER = "other"


class Signal(StrEnum):
    """Warning signs that raise severity or need a person."""

    ANGER = "anger"
    CHURN = "churn"
    SEVERE = "severe"
    SARCASM = "sarcasm"
    RATING_CONFLICT = "rating_conflict"


class TopicState(StrEnum):
    """Life of a topic in the ledger."""

    ACTIVE = "active"
    MERGED = "merged"
    RETIRED = "retired"


class TopicEventKind(StrEnum):
    """What can happen to a topic; the ledger is the append-only list of these."""

    BORN = "born"
    RENAMED = "renamed"
    GREW = "grew"
    MERGED = "merged"
    SPLIT = "split"
    MOVED = "moved"
    NESTED = "nested"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    MUTED = "muted"
    UNMUTED = "unmuted"
    RETIRED = "retired"
    REVIVED = "revived"
    UNDONE = "undone"


class RequestStatus(StrEnum):
    """Internal track of a request."""

    NEW = "new"
    TRIAGED = "triaged"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    RELEASED = "released"
    VERIFIED = "verified"
    CLOSED = "closed"
    DECLINED = "declined"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"


class ReporterStatus(StrEnum):
    """What the person who asked sees; never mixed with the internal track."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    PLANNED = "planned"
    SHIPPED = "shipped"
    DECLINED = "declined"


class Movement(StrEnum):
    """How a topic moved between two weeks."""

    NEW = "new"
    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    GONE = "gone"
    REOPENED = "reopened"


class AlertKind(StrEnum):
    """Why a topic asks for attention today."""

    NEW = "new"
    SPIKE = "spike"
    RELAPSE = "relapse"


_CHINESE: dict[type[StrEnum], dict[str, str]] = {
    SourceKind: {
        "survey": "问卷",
        "in_app": "应用内反馈",
        "social": "社交媒体",
        "app_store": "应用商店",
        "support": "客服会话",
    },
    Sentiment: {"neg": "负面", "neu": "中性", "pos": "正面", "mixed": "褒贬都有"},
    Intent: {
        "bug": "故障",
        "feature": "建议",
        "complaint": "抱怨",
        "question": "咨询",
        "praise": "表扬",
        "other": "其他",
    },
    Signal: {
        "anger": "情绪激烈",
        "churn": "流失风险",
        "severe": "后果严重",
        "sarcasm": "疑似反讽",
        "rating_conflict": "星级与文字不符",
    },
    TopicState: {"active": "活跃", "merged": "已合并", "retired": "已沉寂"},
    TopicEventKind: {
        "born": "出现",
        "renamed": "改名",
        "grew": "壮大",
        "merged": "合并",
        "split": "拆分",
        "moved": "移动",
        "nested": "归入上级",
        "pinned": "置顶",
        "unpinned": "取消置顶",
        "muted": "静音",
        "unmuted": "取消静音",
        "retired": "沉寂",
        "revived": "复活",
        "undone": "撤销",
    },
    RequestStatus: {
        "new": "新建",
        "triaged": "已分诊",
        "planned": "已排期",
        "in_progress": "开发中",
        "released": "已发布",
        "verified": "已验证",
        "closed": "已关闭",
        "declined": "不采纳",
        "duplicate": "重复",
        "reopened": "重新打开",
    },
    ReporterStatus: {
        "received": "已收到",
        "under_review": "评估中",
        "planned": "已计划",
        "shipped": "已上线",
        "declined": "暂不考虑",
    },
    Movement: {
        "new": "新增",
        "rising": "上升",
        "steady": "持平",
        "falling": "下降",
        "gone": "消失",
        "reopened": "复发",
    },
    AlertKind: {"new": "新问题", "spike": "突增", "relapse": "发布后复发"},
}


def label(value: StrEnum) -> str:
    """Return the Chinese word that people see for ``value``."""
    return _CHINESE[type(value)][value.value]


ENGINE = "engine"
"""Actor of everything that neither a person nor a language model did."""


BY_MODEL = "llm"
"""``Topic.named_by`` of a name that a language model proposed, and prefix of its actor."""


def model_actor(model: str) -> str:
    """Return how the ledger calls a language model."""
    return f"{BY_MODEL}:{model}"[:100]


def is_person(actor: str) -> bool:
    """Tell whether an actor of the ledger is a person."""
    return actor != ENGINE and not actor.startswith(f"{BY_MODEL}:")
