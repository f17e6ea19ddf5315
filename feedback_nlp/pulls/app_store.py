"""App Store reviews from Apple's RSS feed: the newest 500 of a country, best effort.

Source: facundoolano/app-store-scraper, lib/reviews.js. ``entry`` may be missing, an object or a
list; ``updated`` may be missing; from some networks the feed is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedback_nlp.ingest.times import parse_time
from feedback_nlp.inlets.answers import item
from feedback_nlp.inlets.bodies import at, needed, object_at, text_at
from feedback_nlp.inlets.records import Action, Delivery, Event, Reading
from feedback_nlp.outlets.client import Client
from feedback_nlp.pulls.fetching import PullFailed, get_json

BASE = "https://itunes.apple.com"
_PAGES = 10
_STARS = range(1, 6)


@dataclass(frozen=True, slots=True)
class AppStore:
    """The reviews of one app in one country.

    Attributes:
        app: Its number.
        country: Two letters.
        base: Where the feed is.
    """

    app: str
    country: str = "cn"
    base: str = BASE

    def pages(self, client: Client, now: datetime) -> Iterator[list[Any]]:
        """Yield the entries of each page; end with an empty page or one that came before.

        Raises:
            PullFailed: If a page did not come.
        """
        seen: set[str] = set()
        for number in range(1, _PAGES + 1):
            path = f"{self.country}/rss/customerreviews/page={number}/id={self.app}"
            url = f"{self.base}/{path}/sortby=mostrecent/json"
            page = get_json(client, url, {}, now=now.timestamp())
            if not isinstance(at(page, "feed"), dict):
                raise PullFailed("回答里没有 feed，不是评论的 RSS")
            entries = at(page, "feed.entry")
            entries = entries if isinstance(entries, list) else [entries] if entries else []
            fresh = [one for one in entries if text_at(one, "id.label") not in seen]
            if not fresh:
                return
            seen |= {text_at(one, "id.label") for one in fresh}
            yield fresh


def read(delivery: Delivery, reading: Reading) -> Event:
    """Read one review; the feed's first entry may be the app itself, which says nothing.

    Raises:
        Malformed: If it has no id or no text.
    """
    value = object_at(delivery.value, "")
    if at(value, "im:rating") is None:
        return Event(Action.IGNORE)
    record = needed(value, "id.label")
    stars = text_at(value, "im:rating.label")
    when = parse_time(text_at(value, "updated.label"), reading.zone)
    written = item(
        record,
        needed(value, "content.label"),
        title=text_at(value, "title.label"),
        author=text_at(value, "author.uri.label") or text_at(value, "author.name.label"),
        rating=float(stars) if stars.isdigit() and int(stars) in _STARS else None,
        occurred_at=when,
        app_version=text_at(value, "im:version.label"),
        channel="App Store",
    )
    return Event(Action.PUT, record, when, "", (written,))
