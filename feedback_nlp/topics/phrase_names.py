"""Names an ops person would write: object and problem, from what people actually wrote.

In this order: a phrase that many units share and that says object and problem
(车位捆绑销售); what many say is wrong with what (隔音 + 差, see
:mod:`feedback_nlp.topics.clause_names`); the strongest object joined to the strongest
problem that stands with it (摄像头 + 连不上); a wish for the strongest object; a run of words
out of a central unit; the strongest phrase. A cluster that is clearly a seed issue takes
the seed's name before any of these.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from feedback_nlp.labels import Intent
from feedback_nlp.topics.bearing import borne_out
from feedback_nlp.topics.clause_names import ClauseNamer, Said
from feedback_nlp.topics.clauses import ClauseReader, Word, bad_words, small_words
from feedback_nlp.topics.name_checks import WANTED, is_complaint, is_wish, without_colour
from feedback_nlp.topics.phrases import MentionFinder, Mentions
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.words import TopicWords

_PHRASE_SHARE = 0.2
_WORD_SHARE = 0.12
_MIN_HITS = 3
_DOMINANT_SHARE = 0.6
_LONG_SHARE = 0.35
_LONG_PHRASE = 7
_LONG_CHOICE = 8
_LONG_NAME = 12
_EVENT_SHARE = 0.5
_EVENT_LIFT = 20.0
_BELONGS = 0.75
_LOST = 1.3
# A problem without its object: 用不了 still says what happens, 复杂 says nothing.
_BARE_PROBLEM = 3
# One that needs no object: 饥饿营销.
_WHOLE_PROBLEM = 4
_WHOLE_SHARE = 0.25
_LONG_COMPLAINT = 0.1
_BARE_COMPLAINT = 0.08
_MIN_TOGETHER = 3
_TOGETHER_SHARE = 0.08
# Of the units of a cluster, that speak of the whole; that must tell its name then.
_ABOUT_WHOLE = 0.5
_TOLD = 0.2
_OF_SHARE = 0.35
_OF_LENGTH = 8
_FITTING = ("支持", "适配", "兼容")
_FITTING_SHARE = 0.25
_CLAUSE_END = re.compile(r"[^㐀-鿿a-z0-9]")


@dataclass(frozen=True)
class NamedUnit:
    """A unit as the naming sees it.

    Attributes:
        text: What it says, folded.
        mentions: What it mentions.
        intent: What it is for.
        tagged: Its words with parts of speech.
    """

    text: str
    mentions: Mentions
    intent: Intent
    tagged: Sequence[Word] = ()


class PhraseNamer:
    """Names clusters against the background of all units.

    Args:
        units: All units, or a fair sample.
        finder: Finds the mentions; here it tells problems from the rest of a phrase.
        words: The word lists.
    """

    def __init__(
        self, units: Iterable[NamedUnit], finder: MentionFinder, words: TopicWords
    ) -> None:
        self._problem = finder.problem_pattern
        self._words = words
        self._phrases: Counter[str] = Counter()
        self._objects: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._total = 1
        units = list(units)
        reader = ClauseReader(words.stops, words.problems, words.objects, finder.products)
        self._clauses = ClauseNamer(reader, [unit.tagged for unit in units])
        self._is_object = reader.is_object
        for unit in units:
            self._total += 1
            self._phrases.update(unit.mentions.phrases)
            self._objects.update(unit.mentions.objects)
            self._problems.update(unit.mentions.problems)

    def keywords(self, units: Sequence[NamedUnit], terms: Sequence[str], count: int) -> list[str]:
        """Return phrases that mark a cluster, no one inside another.

        Args:
            units: Its units.
            terms: Its terms by class-based TF-IDF, strongest first; they break ties.
            count: How many.
        """
        found = Counter(phrase for unit in units for phrase in unit.mentions.phrases)
        rank = {term: position for position, term in enumerate(terms)}
        scored = sorted(
            (
                (self._weight(phrase, hits, len(units)), -rank.get(phrase, 99), phrase)
                for phrase, hits in found.items()
                if hits >= max(_MIN_HITS, 0.03 * len(units))
            ),
            reverse=True,
        )
        chosen: list[str] = []
        for _, _, phrase in scored:
            if not any(phrase in other or other in phrase for other in chosen):
                chosen.append(phrase)
            if len(chosen) == count:
                break
        return chosen

    def speaks_of_something_else(self, units: Sequence[NamedUnit], seed_code: str) -> bool:
        """Tell whether most units speak of one thing that the seed issue knows nothing of.

        地暖打不开 looks much like App 打不开; the name must say 地暖. 联系骑手说不归他管 says 联系,
        too, but no more than it says 骑手.
        """
        if not seed_code:
            return False
        heard = seed_vocabulary(seed_code)
        found = Counter(word for unit in units for word in unit.mentions.objects)
        known = max((hits for word, hits in found.items() if word in heard), default=0)
        return any(
            hits >= _DOMINANT_SHARE * len(units) and hits > known and word not in heard
            for word, hits in found.items()
        )

    def candidates(self, units: Sequence[NamedUnit]) -> list[str]:
        """Return possible names for a cluster, best first; none if nothing telling is shared."""
        size = len(units)
        phrases = Counter(phrase for unit in units for phrase in unit.mentions.phrases)
        shared = [
            phrase for phrase, hits in phrases.items() if hits >= max(_MIN_HITS, _WORD_SHARE * size)
        ]
        shared.sort(key=lambda phrase: (-self._weight(phrase, phrases[phrase], size), phrase))
        objects = self._strongest(
            Counter(word for unit in units for word in unit.mentions.objects), self._objects, size
        )
        problems = self._strongest(
            Counter(problem for unit in units for problem in unit.mentions.problems),
            self._problems,
            size,
        )
        things = {word for unit in units for word in unit.mentions.objects}
        complete = [
            phrase
            for phrase in shared
            if phrases[phrase] >= _PHRASE_SHARE * size and self._says_both(phrase, things)
        ]
        wishes = sum(unit.intent is Intent.FEATURE for unit in units) > 0.5 * size
        said = [
            replace(
                self._clauses.read(unit.tagged),
                problems=frozenset(unit.mentions.problems) - {WANTED},
            )
            for unit in units
        ]
        joined = self._joined(objects, problems, units)
        names = []
        if wishes:
            names += complete[:2] + self._wished(objects, units) + joined
        names += [
            problem
            for problem in problems
            if len(problem) >= _WHOLE_PROBLEM
            and sum(problem in unit.mentions.problems for unit in units) >= _WHOLE_SHARE * size
        ]
        names += self._clauses.complaints(said)
        names += complete[:2]
        around = [
            name
            for thing in objects
            if self._is_object(thing, "n") and thing not in small_words("own_acts")
            for name in self._clauses.around(said, thing)
        ]
        vague = [name for name in around if name.endswith(tuple(small_words("vague")))]
        names += [name for name in around if name not in vague]
        names += joined + self._clauses.runs(said) + vague
        bare = self._clauses.complaints(said, bare=True, share=_BARE_COMPLAINT)
        names += self._of_what(objects, bare, units) + bare
        names += [
            problem
            for problem in problems
            if problem != WANTED and len(problem) >= _BARE_PROBLEM and problem[0] != "太"
        ]
        names += [phrase for phrase in shared if len(phrase) >= 4 and self._says_fault(phrase)]
        names = [name for name in dict.fromkeys(map(without_colour, names)) if is_complaint(name)]
        names = [
            name for name in names if not self._says_little(name) and not _is_praised(name, said)
        ]
        names = borne_out(names, bare, said)
        return names if not _is_about_whole(units) else [n for n in names if _is_told(n, said)]

    def _joined(
        self, objects: Sequence[str], problems: Sequence[str], units: Sequence[NamedUnit]
    ) -> list[str]:
        """Return objects joined to problems that enough units name together."""
        together = Counter(
            (thing, problem)
            for unit in units
            for thing in unit.mentions.objects
            for problem in unit.mentions.problems
        )
        least = max(_MIN_TOGETHER, _TOGETHER_SHARE * len(units))
        return [
            self._join(thing, problem)
            for thing in objects
            for problem in problems
            if together[thing, problem] >= least
        ]

    def _of_what(
        self, objects: Sequence[str], wrongs: Sequence[str], units: Sequence[NamedUnit]
    ) -> list[str]:
        """Return what is wrong, said of the thing that many units speak of: 充电 + 速度太慢."""
        spoken = [
            thing
            for thing in objects
            if self._is_object(thing, "n")
            and thing not in small_words("wholes") | small_words("own_acts")
            and sum(thing in unit.mentions.objects for unit in units) >= _OF_SHARE * len(units)
        ]
        return [
            thing + wrong
            for thing in spoken[:1]
            for wrong in wrongs[:1]
            if not set(thing) & set(wrong) and len(thing + wrong) <= _OF_LENGTH
        ]

    def _says_little(self, name: str) -> bool:
        """Tell whether a name fits half of the feedback: 酒店差 among hotels."""
        if any(word in name for kind in ("judging", "addressed") for word in small_words(kind)):
            return True
        for vague in small_words("vague"):
            thing = name.removesuffix(vague)
            if thing != name and thing not in small_words("everywhere"):
                return (
                    thing in small_words("wholes")
                    or thing in small_words("own_acts")
                    or self._clauses.is_everywhere(thing)
                )
        return False

    def _wished(self, objects: Sequence[str], units: Sequence[NamedUnit]) -> list[str]:
        """Return wishes for those of the objects that people do wish for: 希望支持指纹.

        建议大家不要入住 says 建议 and 入住 and is no wish. 支持 only where people say so.
        """
        wanted = []
        texts = [unit.text for unit in units]
        for thing in objects:
            if (
                thing not in self._words.objects
                or thing in small_words("own_acts")
                or thing in small_words("staff")
            ):
                continue
            asks = [text for text in texts if is_wish(text, thing)]
            able = [text for text in asks if text.split(thing, 1)[1].startswith(_FITTING)]
            if len(asks) >= max(2, _TOGETHER_SHARE * len(texts)):
                if len(able) > len(asks) / 2:
                    wanted.append(_able_to(thing, able))
                    continue
                fits = sum(any(word in text for word in _FITTING) for text in asks)
                wanted.append(
                    f"{WANTED}{'支持' if fits >= _FITTING_SHARE * len(asks) else '改进'}{thing}"
                )
        return wanted

    def long_candidates(self, units: Sequence[NamedUnit]) -> list[str]:
        """Return possible names for a cluster of long texts: what, or where, and what about it.

        The strongest phrase that most of the texts share, joined to the strongest other one.
        """
        size = len(units)
        found = Counter(phrase for unit in units for phrase in unit.mentions.phrases)
        shared = [
            phrase
            for phrase, hits in found.items()
            if hits >= max(_MIN_HITS, _LONG_SHARE * size) and len(phrase) <= _LONG_PHRASE
        ]
        shared.sort(key=lambda phrase: (-self._weight(phrase, found[phrase], size), phrase))
        texts = [unit.text for unit in units]
        whole = [whole_phrase(phrase, texts) for phrase in shared[:_LONG_CHOICE]]
        said = [self._clauses.read(unit.tagged) for unit in units]
        names = self._clauses.complaints(said, share=_LONG_COMPLAINT)
        names += self._clauses.runs(said, titles=True)
        for first in whole[:2]:
            for second in whole:
                if not set(first) & set(second) and len(first + second) <= _LONG_NAME:
                    names.append("".join(sorted((first, second), key=partial(_opens, texts))))
                    break
        names = [name for name in names + whole if "的" not in name[:2]]
        faults = [name for name in names if bad_words().get(name)]
        if names and faults and not self._says_fault(names[0]):
            names.insert(0, names[0] + faults[0])
        return [
            name
            for name in dict.fromkeys(names)
            if self._says_fault(name) and not self._says_little(name)
        ]

    def is_event(self, units: Sequence[NamedUnit], usual: Collection[str]) -> bool:
        """Tell whether long texts share what hardly any other says: the name of one place.

        Args:
            units: The texts of a cluster.
            usual: Words of usual matters: these are no names, however rare.
        """
        found = Counter(phrase for unit in units for phrase in unit.mentions.phrases)
        return any(
            hits >= max(_MIN_HITS, _EVENT_SHARE * len(units))
            and (hits / len(units)) / (max(self._phrases[phrase], 1) / self._total) >= _EVENT_LIFT
            and not any(word in phrase for word in usual)
            for phrase, hits in found.items()
        )

    def _says_fault(self, name: str) -> bool:
        """Tell whether a name says that something is wrong: 扰民, 违规, 没有路灯."""
        found = self._problem.search(name)
        return (found is not None and self._words.problems[found[0]] != WANTED) or any(
            name.endswith(word) or (len(word) > 1 and name.startswith(word)) for word in bad_words()
        )

    def _strongest(self, found: Counter[str], everywhere: Counter[str], size: int) -> list[str]:
        """Return up to three words a cluster has much more of than the rest."""

        def lift(word: str) -> float:
            return (found[word] / size) / (max(everywhere[word], 1) / self._total)

        marked = [
            word
            for word, hits in found.items()
            if hits >= max(_MIN_HITS, _WORD_SHARE * size) and lift(word) > 1.5
        ]
        marked.sort(key=lambda word: (-found[word] * math.log(lift(word)), word))
        return marked[:3]

    def _weight(self, phrase: str, hits: int, size: int) -> float:
        lift = (hits / size) / (max(self._phrases[phrase], 1) / self._total)
        return hits * max(math.log(lift), 0.0) * (1.0 + 0.25 * min(len(phrase), 8))

    def _join(self, thing: str, problem: str) -> str:
        if problem == WANTED:
            return ""
        problem = bad_words().get(problem, problem)
        if thing in problem or problem in thing:
            return max(thing, problem, key=len)
        return thing + problem

    def _says_both(self, phrase: str, things: Collection[str]) -> bool:
        """Tell whether a phrase of at least four characters names a problem, and of what.

        零点就消失 has a problem and a time, but nothing that is lost.
        """
        match = self._problem.search(phrase)
        if match is None or len(phrase) < 4:
            return False
        rest = phrase[: match.start()], phrase[match.end() :]
        return any(word in part for word in things for part in rest)


def _able_to(thing: str, texts: Sequence[str]) -> str:
    """Return the wish that a thing may do something: 希望车机支持手机投屏.

    Args:
        thing: Of which texts wish it.
        texts: Each says what it should support, or fit, right after the thing.
    """
    wanted = Counter(_CLAUSE_END.split(text.split(thing, 1)[1])[0] for text in texts)
    return f"{WANTED}{thing}{min(wanted, key=lambda what: (-wanted[what], len(what), what))}"


def _is_about_whole(units: Sequence[NamedUnit]) -> bool:
    """Tell whether most units of a cluster speak of the whole: 酒店, 学校."""
    wholes = small_words("wholes")
    speaking = sum(bool(unit.mentions.objects & wholes) for unit in units)
    return speaking >= _ABOUT_WHOLE * len(units)


def _is_praised(name: str, units: Sequence[Said]) -> bool:
    """Tell whether more units praise a thing than blame it as a name does: 离机场近, 机场太远."""
    for fault, kind in (pair.split() for pair in small_words("opposites")):
        thing = name.removesuffix(fault)
        if thing and thing != name:
            about = [unit.text for unit in units if thing in unit.text]
            return sum(kind in text for text in about) > sum(fault[-1] in text for text in about)
    return False


def _is_told(name: str, units: Sequence[Said]) -> bool:
    """Tell whether enough units say what a name says.

    Around the whole gathers whatever is said of it: what a few say cannot name that.
    """
    telling = sum(
        name in unit.text
        or any(
            name.endswith(complaint.wrong) and name.removesuffix(complaint.wrong) in unit.text
            for complaint in unit.complaints
        )
        for unit in units
    )
    return telling >= _TOLD * len(units)


def whole_phrase(phrase: str, texts: Sequence[str]) -> str:
    """Mend a phrase that the tokenizer cut wrongly: 景园滨河苑 → 伊景园滨河苑.

    A character that nearly always stands before or after it belongs to it; a first
    character without which it is much more frequent does not.

    Args:
        phrase: At least two characters.
        texts: Folded texts, most of which contain it.
    """
    while len(phrase) > 2 and _hits(phrase[1:], texts) > _LOST * _hits(phrase, texts):
        phrase = phrase[1:]
    while len(phrase) < _LONG_NAME:
        size = _hits(phrase, texts)
        before = Counter(text[at - 1] for text in texts if (at := text.find(phrase)) > 0)
        after = Counter(
            text[at + len(phrase)]
            for text in texts
            if 0 <= (at := text.find(phrase)) < len(text) - len(phrase)
        )
        longer = [char + phrase for char, hits in before.items() if hits >= _BELONGS * size]
        longer += [phrase + char for char, hits in after.items() if hits >= _BELONGS * size]
        longer = [text for text in longer if text.isalnum()]
        if not longer or size < _MIN_HITS:
            break
        phrase = longer[0]
    return phrase


def _hits(phrase: str, texts: Sequence[str]) -> int:
    return sum(phrase in text for text in texts)


def _opens(texts: Sequence[str], phrase: str) -> float:
    """Return where a phrase first stands on average, as a share of the text."""
    found = [text.find(phrase) / len(text) for text in texts if phrase in text]
    return sum(found) / max(len(found), 1)


@cache
def seed_vocabulary(code: str) -> str:
    """Return all that a seed issue says, in one string; empty for a code that is no seed."""
    for seed in read_seed_issues():
        if seed.code == code:
            return " ".join((seed.name.lower(), *(phrase.lower() for phrase in seed.phrasings)))
    return ""


def unique_name(candidates: Sequence[str], taken: set[str]) -> str:
    """Return the first candidate nobody has, else the best one with a number.

    Args:
        candidates: At least one, best first.
        taken: Names in use; the chosen one is added.
    """
    name = next((name for name in candidates if name not in taken), "")
    number = 2
    while not name or name in taken:
        name = f"{candidates[0]}（{number}）"
        number += 1
    taken.add(name)
    return name
