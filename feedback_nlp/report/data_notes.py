"""What a digest says of its own data: what was left out, guessed or not yet in, and why."""

from __future__ import annotations

from feedback_nlp.rank.explain import PART_LABELS
from feedback_nlp.report.wording import day, kind_label, share, unit
from feedback_nlp.week.records import LaterWeek, WeeklyDigest

_QUIET = 0.6
_MAX_REMARKS = 6

_REASONS = {
    "blank-text": "没有文字",
    "text-too-long": "文字过长",
    "bad-encoding": "编码损坏",
    "broken-row": "行损坏",
    "bad-json": "JSON 损坏",
    "admin-post": "官方帖子",
    "not-feedback": "不是反馈",
    "not-customer": "客服或系统说的",
    "not-words": "图片或系统提示",
    "trial-answers": "预览或测试答卷",
    "merged-line": "并入同一会话",
    "header-repeated": "重复的表头",
    "question-unknown": "前面没有出现过的题目",
    "relative-time": "时间不知从哪天算起",
    "column-count": "列数对不上",
    "unclosed-quote": "引号不成对",
    "bad-characters": "半个字符",
    "key-conflict": "编号相同内容不同",
    "file-damaged": "文件中断",
}


def notes(digest: WeeklyDigest) -> list[str]:
    """Return the sentences about the data itself: what was left out and why."""
    total = digest.totals
    sentences = [_later_note(later, digest) for later in digest.later]
    if digest.exposure < _QUIET:
        sentences.append(
            f"本{digest.span}的{unit(digest)}数只有平时的 {digest.exposure:.0%}，"
            + ("可能还没收全；" if digest.is_over else "还没有结束；")
            + "趋势和变化已按这个比例放宽，不会因此报下降或消失；待办优先级不按它计算。"
        )
    if digest.is_nameless:
        sentences.append("未知作者，按条计：来源没有作者，一条反馈算一个，内容雷同的只算一个。")
    elif total.authorless.value:
        sentences.append(
            f"{total.feedback.value} 条里有 {total.authorless.value} 条未知作者，按条计入人数。"
        )
    sentences += [*_calendar_notes(digest), *_estimate_notes(digest)]
    sentences += [
        f"未归类：{share(total.unassigned_units, total.problem_units)} 的问题类观点"
        f"（{total.unassigned_units.value}/{total.problem_units.value}）不属于任何主题。",
    ]
    if total.vents.value:
        sentences.append(
            f"情绪宣泄：{total.vent_people.value} {unit(digest)}反馈里有 "
            f"{total.vents.value} 句没有具体内容的话。"
            if digest.is_nameless
            else f"情绪宣泄：{total.vent_people.value} 人说了 {total.vents.value} 句没有具体内容的话。"
        )
    if total.bursts.value:
        sentences.append(
            f"疑似刷屏 {total.bursts.value} 条，只在此列出，不计入{unit(digest)}数和排行。"
        )
    if total.copies.value:
        sentences.append(
            f"内容重复 {total.copies.value} 条，雷同的只算一{'条' if digest.is_nameless else '个人'}。"
        )
    if total.no_content.value:
        sentences.append(
            f"无内容 {total.no_content.value} 条（默认好评、只有表情或只有@人），不算情感，不进主题。"
        )
    if total.spam.value:
        sentences.append(f"广告 {total.spam.value} 条，不计。")
    if digest.without_time.value:
        sentences.append(f"{digest.without_time.value} 条没有时间，按导入时间算。")
    for batch in digest.batches:
        reasons = "、".join(
            f"{_REASONS.get(reason, reason)} {number.value}"
            for reason, number in batch.rejected_reasons.items()
        )
        rejected = f"，拒收 {batch.rejected.value}（{reasons}）" if batch.rejected.value else ""
        duplicate = f"，已有 {batch.duplicate.value}" if batch.duplicate.value else ""
        sentences.append(
            f"来源“{batch.source}”（{kind_label(batch.kind)}）：{batch.batches.value} 批共读入 "
            f"{batch.read.value} 行，收下 {batch.accepted.value}{duplicate}{rejected}。"
        )
        sentences += [f"来源“{batch.source}”：{remark}" for remark in batch.remarks[:_MAX_REMARKS]]
    return sentences


def _later_note(later: LaterWeek, digest: WeeklyDigest) -> str:
    """Return why a later week with data is not the one that is told."""
    number = int(later.week.split("W")[1])
    name = f"第 {number} 周（{day(later.first_day)}–{day(later.last_day)}）"
    people = f"{later.people.value} {unit(digest)}"
    why = (
        f"只有 {people}的反馈，太少，没有按它排"
        if later.is_over
        else f"还没有结束，目前 {people}，没有按它排"
    )
    return f"{name}{why}；要看它，指定 {later.week}。"


def _estimate_notes(digest: WeeklyDigest) -> list[str]:
    """Return which parts of the priority nobody supplied, once for the whole list."""
    shown = digest.topics[: digest.top_count]
    lacking: dict[int, list[str]] = {}
    for name, words in PART_LABELS.items():
        number = sum(name in topic.priority.missing for topic in shown)
        if number:
            lacking.setdefault(number, []).append(words)
    return [
        f"没有填{'、'.join(names)}"
        + ("" if number == len(shown) else f"的有 {number} 项")
        + "，权重按比例分给了其他项。"
        for number, names in sorted(lacking.items(), reverse=True)
    ]


def _calendar_notes(digest: WeeklyDigest) -> list[str]:
    """Return which days of the week the baselines treat differently, and what they assume."""
    sentences = []
    if digest.special_days:
        names = "、".join(
            f"{item.name}（{day(item.first_day)}"
            + (f"–{day(item.last_day)}）" if item.last_day != item.first_day else "）")
            for item in digest.special_days
        )
        more = (
            f"趋势和变化按平时 {digest.exposure:.2f} 倍的{unit(digest)}数比较，多出的这部分不算上升；"
            if digest.exposure > 1
            else ""
        )
        sentences.append(
            f"本{digest.span}有{names}：{more}预警按这类日子平时的量判断，门槛也更高。"
        )
    if not digest.holidays_known:
        sentences.append(
            f"日历里还没有 {digest.last_day.year} 年的放假安排，趋势和预警只按周末和大促估计；"
            "升级 chinese-calendar 后补上。"
        )
    return sentences
