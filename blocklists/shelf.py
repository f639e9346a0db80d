"""The folder of fetched lists: for each the copy in use and the one before it, and what is known about both.

A copy is a file named after its content; `index.json` says which are in use, and is only ever replaced as a whole. So
whoever reads sees the old lists or the new ones, never half of each, also when a writer is killed at any moment.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from blocklists.owners import Ruleset
from blocklists.sources import NAME

INDEX = "index.json"
LOCK = "lock"
_PART = ".part"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ShelfError(ValueError):
    """The folder cannot be used as it should; one line with what to do."""


@dataclass(frozen=True, slots=True)
class FetchedRuleset(Ruleset):
    """What the ledger keeps about a list that did not come with the program."""

    fetched: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a list and where it came from."""

    name: str
    address: str
    """Web address, or `file NAME` where it was brought in by hand."""
    licence: str
    version: str
    fetched: str
    """Day, such as 2026-11-24."""
    sha256: str
    """Of the list as its makers publish it."""
    rules: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Lines that are no use here, by reason."""
    etag: str = ""
    last_modified: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.{self.sha256[:16]}.txt"

    def ruleset(self) -> FetchedRuleset:
        skipped = sum(self.skipped.values())
        return FetchedRuleset(self.name, self.version, self.sha256, self.licence, self.rules, skipped, self.fetched)


@dataclass(frozen=True, slots=True)
class Place:
    """A list's place on the shelf."""

    current: Copy
    previous: Copy | None = None
    checked: str = ""
    """Day on which its server was last asked."""
    rolled_back: bool = False
    """`previous` is the newer one, and is not wanted."""


class Shelf:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # Reading: by anybody who may, without a lock.

    def places(self) -> dict[str, Place]:
        """All lists here, by name. Raises ShelfError."""
        try:
            values = json.loads((self.folder / INDEX).read_bytes())
            return {name: _place(name, value) for name, value in sorted(values["lists"].items())}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ShelfError(f"{self.folder / INDEX}: cannot be read ({error.strerror}); check its rights") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ShelfError(
                f"{self.folder / INDEX}: is damaged; delete it and fetch the lists again with `carrel lists update`"
            ) from None

    def copies(self) -> tuple[Copy, ...]:
        """The copies in use, by name. Raises ShelfError."""
        return tuple(place.current for place in self.places().values())

    def text(self, copy: Copy) -> str:
        """The list itself, checked against its sha256. Raises ShelfError."""
        content = self._content(copy)
        if content is None:
            raise ShelfError(
                f"{self.folder / copy.file}: is missing or damaged; get it again: carrel lists update {copy.name}"
            )
        return content.decode("utf-8-sig")

    def holds(self, copy: Copy) -> bool:
        """Whether the copy's file is there and whole."""
        return self._content(copy) is not None

    def _content(self, copy: Copy) -> bytes | None:
        try:
            content = (self.folder / copy.file).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == copy.sha256 else None

    def stamp(self) -> tuple[int, int, int]:
        """Changes whenever the index does; costs one look at the file system."""
        try:
            found = (self.folder / INDEX).stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    # Writing: one at a time.

    def put(self, copy: Copy, content: bytes, *, checked: str) -> None:
        """Let this copy take the place of the one in use, which becomes the previous one."""
        with self._writing() as places:
            self._write(copy.file, content)
            old = places.get(copy.name)
            previous = old.current if old else None
            if old and (old.current.sha256 == copy.sha256 or not self.holds(old.current)):
                previous = old.previous
            places[copy.name] = Place(copy, previous, checked)

    def confirm(self, name: str, today: str) -> None:
        """Its server was asked and has nothing newer."""
        with self._writing() as places:
            places[name] = replace(places[name], checked=today)

    def roll_back(self, name: str) -> Place:
        """Exchange the copy in use and the one before it. Raises ShelfError."""
        with self._writing() as places:
            place = places.get(name)
            if place is None:
                raise ShelfError(f'"{name}" is not on this machine; see `carrel lists show`')
            if place.previous is None or not self.holds(place.previous):
                raise ShelfError(f"there is no earlier copy of {name} to go back to")
            places[name] = Place(place.previous, place.current, place.checked, not place.rolled_back)
            return places[name]

    def remove(self, name: str) -> None:
        """Take a list and all its copies away. Raises ShelfError."""
        with self._writing() as places:
            if places.pop(name, None) is None:
                raise ShelfError(f'"{name}" is not on this machine; see `carrel lists show`')

    @contextmanager
    def _writing(self) -> Iterator[dict[str, Place]]:
        """Hold the lock; write the places that are left in the dictionary; take away what no place needs any more."""
        self._own_folder()
        try:
            with open(self.folder / LOCK, "ab", opener=_private) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                places = self.places()
                yield places
                index = {"format": 1, "lists": {name: asdict(place) for name, place in sorted(places.items())}}
                self._write(INDEX, json.dumps(index, indent=1, ensure_ascii=False).encode())
                self._tidy(places)
        except OSError as error:
            raise ShelfError(f"{self.folder}: cannot be written ({error.strerror}); nothing was changed") from None

    def _own_folder(self) -> None:
        try:
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                owner = folder.stat().st_uid
                if owner != os.geteuid() and (os.geteuid() == 0 or folder == self.folder):
                    # As root it would work, and leave files that the proxy may not read.
                    raise ShelfError(f"{folder}: belongs to {_user(owner)}; run this command as that user")
            self.folder.chmod(0o700)
        except OSError as error:
            raise ShelfError(f"{self.folder}: cannot be used ({error.strerror}); give this user rights to it") from None

    def _write(self, name: str, content: bytes) -> None:
        """Put a whole file in place, on the disk before its name is."""
        part = self.folder / f".{secrets.token_hex(8)}{_PART}"
        try:
            with open(part, "xb", opener=_private) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.folder / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _tidy(self, places: Mapping[str, Place]) -> None:
        needed = {INDEX, LOCK}
        for place in places.values():
            needed |= {copy.file for copy in (place.current, place.previous) if copy}
        for path in self.folder.iterdir():
            # Only what this class writes: the folder may hold somebody's notes.
            if path.name not in needed and re.fullmatch(
                r"\.[0-9a-f]{16}\.part|[a-z0-9-]+\.[0-9a-f]{16}\.txt", path.name
            ):
                with suppress(OSError):
                    path.unlink()


