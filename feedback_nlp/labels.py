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
    REVIEW = "review"


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


class Depth(StrEnum):
    """How closely texts are read."""

    FAST = "fast"
    DEEP = "deep"
    AUTO = "auto"  # deep where its runtime is installed


class Signal(StrEnum):
    """Warning signs that raise severity or need a person."""

    ANGER = "anger"
    CHURN = "churn"
    SEVERE = "severe"
    SARCASM = "sarcasm"
    RATING_CONFLICT = "rating_conflict"


class TopicKind(StrEnum):
    """What a topic is made of. Only ``issue`` topics may lead a list."""

    ISSUE = "issue"
    VENT = "vent"
    PRAISE = "praise"


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
    KEPT_APART = "kept_apart"
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
    """How a topic moved between two weeks; the one vocabulary of lists, digests and alerts."""

    NEW = "new"
    RETURNED = "returned"
    RISING = "rising"
    ELEVATED = "elevated"
    STEADY = "steady"
    FALLING = "falling"
    GONE = "gone"
    REOPENED = "reopened"


class AlertKind(StrEnum):
    """Why a topic asks for attention today."""

    NEW = "new"
    RETURNED = "returned"
    SPIKE = "spike"
    RELAPSE = "relapse"


class Origin(StrEnum):
    """Who named a topic, placed a unit in it or added a piece of evidence."""

    AUTO = "auto"
    PERSON = "person"
    MODEL = "llm"


class RequestOrder(StrEnum):
    """What a list of requests is sorted by."""

    PRIORITY = "priority"
    RICE = "rice"
    ICE = "ice"


class NoticeStatus(StrEnum):
    """How far a message that is owed to a reporter has come."""

    PENDING = "pending"
    QUEUED = "queued"  # in the outbox
    SENT = "sent"
    FAILED = "failed"  # given up; a person may retry
    UNREACHABLE = "unreachable"
    SUPERSEDED = "superseded"  # a newer status came before it left
    CANCELLED = "cancelled"


class WordKind(StrEnum):
    """What a word is to the business: kept whole, or (``stop``) never in a topic's name."""

    PRODUCT = "product"
    VERSION = "version"
    SLANG = "slang"
    STOP = "stop"


class BatchStatus(StrEnum):
    """Whether a file or a call was stored to its end."""

    RUNNING = "running"
    COMPLETE = "complete"


class ItemStatus(StrEnum):
    """What became of one thing that came in."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class RunKind(StrEnum):
    """What a run did."""

    ANALYZE = "analyze"


class JobState(StrEnum):
    """Where a job of the queue is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """Whether a release fixed what was asked for."""

    WAITING = "waiting"
    FIXED = "fixed"
    NOT_FIXED = "not_fixed"
    UNCLEAR = "unclear"


class RunStatus(StrEnum):
    """Whether a run came to its end; one that a crash left open is aborted by the next."""

    RUNNING = "running"
    COMPLETE = "complete"
    ABORTED = "aborted"


class Measure(StrEnum):
    """What a number of the digest counts."""

    PEOPLE = "people"
    FEEDBACK = "feedback"
    UNITS = "units"
    ANSWERS = "answers"
    BATCHES = "batches"
    READ = "read"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


_CHINESE: dict[type[StrEnum], dict[str, str]] = {
    SourceKind: {
        "survey": "问卷",
        "in_app": "应用内反馈",
        "social": "社交媒体",
        "app_store": "应用商店",
        "support": "客服会话",
        "review": "电商与点评",
    },
    Depth: {"fast": "快读", "deep": "深读", "auto": "自动"},
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
    TopicKind: {"issue": "问题", "vent": "情绪宣泄", "praise": "表扬"},
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
        "kept_apart": "不是同一件事",
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
        "returned": "再次出现",
        "rising": "上升",
        "elevated": "高于平时",
        "steady": "波动内",
        "falling": "下降",
        "gone": "消失",
        "reopened": "复发",
    },
    AlertKind: {"new": "新增", "returned": "再次出现", "spike": "上升", "relapse": "复发"},
    Origin: {"auto": "引擎", "person": "人", "llm": "语言模型"},
    RequestOrder: {"priority": "优先级", "rice": "RICE 分", "ice": "ICE 分"},
    NoticeStatus: {
        "pending": "待发",
        "queued": "发送中",
        "sent": "已发",
        "failed": "失败",
        "unreachable": "联系不上",
        "superseded": "已被新状态取代",
        "cancelled": "已取消",
    },
    WordKind: {"product": "产品词", "version": "型号版本", "slang": "口语", "stop": "停用词"},
    BatchStatus: {"running": "未完成", "complete": "完成"},
    ItemStatus: {"accepted": "新增", "duplicate": "重复", "rejected": "拒绝"},
    RunKind: {"analyze": "分析"},
    Verdict: {
        "waiting": "还在观察",
        "fixed": "已验证",
        "not_fixed": "未见效",
        "unclear": "数据不足",
    },
    JobState: {
        "queued": "等待",
        "running": "在做",
        "done": "完成",
        "failed": "失败",
        "cancelled": "取消",
    },
    RunStatus: {"running": "未完成", "complete": "完成", "aborted": "中断"},
    Measure: {
        "people": "人数",
        "feedback": "反馈数",
        "units": "观点数",
        "answers": "答卷数",
        "batches": "批次数",
        "read": "读入",
        "accepted": "新增",
        "duplicate": "重复",
        "rejected": "拒绝",
    },
}


def label(value: StrEnum) -> str:
    """Return the Chinese word that people see for ``value``.

    >>> label(Intent.BUG)
    '故障'
    """
    return _CHINESE[type(value)][value.value]


ENGINE = "engine"
"""Actor of everything that neither a person nor a language model did."""


_MODEL_PREFIX = f"{Origin.MODEL}:"


def model_actor(model: str) -> str:
    """Return how the ledger calls a language model."""
    return f"{_MODEL_PREFIX}{model}"[:100]


def is_person(actor: str) -> bool:
    """Tell whether an actor of the ledger is a person."""
    return actor != ENGINE and not actor.startswith(_MODEL_PREFIX)


def actor_name(actor: str) -> str:
    """Return how people read an actor of the ledger."""
    if actor == ENGINE:
        return "引擎"
    if actor.startswith(_MODEL_PREFIX):
        return f"模型 {actor.removeprefix(_MODEL_PREFIX)}"
    return actor
