"""What an assistant may ask. Descriptions are for the assistant: they say when to ask what."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from feedback_api.assistant.calls import Api, Refused
from feedback_api.validation import REQUEST_KEY
from feedback_nlp.labels import Intent, Movement, RequestStatus, Sentiment, label

Week = Annotated[
    str | None,
    Field(description="哪一周（2026-W47）或哪一月（2026-11）；不填是最近一个已结束、数据正常的周"),
]
Product = Annotated[str | None, Field(description="只看这个产品")]
Limit = Annotated[int, Field(ge=1, le=100, description="最多几条")]
RequestKey = Annotated[str, Field(pattern=REQUEST_KEY, description="需求编号，如 REQ-8")]


class Tools:
    """Questions, each answered by the HTTP API.

    Args:
        api: Answers.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    async def week(
        self,
        ctx: Context,
        week: Week = None,
        product: Product = None,
        about: Annotated[
            str | None, Field(description="只要名称、关键词或原话里有这个词的主题，如 支付")
        ] = None,
        limit: Limit = 15,
    ) -> dict[str, Any]:
        """一周里用户在说什么：新增、上升、下降的主题，各多少人说、上周多少人、原话和对应的需求。

        问“本周支付相关的问题有哪些”“这周什么变多了”时用它。人数都已去重，引用时请带上链接。
        """
        path = f"/v1/digests/{week or 'latest'}"
        digest = await self._ask(ctx, path, product=product)
        topics = [topic for topic in digest["topics"] if about is None or _mentions(topic, about)]
        return {
            "week": digest["week"],
            "days": [digest["first_day"], digest["last_day"]],
            "is_over": digest["is_over"],
            "people": digest["totals"]["people"]["value"],
            "people_last": digest["totals"]["people_last"]["value"],
            "topics": [self._topic(topic) for topic in topics[:limit]],
            "topics_in_all": len(topics),
            "link": self._api.link("/", week=digest["week"], product=product),
            "source": self._api.link(path, product=product),
        }

    async def requests(
        self,
        ctx: Context,
        status: Annotated[
            list[RequestStatus] | None, Field(description="只要这些状态；不填是全部")
        ] = None,
        owner: Annotated[str | None, Field(description="只要这个人负责的")] = None,
        product: Product = None,
        limit: Limit = 20,
    ) -> dict[str, Any]:
        """需求排行：优先级高的在前，带得分、人数、状态、负责人。问“该先做什么”时用它。"""
        asked = {
            "status": [one.value for one in status] if status else None,
            "owner": owner,
            "product": product,
            "limit": limit,
        }
        page = await self._ask(ctx, "/v1/requests", **asked)
        return {
            "requests": [self._request(one) for one in page["items"]],
            "more": page["next_cursor"] is not None,
            "source": self._api.link("/v1/requests", **asked),
        }

    async def request(self, ctx: Context, key: RequestKey) -> dict[str, Any]:
        """一个需求的全部：得分怎么来的、多少人要、状态历史、下一步能改成什么。"""
        found = await self._ask(ctx, f"/v1/requests/{key}")
        kept = {name: value for name, value in found.items() if name not in ("evidence", "quotes")}
        return {
            **kept,
            "quotes": [_quote(one) for one in found["quotes"]],
            "link": self._api.link(f"/requests/{key}"),
            "source": self._api.link(f"/v1/requests/{key}"),
        }

    async def evidence(
        self,
        ctx: Context,
        key: RequestKey,
        limit: Limit = 20,
        cursor: Annotated[str | None, Field(description="上一页给的 next_cursor")] = None,
    ) -> dict[str, Any]:
        """一个需求的证据：用户原话，新的在前，一页一页地取。要引用原话时用它。"""
        path = f"/v1/requests/{key}/evidence"
        page = await self._ask(ctx, path, limit=limit, cursor=cursor)
        return {
            "evidence": [_quote(one) for one in page["items"]],
            "next_cursor": page["next_cursor"],
            "source": self._api.link(path, limit=limit, cursor=cursor),
        }

    async def search(
        self,
        ctx: Context,
        query: Annotated[str | None, Field(description="原话里的词，如 发票；空格隔开几个")] = None,
        sentiment: Annotated[Sentiment | None, Field(description="只要这种情感")] = None,
        intent: Annotated[Intent | None, Field(description="只要这种意图")] = None,
        topic: Annotated[int | None, Field(ge=1, description="只要这个主题的，主题编号")] = None,
        week: Annotated[
            str | None, Field(pattern=r"^20\d\d-W\d\d$", description="只要这一周的，如 2026-W47")
        ] = None,
        product: Product = None,
        limit: Limit = 20,
    ) -> dict[str, Any]:
        """在全部反馈里找原话，新的在前；可以按情感、意图、主题、周筛选。"""
        asked = {
            "q": query,
            "sentiment": sentiment.value if sentiment else None,
            "intent": intent.value if intent else None,
            "topic": topic,
            "week": week,
            "product": product,
            "limit": limit,
        }
        page = await self._ask(ctx, "/v1/feedback", **asked)
        return {
            "feedback": [_feedback(one) for one in page["items"]],
            "more": page["next_cursor"] is not None,
            "link": self._api.link("/feedback", **{k: v for k, v in asked.items() if k != "limit"}),
            "source": self._api.link("/v1/feedback", **asked),
        }

    async def classify(
        self,
        ctx: Context,
        texts: Annotated[list[str], Field(min_length=1, max_length=100, description="几段话")],
    ) -> dict[str, Any]:
        """读懂几段没有入库的话：情感、意图，以及其中每个观点的位置。什么也不存。"""
        items = [{"id": str(number), "text": text} for number, text in enumerate(texts, 1)]
        try:
            found: dict[str, Any] = await self._api.post(
                "/v1/classify", {"items": items}, _key_of(ctx)
            )
        except Refused as refused:
            raise ToolError(str(refused)) from refused
        return found

    async def move(
        self,
        ctx: Context,
        key: RequestKey,
        to: Annotated[RequestStatus, Field(description="改成什么状态")],
        actor: Annotated[str, Field(min_length=1, max_length=100, description="谁决定的")],
        reason: Annotated[str, Field(max_length=1_000, description="为什么")] = "",
        now: Annotated[
            RequestStatus | None, Field(description="你看到的当前状态；不符就不改")
        ] = None,
    ) -> dict[str, Any]:
        """改一个需求的状态。只在人明确要求时用；改之前先复述要改什么。"""
        body = {"to": to.value, "actor": actor, "reason": reason}
        if now is not None:
            body["expected_status"] = now.value
        try:
            moved = await self._api.post(f"/v1/requests/{key}/transitions", body, _key_of(ctx))
        except Refused as refused:
            raise ToolError(str(refused)) from refused
        return {
            "changed": moved["changed"],
            "from_status": moved["from_status"],
            "request": self._request(moved["request"]),
        }

    async def _ask(self, ctx: Context, path: str, **asked: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = await self._api.get(path, _key_of(ctx), **asked)
        except Refused as refused:
            raise ToolError(str(refused)) from refused
        return found

    def _topic(self, topic: dict[str, Any]) -> dict[str, Any]:
        request = topic["request"]
        movement = topic["movement"]
        return {
            "topic_id": topic["topic_id"],
            "name": topic["name"],
            "movement": label(Movement(movement)) if movement else None,
            "people": topic["people"]["value"],
            "people_last": topic["people_last"]["value"],
            "request": request
            and {**request, "link": self._api.link(f"/requests/{request['key']}")},
            "why": topic["why"],
            "quotes": [{"text": one["text"], "channel": one["channel"]} for one in topic["quotes"]],
            "source": self._api.link(f"/v1/topics/{topic['topic_id']}"),
        }

    def _request(self, found: dict[str, Any]) -> dict[str, Any]:
        names = ("key", "title", "intent", "status", "owner", "due", "priority", "people_count")
        return {
            **{name: found[name] for name in names},
            "priority_range": [found["priority_low"], found["priority_high"]],
            "link": self._api.link(f"/requests/{found['key']}"),
        }


def _key_of(ctx: Context) -> str | None:
    """Return the key that came with the question; a service asks with the asker's rights."""
    given = (ctx.headers or {}).get("authorization", "")
    scheme, _, key = given.partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def _mentions(topic: dict[str, Any], about: str) -> bool:
    said = [topic["name"], *topic["keywords"], *(quote["text"] for quote in topic["quotes"])]
    return any(about.casefold() in one.casefold() for one in said)


def _quote(found: dict[str, Any]) -> dict[str, Any]:
    names = ("feedback_id", "text", "source", "rating", "app_version", "occurred_at", "sentiment")
    return {name: found[name] for name in names}


def _feedback(found: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "text", "source", "rating", "app_version", "occurred_at", "sentiment", "intent")
    kept = {name: found[name] for name in names}
    units = ("text", "sentiment", "intent", "topic_id", "topic_name")
    return {**kept, "units": [{name: unit[name] for name in units} for unit in found["units"]]}
