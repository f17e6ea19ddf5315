"""Who says what, when and where: the posts of a plan, before they are laid out as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from feedback_nlp.demo.identities import invented
from feedback_nlp.demo.people import Person, population
from feedback_nlp.demo.phrases import Issue, Speaker, issues, voices
from feedback_nlp.demo.plan import Plan

_UNISSUED = ("praise", "seasonal", "vents", "chat")
_STARS = {
    "neg": (1, 1, 1, 1, 2, 2, 3),
    "neu": (3, 4, 4, 5, 5),
    "praise": (4, 5, 5, 5, 5),
    "mixed": (2, 3, 3, 4),
    "sarcastic": (1, 1, 5),
}
_CROSS_POST_CHARS = 16


@dataclass(frozen=True, slots=True)
class Post:
    """One thing one person said in one channel.

    Attributes:
        channel: One of the plan's channels.
        person: Who.
        at: Naive local time.
        text: What, as the channel would show it.
        stars: 1–5.
        version: The app version they had.
        issues: Ids of what it is about, the main one first; empty for praise and chat.
        kind: ``issue``, ``praise``, ``seasonal``, ``vents``, ``chat``, ``personal`` or ``burst``.
        tags: ``sarcasm``, ``two-point``, ``mixed``, ``cross-post``, ``forward``.
        personal: Kind and value of the personal data in it.
    """

    channel: str
    person: Person
    at: datetime
    text: str
    stars: int
    version: str
    issues: tuple[str, ...] = ()
    kind: str = "issue"
    tags: tuple[str, ...] = ()
    personal: tuple[str, str] | None = None


class Newsroom:
    """Writes all posts of a plan from one seeded source of chance."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._random = Random(seed)  # noqa: S311 - a demo, not a secret
        self._speaker = Speaker(self._random)
        self._people = population(plan, self._random)
        self._steady = [
            issue for issue in issues() if issue in plan.rates and issue not in _changing(plan)
        ]

    def posts(self) -> list[Post]:
        """Return all posts in order of time."""
        written = [
            self._post(issue, week * 7 + self._random.randrange(7), channel)
            for issue, rates in self._plan.rates.items()
            for week, count in enumerate(rates)
            for channel in self._spread(issue, count)
        ]
        written += [
            self._post(spike.issue, spike.day, channel)
            for spike in self._plan.spikes
            for channel in (
                [spike.channel] * spike.count
                if spike.channel
                else self._spread(spike.issue, spike.count)
            )
        ]
        written += self._cross_posts(written) + self._with_personal_data() + self._burst()
        return sorted(written, key=lambda post: (post.at, post.channel, post.person.number))

    def _spread(self, issue: str, count: int) -> list[str]:
        shares = self._plan.shares(issue)
        return self._random.choices(list(shares), list(shares.values()), k=count)

    def _moment(self, day: int) -> datetime:
        hour = self._random.choices(
            range(24),
            [1, 0, 0, 0, 0, 1, 3, 6, 8, 8, 9, 11, 12, 9, 7, 7, 9, 12, 14, 13, 12, 10, 7, 4],
        )[0]
        return self._plan.at(day, hour * 3600 + self._random.randrange(3600))

    def _post(self, subject: str, day: int, channel: str) -> Post:
        if subject in self._plan.only_in_version:
            day = max(day, self._plan.release(self._plan.only_in_version[subject]).day)
        person = self._random.choice(self._people)
        version = self._version(subject, person, day)
        post = Post(channel, person, self._moment(day), "", 5, version)
        if subject in _UNISSUED:
            post = self._unissued(post, subject)
        else:
            post = self._about(post, issues()[subject])
        return self._dressed(post) if channel == "social" else post

    def _version(self, subject: str, person: Person, day: int) -> str:
        plan = self._plan
        if subject in plan.only_in_version:
            return plan.only_in_version[subject]
        version = person.version(plan, day)
        if subject in plan.repaired_by:
            names = [release.name for release in plan.versions]
            last_bad = names.index(plan.repaired_by[subject]) - 1
            version = names[min(names.index(version), last_bad)]
        return version

    def _unissued(self, post: Post, subject: str) -> Post:
        stars = self._random.choice(_STARS["neg" if subject == "vents" else "praise"])
        text = self._speaker.praise() if subject == "praise" else self._speaker.aside(subject)
        return replace(post, text=text, stars=stars, kind=subject)

    def _about(self, post: Post, issue: Issue) -> Post:
        planted, chance = self._plan.planted, self._random.random()
        speaker, stars = self._speaker, _STARS[issue.sentiment]
        if issue.sarcastic and chance < planted["sarcasm_share"]:
            text = speaker.complaint(speaker.point(issue, post.version, sarcastic=True), bare=True)
            return replace(
                post,
                text=text,
                stars=self._random.choice(_STARS["sarcastic"]),
                issues=(issue.id,),
                tags=("sarcasm",),
            )
        point = speaker.point(issue, post.version)
        about: tuple[str, ...] = (issue.id,)
        tags: tuple[str, ...] = ()
        if chance > 1 - planted["two_point_share"] / 2:
            point, tags, stars = speaker.mixed(point), ("two-point", "mixed"), _STARS["mixed"]
        elif chance > 1 - planted["two_point_share"]:
            second = self._random.choice([other for other in self._steady if other != issue.id])
            point = speaker.both(point, speaker.point(issues()[second], post.version))
            about, tags = (issue.id, second), ("two-point",)
        text = speaker.complaint(
            point, wish=issue.intent in ("feature", "question"), bare="mixed" in tags
        )
        return replace(post, text=text, stars=self._random.choice(stars), issues=about, tags=tags)

    def _dressed(self, post: Post) -> Post:
        text = self._random.choice(voices()["social_tags"]) + post.text
        if self._random.random() < self._plan.planted["forward_share"]:
            text += self._random.choice(voices()["forwarded"])
            return replace(post, text=text, tags=(*post.tags, "forward"))
        return replace(post, text=text)

    def _cross_posts(self, written: Sequence[Post]) -> list[Post]:
        """Let some people say the same words in two more channels within a day."""
        eligible = [
            post
            for post in written
            if post.channel == "in_app"
            and len(post.text) >= _CROSS_POST_CHARS
            and post.issues
            and all(issue in self._steady for issue in post.issues)
        ]
        chosen = self._random.sample(
            eligible, min(self._plan.planted["cross_posts"], len(eligible))
        )
        return [
            replace(
                post,
                channel=channel,
                at=min(
                    post.at.replace(hour=23, minute=self._random.randrange(60)),
                    post.at.replace(minute=59),
                ),
                tags=(*post.tags, "cross-post"),
            )
            for post in chosen
            for channel in ("social", "app_store")
        ]

    def _with_personal_data(self) -> list[Post]:
        posts = []
        for kind, templates in voices()["personal"].items():
            for _ in range(self._plan.planted["personal_per_kind"]):
                value = invented(kind, self._random)
                day = self._random.randrange(7 * self._plan.week_count)
                channel = self._random.choice(("survey", "in_app", "app_store", "android_store"))
                person = self._random.choice(self._people)
                posts.append(
                    Post(
                        channel,
                        person,
                        self._moment(day),
                        self._random.choice(templates).format(value=value),
                        self._random.choice(_STARS["neg"]),
                        person.version(self._plan, day),
                        kind="personal",
                        personal=(kind, value),
                    )
                )
        return posts

    def _burst(self) -> list[Post]:
        """Let three accounts paste one text again and again within a working day."""
        planted = self._plan.planted
        shouters = [
            replace(self._people[-1 - index], number=len(self._people) + index, name=name)
            for index, name in enumerate(voices()["burst_names"])
        ]
        return [
            Post(
                "social",
                shouters[number % len(shouters)],
                self._plan.at(planted["burst_day"], 9 * 3600 + number * 400),
                voices()["burst"].format(n=self._random.choice(voices()["burst_endings"])),
                1,
                self._plan.versions[-1].name,
                issues=(planted["burst_issue"],),
                kind="burst",
            )
            for number in range(planted["burst_items"])
        ]


def _changing(plan: Plan) -> set[str]:
    return {*plan.only_in_version, *plan.repaired_by, *(spike.issue for spike in plan.spikes)}
