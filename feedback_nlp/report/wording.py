"""The words and number formats that all renderers share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from feedback_nlp.labels import Movement, RequestStatus, Sentiment, SourceKind, label
from feedback_nlp.rank.explain import PART_LABELS
from feedback_nlp.week.movement import movement_words
from feedback_nlp.week.records import (
    Count,
    Driver,
    LaterWeek,
    LoopStep,
    OpenRequest,
    TopicFigures,
    WeeklyDigest,
)

_BARS = "▁▂▃▄▅▆▇█"

#: Movements in the order a weekly review goes through them, the urgent first.
REVIEW_ORDER = (
    Movement.REOPENED,
    Movement.NEW,
    Movement.RETURNED,
    Movement.RISING,
    Movement.ELEVATED,
    Movement.FALLING,
    Movement.GONE,
)

_QUIET = 0.6
_DRIVERS = 4
#: Steps that change what the review believes; they are told with the movements.
_DELTA_STEPS = (RequestStatus.REOPENED, RequestStatus.VERIFIED)
_OTHER_STEPS = (
    RequestStatus.RELEASED,
    RequestStatus.CLOSED,
    RequestStatus.PLANNED,
    RequestStatus.DECLINED,
)

_REASONS = {
    "blank-text": "没有文字",
    "text-too-long": "文字过长",
    "bad-encoding": "编码损坏",
    "broken-row": "行损坏",
    "bad-json": "JSON 损坏",
    "admin-post": "官方帖子",
    "not-feedback": "不是反馈",
}

_FIXED = (
    ("条数", "反馈条数，广告和刷屏不计。"),
    ("消失", "上周还有人提到，本周没有。"),
    ("波动内", "有变化，但没有超出前几周的起伏；括号里是比上周多或少几个人。"),
    ("复发", "对应的需求在本周之前已发布、已验证或已关闭，主题却又新增、再次出现或上升。"),
    (
        "优先级",
        "0–100，各分项（人数、严重程度、趋势、波及面、客户与流失、战略、省力）0–1 加权平均；"
        "缺的分项不计，权重按比例分给其余分项。只按已结束、数据量正常的周计算。",
    ),
    ("区间", "对提到的人重复抽样得到的 90% 区间；区间重叠的两项，先后不算确定。"),
    ("待核对", "星级与文字相反的反馈：可能点错了星、说反话，也可能是程序读错；不算作表扬。"),
    ("未归类", "提出了问题、建议、抱怨或咨询，但不属于任何主题的观点所占的比例。"),
    ("情绪宣泄", "只有情绪、没有具体内容的话，不参与主题排行。"),
)


def definitions(digest: WeeklyDigest) -> list[tuple[str, str]]:
    """Return how the digest's numbers are meant, with the thresholds in force: (word, meaning)."""
    span, limits = digest.span, digest.thresholds
    people = (
        "来源没有给出作者，所以按条计：一条算一个，内容雷同的只算一个；"
        if digest.is_nameless
        else "去重后的人：同一作者只算一次，内容雷同的帖子算一个人，未知作者的按条计；"
    )
    far = f"达到 {limits.min_change_count} {unit(digest)}和 {limits.min_change_ratio:g} 倍"
    enough = f"{limits.new_min_people} {unit(digest)}"
    quiet = f"之前 {limits.new_after_quiet} {span}"
    judged = [
        ("人数", f"{people}广告和复制粘贴刷屏不计。"),
        ("新增", f"本{span}至少 {enough}提到，而以前从来没有人提到。"),
        ("再次出现", f"本{span}至少 {enough}提到，{quiet}没有人提到，更早有过。"),
        ("上升 / 下降", f"与上{span}同向，且偏离前 {limits.baseline} {span}的平均{far}。"),
        (
            "高于平时",
            f"比前 {limits.baseline} {span}的平均高出的{far}，但没有比上{span}再明显增加；"
            "逢节假日和大促时写作“高于节日预期”。",
        ),
    ]
    return [*judged, *((name, spanned(meaning, digest)) for name, meaning in _FIXED)]


def spanned(words: str, digest: WeeklyDigest) -> str:
    """Return our own fixed ``words`` about a week for what the digest covers."""
    return words.replace("周", digest.span)


def day(value: date) -> str:
    """Return ``11月16日``."""
    return f"{value.month}月{value.day}日"


