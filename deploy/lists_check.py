"""The fetched lists as `carrel doctor` sees them: here, whole, and not too old. Looks at the shelf; fetches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from blocklists.shelf import Place, Shelf, ShelfError
from blocklists.sources import Sources
from deploy.check import Check

NAME = "lists"
STALE_DAYS = 8
"""A weekly `carrel lists update` and one day of grace."""
STALE_DAYS_BY_HAND = 35
"""The same for a monthly walk with a file to a machine that has no way out."""


def checks(shelf: Shelf, sources: Sources, today: date) -> Iterator[Check]:
    """One for each list on the shelf, and one for the default lists that are not on it."""
    try:
        places = shelf.places()
    except ShelfError as error:
        yield Check(NAME, False, str(error))
        return
    missing = [source.name for source in sources if source.default and source.name not in places]
    if missing:
        known = "" if places else ", so trackers are known by Carrel's own lists alone"
        yield Check(NAME, None, f"{', '.join(missing)}: not fetched yet{known}", "carrel lists update")
    for name, place in places.items():
        yield _check(name, place, shelf, known=sources.get(name) is not None, today=today)


def _check(name: str, place: Place, shelf: Shelf, *, known: bool, today: date) -> Check:
    copy = place.current
    by_hand = copy.address.startswith("file ")
    fetch = f"carrel lists update --from-file FILE --name {name}" if by_hand else f"carrel lists update {name}"
    if not known:
        fetch = f"this version knows no address of it: carrel lists remove {name}"
    if not shelf.holds(copy):
        return Check(NAME, False, f"{name}: its file is missing, or is not the one that was fetched", fetch)
    if not copy.rules:
        return Check(NAME, False, f"{name}: no rule of version {copy.version} was understood", fetch)
    skipped = sum(copy.skipped.values())
    message = f"{name}: version {copy.version}, whole, {copy.rules:,} rules read, {skipped:,} lines skipped"
    age = _age(place.checked or copy.fetched, today)
    if age is None:
        return Check(NAME, None, f"{message}, of unknown age", fetch)
    asked = f"brought in {_ago(age)}" if by_hand else f"its server last asked {_ago(age)}"
    if age > (STALE_DAYS_BY_HAND if by_hand else STALE_DAYS):
        return Check(NAME, None, f"{message}, {asked}", fetch)
    if place.rolled_back:
        newer = place.previous.version if place.previous else "one"
        back = f"when {newer} is wanted again: carrel lists rollback {name}"
        return Check(NAME, None, f"{message}, {asked}, rolled back", back)
    return Check(NAME, True, f"{message}, {asked}")


def _age(day: str, today: date) -> int | None:
    """Days; a day after today is the clock's business, not the list's."""
    try:
        return max(0, (today - date.fromisoformat(day)).days)
    except ValueError:
        return None


def _ago(days: int) -> str:
    """
    >>> _ago(0), _ago(1), _ago(12)
    ('today', 'yesterday', '12 days ago')
    """
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
