"""Names out of a topic's own clauses: what is wrong with what, else the run most units share."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from feedback_nlp.topics.clauses import ClauseReader, Complaint, Run, Word, small_words

_SHARE = 0.025
_MIN_HITS = 3
_CHOICE = 4
_WHOLE = 0.55
_WHOLE_ASPECT = 0.3
_RUN_UNITS = 60
_SHORT = 7
_ACTING = 1.6
_COMPLAINING = 1.4
_TITLE_SHARE = 0.1
_TITLE_WORDS = 24
_LONG_WORDS = 90
_AROUND_SHARE = 0.12
_ABOUT_SHARE = 0.35
_TOLD_SHARE = 0.15
_SECOND = 0.6
_BOTH_LENGTH = 9
_ALONE_SHARE = 0.12
_LACKING_SHARE = 0.2
_MISSING_SHARE = 0.15
_UNKNOWN_SHARE = 0.15
_SPOKEN_SHARE = 0.15
# Of the units that complain at all, that must name what is wrong: a topic is that, not a tenth.
_WRONG_SHARE = 0.25
# What is merely bad must be a quality (手感差), or be called so by this share of those who complain.
_MERELY_BAD_SHARE = 0.5
_TELLING = 2
_HEAD_SHARE = 0.75
_TELLING_SHARE = 0.06
_SHORT_UNIT = 2
_EVERYWHERE = 0.07


@dataclass(frozen=True, slots=True)
class Said:
    """A unit, or the title of a long text, as clauses.

    Attributes:
        complaints: What is wrong with what.
        words: All that it says.
        clauses: Its tagged words, clause by clause.
        text: The same, joined.
        problems: What is wrong, in an ops person's words: 只能看不能用 is 用不了.
    """

    complaints: frozenset[Complaint]
    words: frozenset[str]
    clauses: Sequence[Sequence[Word]]
    text: str
    problems: frozenset[str] = frozenset()


class ClauseNamer:
    """Names clusters against the background of all units.

    Args:
        reader: Reads clauses.
        background: Tagged words of all units, or of a fair sample.
    """

    def __init__(self, reader: ClauseReader, background: Iterable[Sequence[Word]]) -> None:
        self._reader = reader
        self._complaints: Counter[Complaint] = Counter()
        self._words: Counter[str] = Counter()
        self._total = 1
        for tagged in background:
            said = self.read(tagged)
            self._total += 1
            self._complaints.update(said.complaints)
            self._words.update(said.words)

    def read(self, tagged: Sequence[Word]) -> Said:
        """Return what a unit says, as clauses; a long text complains in how it begins."""
        clauses = self._reader.clauses(tagged)
        is_long = len(tagged) > _LONG_WORDS
        return Said(
            frozenset(self._reader.complaints(_beginning(clauses) if is_long else clauses)),
            frozenset(
                word
                for clause in (_beginning(clauses) if is_long else clauses)
                for word, _ in clause
            ),
            clauses,
            "|".join("".join(word for word, _ in clause) for clause in clauses),
        )

    def complaints(
        self, units: Sequence[Said], *, bare: bool = False, share: float = _SHARE
    ) -> list[str]:
        """Return what is wrong with what in a cluster, what marks it most first.

        Args:
            units: What the cluster says.
            bare: Return instead what is wrong where nobody says with what.
            share: Of the units that must say it.
        """
        size = max(len(units), 1)
        found = Counter(complaint for unit in units for complaint in unit.complaints)
        wrongs = Counter(
            wrong for unit in units for wrong in {complaint.wrong for complaint in unit.complaints}
        )
        complaining = sum(bool(unit.complaints) for unit in units)
        least = max(_MIN_HITS, share * size)
        scored = []
        for complaint, hits in found.items():
            if hits < least or bool(complaint.thing) is bare:
                continue
            if complaint.wrong.startswith("没有") and hits < _LACKING_SHARE * size:
                continue
            if not self._reader.is_fault(complaint.wrong) and hits < _UNKNOWN_SHARE * size:
                continue
            speakers = sum(complaint.thing in unit.text for unit in units)
            if not bare and math.sqrt(speakers * wrongs[complaint.wrong]) < _SPOKEN_SHARE * size:
                continue
            if wrongs[complaint.wrong] < _WRONG_SHARE * complaining:
                continue
            if _says_no_more(complaint.thing, complaint.wrong) and (
                hits < _MERELY_BAD_SHARE * complaining
            ):
                continue
            if len(complaint.name) < 3 and (
                complaint.wrong not in named_alone() or hits < _ALONE_SHARE * size
            ):
                continue
            lift = (hits / size) / (max(self._complaints[complaint], 1) / self._total)
            scored.append((-hits * math.log(max(lift, 1.0)), complaint.name, complaint))
        chosen = [complaint for weight, _, complaint in sorted(scored) if weight < 0][:_CHOICE]
        texts = [unit.text for unit in units]
        names = [self._headed(self._whole(complaint, found), texts) for complaint in chosen]
        return [
            written
            for name in names
            if name not in small_words("aspects")
            for written in named_alone().get(name, (name,))
        ]

    def around(self, units: Sequence[Said], thing: str) -> list[str]:
        """Return what is wrong with a thing that most of a cluster speaks of.

        Where people complain of it in many ways, the two commonest make the name: a unit
        that says the thing says of it whatever it says of nothing else.

        Args:
            units: What the cluster says.
            thing: A thing that is frequent in it; not where few of its units say it.
        """
        about = [unit for unit in units if thing in unit.words]
        if len(about) < _ABOUT_SHARE * len(units):
            return []
        whole = with_head(thing, [unit.text for unit in about], self._reader.stops)
        found = Counter(
            wrong
            for unit in about
            for wrong in {
                complaint.wrong
                for complaint in unit.complaints
                if complaint.wrong not in small_words("verdicts")
                and self._reader.is_fault(complaint.wrong)
                and (
                    complaint.thing.endswith(thing)
                    or (not complaint.thing and len(unit.clauses) <= _SHORT_UNIT)
                )
            }
        )
        least = max(_MIN_HITS, _AROUND_SHARE * len(about))
        said = sum(bool(unit.complaints) for unit in about)
        ordered = sorted(found, key=lambda wrong: (-found[wrong], wrong))
        ordered = [wrong for wrong in ordered if not set(whole) & set(wrong)]
        if said < least or not ordered:
            return []
        telling = [
            wrong
            for wrong in ordered
            if wrong not in small_words("vague")
            and found[wrong] >= max(_TELLING, _TELLING_SHARE * len(about))
        ]
        first, *others = telling or ordered
        least = _MERELY_BAD_SHARE if _says_no_more(whole, first) else _WRONG_SHARE
        if found[first] < max(_TELLING, least * said, _TOLD_SHARE * len(units)):
            return []
        second = next((wrong for wrong in others if found[wrong] >= _SECOND * found[first]), "")
        both = f"{whole}{first}、{second}"
        if telling and second and len(both) <= _BOTH_LENGTH:
            return [both]
        return [whole + first]

    def is_everywhere(self, thing: str) -> bool:
        """Tell whether so much of the feedback says a thing that it marks no topic: 酒店差."""
        return self._words[thing] > _EVERYWHERE * self._total

    def runs(self, units: Sequence[Said], *, titles: bool = False) -> list[str]:
        """Return ends of clauses out of the central units that speak for most of a cluster.

        Args:
            units: The most central first.
            titles: Take them from how each text begins.
        """
        size = max(len(units), 1)
        speakers: dict[str, int] = defaultdict(int)
        for place, unit in enumerate(units):
            for word in unit.words:
                speakers[word] |= 1 << place
        weight = {}
        for word, who in speakers.items():
            hits = who.bit_count()
            lift = (hits / size) / (max(self._words[word], 1) / self._total)
            if hits >= _MIN_HITS and lift > 1.0:
                weight[word] = (hits / size) * math.log(lift)
        found = {
            run
            for unit in units[:_RUN_UNITS]
            for run in self._reader.runs(_beginning(unit.clauses) if titles else unit.clauses)
        }
        runs: dict[str, Run] = {}
        for run in sorted(found, key=lambda run: (len(run.text), run.text, sorted(run.content))):
            runs.setdefault(run.text if titles else run.plainly, run)
        scored = []
        for text, run in runs.items():
            marked = [word for word in run.content if word in weight]
            if len(marked) < len(run.content):
                continue
            if not titles and (not run.complains or len(text) > _SHORT):
                continue
            together = (1 << size) - 1
            for word in marked:
                together &= speakers[word]
            least = _LACKING_SHARE if text.startswith("没有") else _TITLE_SHARE
            if together.bit_count() < max(_MIN_HITS, least * size):
                continue
            if not _is_meant(run, text, units):
                continue
            marks = sum(weight[word] for word in marked) / math.sqrt(len(run.content))
            score = marks * math.log1p(together.bit_count()) * (_ACTING if run.acts else 1.0)
            score *= _COMPLAINING if run.complains else 1.0
            scored.append((-score, len(text), text))
        return [text for *_, text in sorted(scored)[:_CHOICE]]

    def _headed(self, complaint: Complaint, texts: Sequence[str]) -> str:
        """Return the name of a complaint, its thing mended: 餐员态度差 → 送餐员态度差."""
        if not complaint.thing or not complaint.name.startswith(complaint.thing):
            return complaint.name
        about = [text for text in texts if complaint.thing in text]
        whole = with_head(complaint.thing, about, self._reader.stops)
        return complaint.name.replace(complaint.thing, whole, 1)

    def _whole(self, complaint: Complaint, found: Counter[Complaint]) -> Complaint:
        """Prefer 隔音效果差 to 效果差 where many mean the longer one."""
        share = _WHOLE_ASPECT if complaint.thing in small_words("aspects") else _WHOLE
        longer = [
            (hits, other)
            for other, hits in found.items()
            if other.wrong == complaint.wrong
            and other.thing != complaint.thing
            and complaint.thing
            and other.thing.endswith(complaint.thing)
            and hits >= share * found[complaint]
        ]
        return max(longer)[1] if longer else complaint


def with_head(thing: str, texts: Sequence[str], stops: Collection[str]) -> str:
    """Mend a thing of which the tokenizer cut the head off: 遗物 → 圣遗物.

    >>> with_head("遗物", ["圣遗物太难刷", "刷圣遗物", "圣遗物又歪", "遗物"], ())
    '圣遗物'
    """
    before = Counter(text[at - 1] for text in texts if (at := text.find(thing)) > 0)
    head, hits = next(iter(before.most_common(1)), ("", 0))
    is_part = hits >= max(_MIN_HITS, _HEAD_SHARE * len(texts)) and "一" <= head <= "鿿"
    return head + thing if is_part and head not in stops else thing


def _says_no_more(thing: str, wrong: str) -> bool:
    """Tell whether a name would say of a thing only that it is bad: 土豆丝差, but not 手感差."""
    return (
        bool(thing)
        and wrong in small_words("vague")
        and not thing.endswith(tuple(small_words("qualities")))
    )


def _is_meant(run: Run, text: str, units: Sequence[Said]) -> bool:
    """Tell whether units complain as a run does: that they say its words somewhere is not enough.

    Of a thing it must not say only that it is bad, nor what a few complain of; that something
    is missing is said of many things beside the matter.
    """
    if run.complaint is not None and _says_no_more(run.complaint.thing, run.complaint.wrong):
        return False
    _, missing, what = text.partition("没有")
    wrong = missing + what
    least = _MISSING_SHARE
    if not missing:
        if run.complaint is None:
            return True
        wrong, least = run.complaint.wrong, _TITLE_SHARE
    hits = sum(any(said.wrong == wrong for said in unit.complaints) for unit in units)
    return hits >= least * len(units)


@cache
def named_alone() -> dict[str, tuple[str, ...]]:
    """Return how a complaint is named that nobody says of a thing: 凉了 → 饭菜凉了."""
    lines = (line.split() for line in small_words("alone"))
    return {wrong: tuple(names) for wrong, *names in lines}


def _beginning(clauses: Sequence[Sequence[Word]]) -> list[Sequence[Word]]:
    chosen: list[Sequence[Word]] = []
    for clause in clauses:
        chosen.append(clause)
        if sum(map(len, chosen)) >= _TITLE_WORDS:
            break
    return chosen
