"""The words and number formats that all renderers share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from feedback_nlp.labels import Movement, RequestStatus, Sentiment, SourceKind, label
from feedback_nlp.report.loop_words import loop_words
from feedback_nlp.week.item_records import Count, OpenRequest, TopicFigures
from feedback_nlp.week.movement import movement_words
from feedback_nlp.week.records import Driver, LoopStep, WeeklyDigest

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

_DRIVERS = 4
#: Steps that change what the review believes; they are told with the movements.
_DELTA_STEPS = (RequestStatus.REOPENED, RequestStatus.VERIFIED)
_OTHER_STEPS = (
    RequestStatus.RELEASED,
    RequestStatus.CLOSED,
    RequestStatus.PLANNED,
    RequestStatus.DECLINED,
)


_FIXED = (
    ("条数", "反馈条数，广告和刷屏不计。"),
    ("波动内", "有变化，但没有超出前几周的起伏；括号里是比上周多或少几个人。"),
    ("复发", "对应的需求在本周之前已发布、已验证或已关闭，主题却又新增、再次出现或上升。"),
    ("区间", "对提到的人重复抽样得到的 90% 区间；区间重叠的两项，先后不算确定。"),
    (
        "待核对",
        "星级与文字相反的反馈：可能点错了星、说反话，也可能是程序读错；不算作表扬。问卷的星给整体、工单的星给处理，不和这句话比。",
    ),
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
        (
            "消失",
            f"上{span}和前几{span}的平均都不少于 {-(-limits.min_change_count // 2)} {unit(digest)}，"
            f"本{span}没有人提到。",
        ),
        (
            "优先级",
            f"0–100，各分项（{people_noun(digest)}、严重程度、趋势、波及面、客户与流失、战略、省力）"
            "0–1 加权平均；缺的分项不计，权重按比例分给其余分项。"
            f"只按已结束、数据量正常的{span}计算。",
        ),
    ]
    several = "几条" if digest.is_nameless else "几个人"
    return [
        *judged,
        *((name, spanned(meaning.replace("几个人", several), digest)) for name, meaning in _FIXED),
    ]


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


def people_noun(digest: WeeklyDigest) -> str:
    """Return what a number of people is called by itself: ``人数``, or ``条数``."""
    return f"{unit(digest)}数"


def people_heading(digest: WeeklyDigest) -> str:
    """Return the heading of a column beside one of all feedback: ``人数``, or ``去掉雷同``."""
    return "去掉雷同" if digest.is_nameless else "人数"


def people_phrase(digest: WeeklyDigest) -> str:
    """Return ``，541 人（+12%）``, to follow how many pieces of feedback there are.

    Where no author is known, ``，去掉雷同计 70 条（+3）``; empty if nothing was taken away, in
    this week and the last: it would say the same number twice.
    """
    total = digest.totals
    moved = change(total.people, total.people_last)
    if not digest.is_nameless:
        return f"，{total.people.value} 人（{moved}）"
    pieces = (total.feedback.value, total.feedback_last.value)
    if pieces == (total.people.value, total.people_last.value):
        return ""
    return f"，去掉雷同计 {total.people.value} 条（{moved}）"


def change(this: Count, last: Count) -> str:
    """Return ``+12%`` against last week, ``+3`` where that says more, ``此前为 0`` without any."""
    difference = this.value - last.value
    if last.value == 0:
        return "此前为 0" if this.value else "持平"
    if difference == 0:
        return "持平"
    if last.value < 20 or abs(difference) < 0.005 * last.value:  # -0% would say nothing
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


def moved_words(digest: WeeklyDigest, kind: Movement, *, most: int) -> str:
    """Return what moved in one way: ``闪退（6→14 人）、发票（3→9 人） 等 4 个``; empty if nothing did.

    Args:
        digest: The week.
        kind: The way; what is new had nobody before.
        most: How many are named.
    """
    moved, people = digest.moved(kind), unit(digest)
    words = "、".join(
        f"{topic.name}（{topic.people_last.value}→{topic.people.value} {people}）"
        if kind is not Movement.NEW
        else f"{topic.name}（{topic.people.value} {people}）"
        for topic in moved[:most]
    )
    return words + (f" 等 {len(moved)} 个" if len(moved) > most else "")


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
        channel_words(channel, number) for channel, number in list(topic.channels.items())[:limit]
    )


def channel_words(channel: str, number: Count) -> str:
    """Return ``微博 8``, and ``12345：8`` of a channel whose name ends with a figure itself."""
    return f"{channel}{'：' if channel[-1:].isdigit() else ' '}{number.value}"


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
    """Return what was released, closed, planned or declined this week, and the loop's figures."""
    steps = [f"{heading}：{words}" for heading, words in _steps(digest.loop, _OTHER_STEPS)]
    figures = loop_words(digest.loop_figures)
    return [*steps, figures] if figures else steps


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


def doubtful_lines(digest: WeeklyDigest) -> list[str]:
    """Return the feedback whose stars and words disagree, one line each."""
    return [
        f"{item.rating:g} 星，文字{sentiment_label(item.sentiment)}：“{shorten(item.text)}”"
        f"（{item.channel}，{day(item.on)}）"
        for item in digest.doubtful
    ]


def similar_lines(digest: WeeklyDigest, limit: int = 8) -> list[str]:
    """Return the topics that may be one matter, the likeliest first, one line a pair."""
    lines = [
        f"“{pair.name}”（{pair.topic_id}）和“{pair.into_name}”（{pair.into_id}），"
        f"把握 {pair.score:.0%}：{pair.why}"
        for pair in digest.similar[:limit]
    ]
    if (more := len(digest.similar) - limit) > 0:
        lines.append(f"另有 {more} 对")
    return lines


def peak_words(days: int, people: int, expected: float, *, counted: str) -> tuple[str, str]:
    """Return how far an alert stood out: ``3 天 14 人次`` and, for as many days, ``约 1.5 人次``.

    Over several days a person counts once a day.

    Args:
        days: How many days on end stood out most.
        people: People of these days, each day by itself.
        expected: How many of them were to be expected.
        counted: What people are counted in, ``人`` or ``条``.
    """
    unit = "人次" if days > 1 and counted == "人" else counted
    return f"{days} 天 {people} {unit}", f"约 {expected:.1f} {unit}"


def swing_words(digest: WeeklyDigest, limit: int = 6) -> str:
    """Return what changed much against last week, though within the usual ups and downs."""
    return "、".join(
        f"{topic.name} {topic.people_last.value}→{topic.people.value} {unit(digest)}"
        for topic in digest.swings()[:limit]
    )