class Watch:
    """Tells a running program when there is something new on the shelf. Ask it every few seconds."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._stamp: tuple[int, int, int] | None = None
        self._known: tuple[Copy, ...] = ()

    def news(self) -> tuple[Copy, ...] | None:
        """The copies that are in use now, if they are others than those given last; None otherwise.

        Raises ShelfError, once for each state of the folder.
        """
        stamp = self._shelf.stamp()
        if stamp == self._stamp:
            return None
        self._stamp = stamp  # taken before reading: a change in between is seen the next time
        copies = self._shelf.copies()
        if [(copy.name, copy.sha256) for copy in copies] == [(copy.name, copy.sha256) for copy in self._known]:
            return None
        self._known = copies
        return copies


def rulesets(shelf: Shelf) -> tuple[FetchedRuleset, ...]:
    """What goes to the ledger's table of that name."""
    return tuple(copy.ruleset() for copy in shelf.copies())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _place(name: str, value: Mapping[str, Any]) -> Place:
    previous = value["previous"]
    return Place(
        current=_copy(name, value["current"]),
        previous=_copy(name, previous) if previous is not None else None,
        checked=str(value["checked"]),
        rolled_back=bool(value["rolled_back"]),
    )


def _copy(name: str, value: Mapping[str, Any]) -> Copy:
    """Names and checksums become file names, so they are not taken on trust."""
    copy = Copy(**{one.name: value[one.name] for one in fields(Copy)})
    texts = (copy.address, copy.licence, copy.version, copy.fetched, copy.etag, copy.last_modified)
    numbers = (copy.rules, *copy.skipped.values())
    if copy.name != name or not NAME.fullmatch(name) or not _SHA256.fullmatch(copy.sha256):
        raise ValueError(name)
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(number, int) for number in numbers):
        raise ValueError(name)
    return copy
