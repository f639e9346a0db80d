"""`carrel init --ezproxy config.txt`: what an EZproxy configuration becomes. Reads one file, and those it includes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from blocklists.owners import load
from deploy import ezproxy
from deploy.ezproxy_sites import relayed_table, relayed_trackers, sites_from, toml

OURS = frozenset({"catalog"})
"""The id of the site in the first configuration."""


class EzproxyError(ValueError):
    """Why nothing was imported, in one line."""


@dataclass(frozen=True, slots=True)
class Imported:
    toml: str
    """Tables to stand behind the first configuration."""
    relayed: str
    """The trackers that the library's own proxy relays, as a table for people."""
    problems: tuple[str, ...]
    """Lines that could not be taken over, with the reason."""


def read(file: Path) -> Imported:
    """Raises EzproxyError for a file that cannot be read."""
    try:
        config = ezproxy.read(file)
    except OSError as error:
        raise EzproxyError(f"{file}: cannot be read ({error.strerror}); name EZproxy's config.txt") from None
    knowledge = load()
    found = sites_from(config, knowledge, ids=OURS)
    return Imported(
        toml=toml(config, found),
        relayed=relayed_table(relayed_trackers(config, knowledge)),
        problems=(*config.problems, *found.problems),
    )
