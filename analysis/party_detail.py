"""One third party: who it is, and on which sites it was seen, as what, and what it received. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import parties, periods, timeline, wording
from analysis.detail import NOTHING, How, how
from analysis.parties import Party
from analysis.received import Received, summed
from analysis.shares import Share, share
from analysis.timeline import Timeline

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A third party on one site."""

    site: str
    name: str
    stands: str
    tags: tuple[str, ...]
    share: Share
    first: str
    last: str
    how: How
    received: Received | None
    relayed: int
    stopped: int
    """Page loads on which a contact was stopped; no part of the share."""


@dataclass(frozen=True, slots=True)
class PartyPage:
    party: Party
    first: str
    places: tuple[Place, ...]
    """By its own name."""
    behind: tuple[Place, ...]
    """Behind the names of these sites; never added up with the other places."""
    methods: tuple[str, ...]
    time: Timeline
    time_behind: Timeline

    @property
    def share(self) -> Share:
        """Of the page loads of the sites on which it was seen by its own name."""
        return _sum(self.places)

    @property
    def share_behind(self) -> Share:
        return _sum(self.behind)

    @property
    def relayed(self) -> bool:
        return any(place.relayed for place in (*self.places, *self.behind))

    @property
    def stopped(self) -> int:
        return sum(place.stopped for place in (*self.places, *self.behind))

    @property
    def receiving(self) -> tuple[Place, ...]:
        """Where it received more than a contact."""
        return tuple(place for place in (*self.places, *self.behind) if place.received)


def party_page(
    who: Row,
    places: Sequence[Row],
    contacts: Sequence[Row],
    sites: Sequence[Row],
    months: Sequence[Row],
    exposed: Iterable[Row] = (),
) -> PartyPage:
    watched = {row["site"]: row["loads"] for row in sites}
    ways = how(contacts, "site", "behind")
    given = summed(exposed, "site", watched)
    found = []
    named = {row["site"] for row in places if row["stands"] != "behind"}
    for site, behind in sorted({(row["site"], row["stands"] == "behind") for row in places}):
        rows = [row for row in places if (row["site"], row["stands"] == "behind") == (site, behind)]
        seen_in = [row["period"] for row in rows]
        contacted, relayed = (sum(row[column] for row in rows) for column in ("contacted", "relayed"))
        both = any(row["at_least"] for row in rows)
        relations = sorted({row["relation"] for row in rows}, key=lambda word: (word == "third", word))
        found.append(
            Place(
                site,
                rows[0]["name"],
                rows[0]["stands"],
                wording.tags(relations[0], relayed=share(relayed, contacted), both=both, behind=behind),
                share(contacted, watched.get(site, 0)),
                periods.first_seen(seen_in),
                periods.words(periods.latest(row.get("last_period") or row["period"] for row in rows)),
                ways.get((site, int(behind)), NOTHING),
                # What was sent is read from browsers' reports, and these name nobody behind an own name.
                None if behind and site in named else given.get(site),
                relayed,
                sum(row["stopped"] for row in rows),
            )
        )
    found.sort(key=lambda place: (-place.share.fraction, place.name))
    by_name, hidden = ([row for row in months if bool(row["behind"]) is behind] for behind in (False, True))
    return PartyPage(
        party=parties.party(who),
        first=periods.first_seen([row["period"] for row in places]),
        places=tuple(place for place in found if place.stands != "behind"),
        behind=tuple(place for place in found if place.stands == "behind"),
        methods=tuple(sorted({row["method"] for row in contacts})),
        time=timeline.of(by_name, "month", seen="loads", watched="watched"),
        time_behind=timeline.of(hidden, "month", seen="loads", watched="watched"),
    )


def _sum(places: Iterable[Place]) -> Share:
    found = tuple(places)
    return share(sum(place.share.part for place in found), sum(place.share.whole for place in found))
