"""Shapes of requests and of what people do to them; the others are in ``schemas``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from feedback_api.schemas import Incoming, Outgoing, QuoteOut
from feedback_api.validation import REQUEST_KEY, Day, Id, Plain, Said, Word
from feedback_nlp.labels import Intent, ReporterStatus, RequestStatus, Verdict
from feedback_nlp.loop import ALWAYS_EXPLAINED, check_wanted
from feedback_nlp.requests.linking import LinkKind
from feedback_nlp.store.tables import Verification

RequestKey = Annotated[str, Field(pattern=REQUEST_KEY)]


class RequestOut(Outgoing):
    """The actionable thing the team decides about, with what stands behind it."""

    key: str = Field(examples=["REQ-12"])
    version: int = Field(description="每改一次状态或内容加一；同响应头 ETag，写进 If-Match 用")
    title: str
    intent: Intent
    status: RequestStatus = Field(description="内部状态")
    reporter_status: ReporterStatus = Field(description="用户看到的状态")
    product: str | None
    topic_id: int | None
    owner: str | None
    effort: float | None = Field(description="工作量 0–1，由人填写")
    strategic_weight: float | None = Field(description="战略权重 0–1，由人填写")
    due: date | None = Field(description="截止日，由人填写")
    target_release: str | None = Field(description="计划版本，由人填写", examples=["3.3"])
    labels: list[str] = Field(description="标签，由人填写")
    tracker_url: str | None = Field(description="在 Jira、TAPD、禅道、GitHub 里的链接")
    duplicate_of_key: str | None
    priority: float | None = Field(description="0–100")
    priority_low: float | None = Field(description="区间下限")
    priority_high: float | None = Field(description="区间上限")
    priority_parts: dict[str, float] = Field(description="得分的构成，每项 0–1")
    priority_week: str | None = Field(description="优先级按哪一周算的", examples=["2026-W47"])
    rice: float | None = Field(description="RICE 分；没有优先级就没有")
    ice: float | None = Field(description="ICE 分，0–100；没有优先级就没有")
    people_count: int = Field(description="多少人；同一人、同一份内容只算一次")
    post_count: int = Field(description="来自多少条反馈；短时间大量复制粘贴的不算")
    evidence_count: int = Field(description="证据共多少条观点，全部见 /evidence")
    quotes: list[QuoteOut] = Field(description="几句原话，人和说法各不相同，最多 5 句")
    created_by: str = Field(description="谁提的；engine 为引擎")
    created_at: datetime
    updated_at: datetime


class RequestPage(Outgoing):
    """One page of requests, highest priority first."""

    items: list[RequestOut]
    next_cursor: str | None


class StatusEventOut(Outgoing):
    """One change of status, both tracks."""

    from_status: RequestStatus | None
    to_status: RequestStatus
    from_reporter_status: ReporterStatus | None
    to_reporter_status: ReporterStatus
    actor: str
    reason: str
    happened_at: datetime


class RequestEditOut(Outgoing):
    """One change of what people wrote."""

    detail: dict[str, tuple[Any, Any]] = Field(
        description="字段 → [改前, 改后]", examples=[{"owner": [None, "林晓"]}]
    )
    reason: str = Field(description="为什么；没写为空")
    actor: str
    happened_at: datetime


class CommentOut(Outgoing):
    """What somebody of the team said about a request."""

    actor: str
    text: str = Field(description="手机号等个人信息已替换")
    happened_at: datetime


class CommentIn(Incoming):
    """A comment to be added."""

    actor: Person
    text: Said = Field(min_length=1, max_length=5_000, examples=["和相册组对过，下周给方案"])


class Commented(Outgoing):
    """What became of it."""

    added: bool = Field(description="false 表示同一个人刚说过同样的话（重复的调用）")
    comment: CommentOut


class Card(Outgoing):
    """A request to be pasted into a tracker."""

    markdown: str = Field(description="整段复制到 Jira、TAPD、禅道或 GitHub")


class DeclineReasonOut(Outgoing):
    """A reason for declining that was given before."""

    reason: str
    times: int = Field(description="用过几次")
    last_at: datetime = Field(description="上次什么时候用")
    keys: list[str] = Field(description="用在哪些需求上，最近的在前")
    is_same_ask: bool = Field(description="为同样的诉求用过：同一需求、同一主题、同名或重复的需求")


class DeclineReasons(Outgoing):
    """Reasons, those for the same ask first, then the most used."""

    items: list[DeclineReasonOut]


class ClockOut(Outgoing):
    """How long a request has been in its status."""

    since: datetime = Field(description="什么时候进入这个状态")
    business_days: int = Field(description="过了几个工作日，节假日和调休已算")
    limit: int | None = Field(description="最多几个工作日；没有限期为 null")
    due_on: date | None = Field(description="限期的最后一天")
    is_late: bool = Field(description="是否超期")


class VerificationOut(Outgoing):
    """What people said since a release says about it."""

    released_on: date = Field(description="哪天发布的")
    verdict: Verdict = Field(
        description="waiting 还在观察，fixed 已验证，not_fixed 未见效，unclear 数据不足"
    )
    words: str = Field(description="数字和算法，一句话")
    before: int = Field(description="发布前的人次")
    days_before: int
    after: int = Field(description="发布后的人次，更新期的几天不算")
    days_after: int
    expected: float = Field(description="没有发布本应有的人次，按同期别的主题的变化推算")
    ratio: float | None = Field(description="after ÷ expected；1 是没有变化")
    low: float | None = Field(description="区间下限（90%）")
    high: float | None = Field(description="区间上限（90%）")
    odds: float | None = Field(
        default=None, description="没见效的可能是见效的几倍；小于 1 是见效更可能"
    )
    controls: int = Field(description="和几个主题比的")
    fixed_in: str | None = Field(description="发布说明里的版本；更旧的版本发布后不算")
    left_out: int = Field(description="因为版本旧没算的")
    judged_at: datetime
    decided_at: datetime | None = Field(description="什么时候下的结论；还在观察就是 null")

    @classmethod
    def of(cls, found: Verification, words: str) -> Self:
        """Return what people see of a row."""
        return cls(
            **found.figures,
            **{
                name: getattr(found, name)
                for name in ("released_on", "fixed_in", "judged_at", "decided_at")
            },
            verdict=Verdict(found.verdict),
            words=words,
        )


class LateRequestOut(Outgoing):
    """A request past the limit of its status."""

    key: str
    title: str
    owner: str | None
    status: RequestStatus
    clock: ClockOut


class BrokenPromiseOut(Outgoing):
    """A promise that did not come so."""

    key: str
    title: str
    owner: str | None
    due: date | None = Field(description="过了的截止日；说过已计划又收回的为 null")
    now: ReporterStatus = Field(description="反馈者那时看到的状态")


class LoopOut(Outgoing):
    """How well the loop is closed, as of the end of a week; duplicates do not count."""

    week: str
    requests: int = Field(description="那时有多少个需求，重复的不算")
    closed: int = Field(description="其中反馈者看到已上线或不采纳的")
    closure_rate: float | None = Field(description="closed ÷ requests，0–1")
    answered: int = Field(description="其中答复过（已计划、已上线或不采纳）的")
    median_days: float | None = Field(description="从建需求到首次答复的中位天数")
    broken: list[BrokenPromiseOut] = Field(description="失约：到期未发布，或说过已计划又收回")
    told_people: int = Field(description="已告诉过进展的人数，每人只算一次")
    told_notices: int = Field(description="为此发出的通知条数")
    repeat_people: int = Field(description="不采纳以后又来提的人")
    repeat_keys: list[str] = Field(description="他们提的是哪些需求")
    late: list[LateRequestOut] = Field(description="现在超期的需求，超得最多的在前")


class LinkedOut(Outgoing):
    """A request as it stands to the one that was asked for."""

    kind: LinkKind = Field(
        description="related 相关，blocks 它做完那个才能做，blocked_by 等那个做完"
    )
    key: str = Field(examples=["REQ-5"])
    title: str
    status: RequestStatus


class RequestDetail(RequestOut):
    """A request with its evidence and history."""

    evidence: list[QuoteOut] = Field(description="最新的 50 条；全部见 /evidence")
    history: list[StatusEventOut] = Field(description="状态的变化，从早到晚，只增不改")
    edits: list[RequestEditOut] = Field(description="内容的改动，从早到晚，只增不改")
    verifications: list[VerificationOut] = Field(description="每次发布有没有见效，新的在前")
    notices: dict[str, int] = Field(
        description="欠反馈者的通知，各种状态各多少条", examples=[{"pending": 12}]
    )
    comments: list[CommentOut] = Field(description="团队内的评论，从早到晚；反馈者看不到")
    links: list[LinkedOut] = Field(description="关联的需求")
    clock: ClockOut = Field(description="在这个状态多久了，按工作日算")
    allowed_transitions: list[RequestStatus] = Field(description="现在可以改成哪些状态")


class EvidencePage(Outgoing):
    """One page of evidence, newest first."""

    items: list[QuoteOut]
    next_cursor: str | None


Person = Annotated[
    Said, Field(min_length=1, max_length=100, description="谁做的", examples=["林晓"])
]
Reason = Annotated[
    Plain, Field(max_length=2_000, description="为什么改，记入历史", examples=["评审会定的"])
]
Title = Annotated[Said, Field(min_length=1, max_length=300, description="标题")]
Owner = Annotated[Said, Field(min_length=1, max_length=100, description="负责人")]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]


Release = Annotated[
    Said, Field(min_length=1, max_length=60, description="计划版本", examples=["3.3"])
]
Labels = Annotated[
    list[Annotated[Said, Field(min_length=1, max_length=40)]],
    Field(max_length=20, description="标签，写全部；null 清空", examples=[["相册", "安卓"]]),
]
Link = Annotated[
    Plain,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"^\s*https?://[\w.-]+(:\d{1,5})?([/?#][^\s\x00-\x1f\x7f<>\"'\\`]*)?\s*$",
        description="在跟踪工具里的链接，http 或 https",
        examples=["https://github.com/example/app/issues/12"],
    ),
]


class RequestIn(Incoming):
    """A request made by hand."""

    title: Title = Field(examples=["记账支持语音输入"])
    intent: Intent = Field(examples=["feature"])
    actor: Person
    reason: Reason = ""
    product: Word | None = Field(default=None, description="产品")
    topic_id: Id | None = Field(default=None, description="证据来自哪个主题；不填就没有证据")
    owner: Owner | None = None
    effort: Share | None = Field(default=None, description="工作量 0–1，1 最大")
    strategic_weight: Share | None = Field(default=None, description="战略权重 0–1")
    due: Day | None = Field(default=None, description="截止日", examples=["2026-12-31"])
    target_release: Release | None = None
    labels: Labels | None = None
    tracker_url: Link | None = None


def _something_to_change(schema: dict[str, Any]) -> None:
    """Who and why alone change nothing."""
    fields = [name for name in schema["properties"] if name not in ("actor", "reason")]
    schema["anyOf"] = [{"required": [name]} for name in fields]


class RequestPatch(Incoming):
    """What people write about a request; a field that is left out stays, null clears it."""

    model_config = ConfigDict(json_schema_extra=_something_to_change)

    actor: Person
    reason: Reason = ""
    title: Title = Field(default="", description="标题，不能清空；以后的分析不再改它")
    owner: Owner | None = None
    effort: Share | None = Field(default=None, description="工作量 0–1，1 最大")
    strategic_weight: Share | None = Field(default=None, description="战略权重 0–1")
    due: Day | None = Field(default=None, description="截止日", examples=["2026-12-31"])
    target_release: Release | None = None
    labels: Labels | None = None
    tracker_url: Link | None = None


class Edited(Outgoing):
    """What became of a wanted edit."""

    changed: bool = Field(description="false 表示本来就是这样（重复的调用），什么也没有再记")
    request: RequestOut


class EvidenceIn(Incoming):
    """A unit that somebody holds to be evidence, or no evidence any more."""

    actor: Person
    reason: Reason = ""
    unit_id: Id = Field(description="哪个观点")


class EvidenceMoveIn(Incoming):
    """Evidence that stands behind another request, or behind none."""

    actor: Person
    reason: Reason = ""
    unit_ids: list[Id] = Field(min_length=1, max_length=10_000, description="哪些观点")
    to: RequestKey | None = Field(
        default=None, description="移到哪个需求；不写就是剔除", examples=["REQ-2"]
    )


class EvidenceMoved(Outgoing):
    """What became of it."""

    to: str | None = Field(description="移到的需求；剔除的是 null", examples=["REQ-2"])
    request: RequestOut = Field(description="它们原来支持的需求，照现在的算")


class EvidenceBack(Outgoing):
    """What became of it."""

    count: int = Field(description="回来了几条")
    request: RequestOut


class UnlinkIn(Incoming):
    """A link that is to go."""

    actor: Person
    reason: Reason = ""
    to: RequestKey = Field(examples=["REQ-2"])


class LinkIn(UnlinkIn):
    """A wanted link between two requests."""

    kind: LinkKind = Field(default=LinkKind.RELATED, description="related、blocks 或 blocked_by")


class LinksOut(Outgoing):
    """What became of it."""

    changed: bool = Field(description="false 表示本来就是这样，什么也没有再记")
    links: list[LinkedOut]


class SplitIn(Incoming):
    """Evidence that is to become a request of its own."""

    actor: Person
    reason: Reason = ""
    title: Title = Field(examples=["导出的表格缺列"])
    unit_ids: list[Id] = Field(min_length=1, max_length=10_000, description="拿走哪些观点")


class UndoIn(Incoming):
    """Who takes the last edit of a kind back."""

    actor: Person
    reason: Reason = ""


class SplitUndone(Outgoing):
    """What became of it."""

    withdrawn: str = Field(description="并回来的需求，编号不再用", examples=["REQ-9"])
    request: RequestOut


# What some statuses ask for whatever the present one is.
_ASKED_FOR: JsonDict = {
    "allOf": [
        {
            "if": {
                "properties": {
                    "to": {"enum": [status.value for status in sorted(ALWAYS_EXPLAINED)]}
                }
            },
            "then": {"required": ["reason"], "properties": {"reason": {"pattern": r"\S"}}},
        },
        {
            "if": {"properties": {"to": {"const": RequestStatus.DUPLICATE.value}}},
            "then": {
                "required": ["duplicate_of"],
                "properties": {"duplicate_of": {"type": "string"}},
            },
        },
    ]
}


class TransitionIn(Incoming):
    """A wanted change of status."""

    model_config = ConfigDict(json_schema_extra=_ASKED_FOR)

    to: RequestStatus = Field(description="改成什么", examples=["planned"])
    actor: Said = Field(max_length=100, min_length=1, description="谁改的", examples=["林晓"])
    reason: Plain = Field(
        max_length=2_000,
        default="",
        description="为什么；不采纳、退回和重开时必填",
        examples=["排进 3.3 版"],
    )
    duplicate_of: RequestKey | None = Field(
        default=None, description="标为重复时，与哪个需求重复", examples=[None]
    )
    expected_status: RequestStatus | None = Field(
        default=None,
        description="你看到的状态；已经不是它了就返回 409，说明是谁什么时候改的",
        examples=["new"],
    )

    @model_validator(mode="after")
    def _says_what_it_must(self) -> Self:
        check_wanted(self.to, reason=self.reason, duplicate_of=self.duplicate_of)
        return self


class Transitioned(Outgoing):
    """What became of a wanted change."""

    changed: bool = Field(description="false 表示已经是这个状态（重复的调用），什么也没有再记")
    from_status: RequestStatus
    request: RequestOut