def period(digest: WeeklyDigest) -> str:
    """Return ``2026 年第 47 周（11月16日–11月22日）``, or ``2026 年 11 月（未结束）``."""
    year, number = digest.week.replace("W", "").split("-")
    if digest.span == "月":
        return f"{year} 年 {int(number)} 月" + ("" if digest.is_over else "（未结束）")
    days = f"{day(digest.first_day)}–{day(digest.last_day)}"
    return f"{year} 年第 {int(number)} 周（{days}{'' if digest.is_over else '，未结束'}）"


def unit(digest: WeeklyDigest) -> str:
    """Return what people are counted in: ``人``, or ``条`` where no author is known."""
    return digest.totals.people_word


def change(this: Count, last: Count) -> str:
    """Return ``+12%`` against last week, ``+3`` for small numbers, ``此前为 0`` without any."""
    difference = this.value - last.value
    if last.value == 0:
        return "此前为 0" if this.value else "持平"
    if difference == 0:
        return "持平"
    if last.value < 20:
        return f"{difference:+d}"
    return f"{difference / last.value:+.0%}"


def share(part: Count, whole: Count) -> str:
    """Return ``62%``, or ``—`` of nothing."""
    return f"{part.value / whole.value:.0%}" if whole.value else "—"


def movement_label(item: TopicFigures | OpenRequest, digest: WeeklyDigest) -> str:
    """Return how a topic or request moved: ``上升``, ``波动内（+10）``; ``—`` if nothing is known."""
    return movement_words(
        item.movement,
        item.people.value,
        item.people_last.value,
        is_special=bool(digest.special_days),
    )


def interval(item: TopicFigures | OpenRequest) -> str:
    """Return ``78（70–85）``, ``—`` without a score."""
    if isinstance(item, TopicFigures):
        score, low, high = item.priority.score, item.priority.low, item.priority.high
    elif item.priority is None or item.low is None or item.high is None:
        return "—"
    else:
        score, low, high = item.priority, item.low, item.high
    return f"{score:.0f}（{low:.0f}–{high:.0f}）"


def main_channels(topic: TopicFigures, limit: int = 2) -> str:
    """Return ``应用商店 10、微博 8``."""
    return "、".join(
        f"{channel} {number.value}" for channel, number in list(topic.channels.items())[:limit]
    )


def status_words(request: OpenRequest) -> str:
    """Return ``已排期 小王``."""
    words = [label(RequestStatus(request.status)), request.owner or ""]
    return " ".join(word for word in words if word)


def sparkline(series: Sequence[Count]) -> str:
    """Return block characters, scaled to the largest entry; zero is the lowest block."""
    values = [number.value for number in series]
    top = max(values, default=0)
    if top == 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[round(value / top * (len(_BARS) - 1))] for value in values)


def kind_label(kind: str) -> str:
    """Return a source kind's word."""
    return label(SourceKind(kind))


def sentiment_label(sentiment: str) -> str:
    """Return a sentiment's word."""
    return label(Sentiment(sentiment))


def shorten(text: str, limit: int = 60) -> str:
    """Return one line of at most ``limit`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def width(text: str) -> int:
    """Return how many half-width columns a text takes; a Chinese character takes two.

    >>> width("App闪退")
    7
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def fitted(text: str, limit: int) -> str:
    """Return one line of at most ``limit`` half-width columns."""
    line = " ".join(text.split())
    if width(line) <= limit:
        return line
    while width(line) > limit - 1:
        line = line[:-1]
    return line + "…"


def rating_sentences(digest: WeeklyDigest) -> list[str]:
    """Return the ratings by kind of source, the NPS, and the topics that drive both."""
    sentences = []
    for rating in digest.ratings:
        last = "" if rating.mean_last is None else f"（上{digest.span} {rating.mean_last:.2f}）"
        sentences.append(
            f"{kind_label(rating.source_kind)}：平均 {rating.mean:.2f} 星{last}，"
            f"{rating.rated.value} 条打分，4 星以上 {share(rating.satisfied, rating.rated)}"
        )
    sentences += _driver_sentences(digest.drivers, " 星", 1, digest)
    if digest.nps is not None:
        score = digest.nps
        sentences.append(
            f"NPS {score.score:+d}（{score.answers.value} 份答卷，推荐者 {score.promoters.value}，"
            f"贬损者 {score.detractors.value}）"
        )
        sentences += _driver_sentences(score.drivers, " 分", 0, digest)
    return sentences


