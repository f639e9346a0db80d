"""Bring a list up to date, from its server or from a file, and keep the last good copy whatever happens.

Puts `fetch`, `intake` and `shelf` together; prints nothing.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

from blocklists import fetch
from blocklists.fetch import FetchError, Limits, Progress, Route, Validators
from blocklists.intake import Parse, RefusedError, ShrunkError, examine, refuse_shrunk
from blocklists.shelf import Copy, Place, Shelf
from blocklists.sources import Source


class UpdateError(ValueError):
    """Why a list was not updated: its name, the reason, and what is in use instead. One line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    copy: Copy
    """In use now."""
    before: Copy | None
    """In use until now; the same as `copy` if there was nothing new."""
    note: str = ""

    @property
    def new(self) -> bool:
        return self.before is None or self.before.sha256 != self.copy.sha256


@dataclass(frozen=True, slots=True)
class Updater:
    """What all updates of one run have in common."""

    shelf: Shelf
    parse: Parse
    today: date
    route: Route
    limits: Limits = field(default_factory=Limits)
    accept_smaller: bool = False
    """Take a list that lost more than a fifth of its rules, too."""

    async def from_server(self, source: Source, progress: Progress = lambda received, expected: None) -> Outcome:
        """Raises UpdateError, or ShelfError for a folder that cannot be used."""
        place = self.shelf.places().get(source.name)
        known = self._known(place)
        try:
            answer = await fetch.fetch(source.address, known, self.route, self.limits, progress)
        except FetchError as error:
            raise self._kept(source, place, str(error)) from error
        if answer is None:
            assert place is not None
            return self._unchanged(place)
        return self._take(source, place, answer.content, source.address, answer.validators)

    def from_file(self, source: Source, file: Path) -> Outcome:
        """Raises UpdateError, or ShelfError for a folder that cannot be used."""
        place = self.shelf.places().get(source.name)
        try:
            with file.open("rb") as opened:
                content = opened.read(self.limits.size + 1)
        except OSError as error:
            raise self._kept(source, place, f"{file} cannot be read ({error.strerror})") from error
        if len(content) > self.limits.size:
            raise self._kept(source, place, f"it is larger than {self.limits.size / 1_000_000:g} MB")
        # Whoever brings a file in by hand means it, also where that copy was rolled back before.
        place = replace(place, rolled_back=False) if place else None
        return self._take(source, place, content, f"file {file.name}", Validators())

    def _known(self, place: Place | None) -> Validators:
        """Of the newest copy that came from the server, also if it was rolled back: only what is newer is news."""
        if place is None or not self.shelf.holds(place.current):
            return Validators()
        newest = place.previous if place.rolled_back and place.previous else place.current
        return Validators(newest.etag, newest.last_modified)

    def _unchanged(self, place: Place) -> Outcome:
        self.shelf.confirm(place.current.name, self.today.isoformat())
        note = ""
        if place.rolled_back:
            note = "its server has nothing newer than the copy that was rolled back"
        return Outcome(place.current, place.current, note)

    def _take(
        self, source: Source, place: Place | None, content: bytes, address: str, validators: Validators
    ) -> Outcome:
        before = place.current if place else None
        try:
            examined = examine(content, source.name, self.parse, self.today)
            if before and not self.accept_smaller:
                refuse_shrunk(examined.rules, before.rules)
        except ShrunkError as error:
            way = f"(take it all the same: carrel lists update {source.name} --accept-smaller)"
            raise self._kept(source, place, f"{error} {way}") from error
        except RefusedError as error:
            raise self._kept(source, place, str(error)) from error
        if place and place.rolled_back and place.previous and examined.sha256 == place.previous.sha256:
            return self._unchanged(place)
        if before and examined.sha256 == before.sha256:
            # The same text keeps its version and its day, also where the day is all the version it has.
            copy = replace(before, address=address, licence=source.licence, **asdict(validators))
            self.shelf.put(copy, content, checked=self.today.isoformat())
            return Outcome(copy, before)
        copy = Copy(
            name=source.name,
            address=address,
            licence=source.licence,
            version=_distinct(examined.version, examined.sha256, place),
            fetched=self.today.isoformat(),
            sha256=examined.sha256,
            rules=examined.rules,
            skipped=examined.skipped,
            etag=validators.etag,
            last_modified=validators.last_modified,
        )
        self.shelf.put(copy, content, checked=copy.fetched)
        return Outcome(copy, before)

    def _kept(self, source: Source, place: Place | None, reason: str) -> UpdateError:
        if place is None:
            return UpdateError(f"{source.name}: {reason}; it is not on this machine yet")
        current = place.current
        return UpdateError(f"{source.name}: {reason}; version {current.version} of {current.fetched} stays in use")


def _distinct(version: str, sha256: str, place: Place | None) -> str:
    """Not every list changes its version with its text; two texts must not go by one name in the evidence."""
    for copy in (place.current, place.previous) if place else ():
        if copy and copy.sha256 != sha256 and copy.version == version:
            return f"{version}+{sha256[:8]}"
    return version
