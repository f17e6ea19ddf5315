"""Random layouts: whatever the columns are called and wherever they stand, no row is lost unsaid."""

import csv
import io
import json
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_nlp.errors import InputError
from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem, Rejection

CHINA = ZoneInfo("Asia/Shanghai")
NAMES = {
    "text": [
        "评论内容",
        "content",
        "说的话",
        "反馈描述",
        "review",
        "正文",
        "col_a",
        "Issue Description",
        "fb_body",
    ],
    "time": ["评论时间", "created_at", "creationTime", "日期", "when", "at", "发布于", "fb_time"],
    "rating": ["评分", "star", "score", "打分", "points", "总评", "rate"],
    "key": ["id", "comment_id", "评论id", "no", "编号"],
    "author": ["用户昵称", "user_id", "评论者", "nick", "author", "您的昵称", "答主"],
    "phone": ["您的手机", "联系方式", "tel"],
    "votes": ["点赞数", "likes", "赞", "点赞量", "likedCount"],
    "reply": ["商家回复", "reply_content", "developerResponse"],
}
TEXTS = [
    "汤太咸了，喝了一口就放下",
    "前台态度好，房间也干净",
    "题目讲得太快跟不上",
    "充电口松了插不稳",
    "好",
    "",
]
PERSON = "欧阳小满测试"
PHONE = "13800001234"


def cell(kind: str, number: int, text: str) -> str:
    return {
        "text": text,
        "time": f"2026-03-{number % 28 + 1:02} 10:00:00",
        "rating": str(number % 5 + 1),
        "key": f"k{number}",
        "author": f"{PERSON}{number}",
        "phone": PHONE,
        "votes": str(number),
        "reply": "亲亲您好，感谢支持",
    }[kind]


@st.composite
def layouts(draw):
    kinds = draw(st.permutations(list(NAMES)))
    kinds = kinds[: draw(st.integers(1, len(kinds)))]
    if "text" not in kinds:
        kinds = [*kinds, "text"]
    names = [draw(st.sampled_from(NAMES[kind])) for kind in kinds]
    texts = draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12))
    surplus = draw(st.lists(st.integers(0, 11), max_size=2))
    return kinds, names, texts, surplus


def lines_of(items):
    return [item.line for item in items]


def as_json(records, form):
    """Return records as tools write them: nested, in lists by name, with what JSON does not know."""
    if form == "nested":
        records = [{"data": record, "reply": {"content": "您好"}} for record in records]
    if form == "wrapped":
        records = [{"post": {"body": record}} for record in records]
    if form == "by name" and len(records) > 1:
        half = len(records) // 2
        return json.dumps({"甲店": records[:half], "乙店": records[half:]}, ensure_ascii=False)
    if form == "not a number":
        records = [{**record, "extra": float("nan")} for record in records]
    text = json.dumps(records, ensure_ascii=False)
    if form == "broken" and len(records) > 2:
        # A quote too many in the second record costs that record, with its line and a reason.
        head, separator, rest = text.partition("}, {")
        return head + separator + '"a"b": 1, ' + rest
    return text


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    layouts(),
    st.sampled_from(["csv", "json", "nested", "wrapped", "by name", "not a number", "broken"]),
)
def test_no_row_is_lost_without_a_line_and_a_reason(layout, form):
    kinds, names, texts, surplus = layout
    rows = [[cell(kind, n, text) for kind in kinds] for n, text in enumerate(texts)]
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([*row, "多"] if n in surplus else row for n, row in enumerate(rows))
        data, first = out.getvalue(), 2
    else:
        data, first = as_json([dict(zip(names, row, strict=True)) for row in rows], form), 1
    refusal = ""
    try:
        with open_source(io.BytesIO(data.encode()), zone=CHINA) as reading:
            items = list(reading.items)
    except InputError as error:
        refusal = str(error)
    if refusal:  # the file as a whole, with a reason: no row is lost without one
        return
    assert sorted(set(lines_of(items))) == list(range(first, first + len(rows)))
    for item in items:
        assert isinstance(item, RawItem | Rejection)
        if isinstance(item, Rejection):
            assert item.reason
            assert item.detail
            assert PERSON not in item.raw
        else:
            stored = json.dumps(
                [item.text, item.title, item.product, item.channel, dict(item.meta)],
                ensure_ascii=False,
            )
            assert PERSON not in stored
            assert PHONE not in stored