def _driver_sentences(
    drivers: Sequence[Driver], measure: str, digits: int, digest: WeeklyDigest
) -> list[str]:
    """Return in a sentence what goes with lower ratings, and what with higher ones."""

    def told(driver: Driver) -> str:
        small, large = sorted(abs(value) for value in (driver.low, driver.high))
        verb = "低" if driver.effect < 0 else "高"
        return (
            f"提到“{driver.name}”的人打分{verb} {abs(driver.effect):.{digits}f}{measure}"
            f"（{small:.{digits}f}–{large:.{digits}f}，{driver.mentions.value} 份打分）"
        )

    if not drivers:
        return []
    kind = " NPS " if "分" in measure else "打分"
    window = f"（近 {digest.compared_weeks} {digest.span}，别的主题相同时；括号里是 95% 区间）"
    down = [driver for driver in drivers if driver.effect < 0][:_DRIVERS]
    up = [driver for driver in reversed(drivers) if driver.effect > 0][:_DRIVERS]
    return [f"与{kind}有关的主题{window}：" + "；".join(map(told, (*down, *up)))]


def delta_steps(digest: WeeklyDigest) -> list[tuple[str, str]]:
    """Return what changed about requests as (heading, words): reopened, verified, old promises."""
    found = _steps(digest.loop, _DELTA_STEPS)
    if digest.old_promises:
        words = "；".join(
            f"{item.key} {item.title}（{day(item.planned_on)}排期，已 {item.weeks} 周，"
            f"{item.owner or '负责人未定'}）"
            for item in digest.old_promises
        )
        found.append(("承诺已久未发布", words))
    return found


def loop_sentences(digest: WeeklyDigest) -> list[str]:
    """Return what was released, closed, planned or declined this week, with the reasons."""
    return [f"{heading}：{words}" for heading, words in _steps(digest.loop, _OTHER_STEPS)]


def _steps(steps: Iterable[LoopStep], statuses: Sequence[RequestStatus]) -> list[tuple[str, str]]:
    told: dict[str, list[str]] = {}
    for step in steps:
        reason = f"（{step.reason}）" if step.reason else ""
        told.setdefault(step.to_status, []).append(f"{step.key} {step.title}{reason}")
    return [
        (label(status), "；".join(told[status.value]))
        for status in statuses
        if status.value in told
    ]


def segment_sentences(digest: WeeklyDigest) -> list[str]:
    """Return one sentence a customer segment: people, change, share of negative feedback."""
    return [
        f"{found.segment}：{found.people.value} {unit(digest)}（比上{digest.span} "
        f"{change(found.people, found.people_last)}），"
        f"负面 {share(found.negative, found.feedback)}"
        for found in digest.segments
    ]


def notes(digest: WeeklyDigest) -> list[str]:
    """Return the sentences about the data itself: what was left out and why."""
    total = digest.totals
    sentences = [_later_note(later, digest) for later in digest.later]
    if digest.exposure < _QUIET:
        sentences.append(
            f"本{digest.span}的人数只有平时的 {digest.exposure:.0%}，"
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
        sentences.append(f"疑似刷屏 {total.bursts.value} 条，只在此列出，不计入人数和排行。")
    if total.copies.value:
        sentences.append(f"内容重复 {total.copies.value} 条，雷同的只算一个人。")
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


def doubtful_lines(digest: WeeklyDigest) -> list[str]:
    """Return the feedback whose stars and words disagree, one line each."""
    return [
        f"{item.rating:g} 星，文字{sentiment_label(item.sentiment)}：“{shorten(item.text)}”"
        f"（{item.channel}，{day(item.on)}）"
        for item in digest.doubtful
    ]


def swing_words(digest: WeeklyDigest, limit: int = 6) -> str:
    """Return what changed much against last week, though within the usual ups and downs."""
    return "、".join(
        f"{topic.name} {topic.people_last.value}→{topic.people.value} {unit(digest)}"
        for topic in digest.swings()[:limit]
    )


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
            f"趋势和变化按平时 {digest.exposure:.2f} 倍的人数比较，多出的这部分不算上升；"
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
