"""The invented population: one person, a handle in each channel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from feedback_nlp.demo.plan import Plan

_UPDATE_LAG_DAYS = 14


@dataclass(frozen=True, slots=True)
class Person:
    """A user.

    Attributes:
        number: Position in the population, from 0.
        name: Nickname, unique.
        region, city: Where they are.
        phone: Their device.
        is_member: Whether they pay for membership.
        lag: Days after which they take a new version.
    """

    number: int
    name: str
    region: str
    city: str
    phone: str
    is_member: bool
    lag: int

    def handle(self, channel: str) -> str:
        """Return the identity that ``channel`` knows them by."""
        digest = hashlib.sha256(f"{channel}/{self.number}".encode()).hexdigest()
        match channel:
            case "survey":
                return f"u_{10_000 + self.number}"
            case "in_app":
                return f"o{digest[:27]}"
            case "social":
                return f"1{int(digest[:12], 16) % 10**9:09d}"
            case _:
                return self.name

    def version(self, plan: Plan, day: int) -> str:
        """Return the version they have on ``day``."""
        names = [version.name for version in plan.versions if version.day + self.lag <= day]
        return names[-1] if names else plan.versions[0].name


def population(plan: Plan, random: Random) -> list[Person]:
    """Return the people of a plan; the same seed gives the same people."""
    words = plan.people
    names: dict[str, None] = {}
    while len(names) < plan.users:
        if random.random() < 0.35:
            name = random.choice(words["surnames"]) + random.choice(words["given"])
        else:
            name = random.choice(words["nicknames"]).format(w=random.choice(words["words"]))
        if name in names or random.random() < 0.4:
            name += str(random.randint(1, 9999))
        names[name] = None
    people = []
    for number, name in enumerate(names):
        place = min(int(random.expovariate(0.25)), len(words["regions"]) - 1)
        people.append(
            Person(
                number=number,
                name=name,
                region=words["regions"][place],
                city=words["cities"][place],
                phone=random.choice(words["phones"]),
                is_member=random.random() < 0.3,
                lag=random.randrange(_UPDATE_LAG_DAYS),
            )
        )
    return people
