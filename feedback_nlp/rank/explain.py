"""Says in Chinese why a subject stands where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feedback_nlp.rank.priority import Priority

#: What people see for each part.
PART_LABELS = {
    "people": "人数",
    "severity": "严重程度",
    "trend": "趋势",
    "reach": "波及面",
    "segment": "客户与流失",
    "strategic": "战略",
    "ease": "省力",
}


def part_labels(people: str = "人") -> dict[str, str]:
    """Return what people see for each part where ``people`` are counted: 人数, or 条数."""
    return PART_LABELS | {"people": f"{people}数"}


def explain(
    priority: Priority, ranking: Sequence[Priority] = (), *, span: str = "周", people: str = "人"
) -> str:
    """Return two or three sentences: the figures, what lifts it, the neighbour above.

    Parts that nobody supplied are told once for the whole list, not in every line.

    Args:
        priority: The one to explain.
        ranking: The whole list, in order; names what separates it from the next one up.
        span: What is ranked, ``周`` or ``月``.
        people: What is counted, ``人`` or, where no author is known, ``条``.
    """
    labels = part_labels(people)
    gains = sorted(
        ((priority.weights[name] * value * 100, name) for name, value in priority.parts.items()),
        key=lambda item: (-item[0], item[1]),
    )
    lifted = "、".join(f"{labels[name]} {gain:.0f} 分" for gain, name in gains[:3] if gain >= 0.5)
    sentences = [
        f"排第 {priority.position}：{priority.score:.0f} 分"
        f"（九成把握在 {priority.low:.0f}–{priority.high:.0f}），主要来自{lifted}。",
        f"共 {priority.people_count} {people}提到，本{span} {priority.week_people_count} {people}，"
        f"此前平均每{span} {priority.usual_people:.1f} {people}{_trend_words(priority)}。",
    ]
    above = next((item for item in ranking if item.position == priority.position - 1), None)
    if above is not None:
        sentences.append(_compare(priority, above, labels))
    return "".join(sentences)


def _trend_words(priority: Priority) -> str:
    trend = priority.parts.get("trend", 0.5)
    if trend >= 0.8:
        return "，明显上升"
    if trend >= 0.6:
        return "，略有上升"
    if trend <= 0.2:
        return "，明显回落"
    if trend <= 0.4:
        return "，略有回落"
    return "，与平时相当"


def _compare(priority: Priority, above: Priority, labels: Mapping[str, str]) -> str:
    gaps = {
        name: above.weights.get(name, 0) * above.parts.get(name, 0)
        - priority.weights.get(name, 0) * priority.parts.get(name, 0)
        for name in set(above.parts) | set(priority.parts)
    }
    name, gap = max(gaps.items(), key=lambda item: (item[1], item[0]))
    overlap = "，两者的区间有重叠，先后不算确定" if priority.high >= above.low else ""
    if gap <= 0 or priority.score == above.score:
        return f"与第 {above.position} 名同分{overlap}。"
    return (
        f"比第 {above.position} 名少 {above.score - priority.score:.1f} 分，"
        f"差在{labels[name]}{overlap}。"
    )
