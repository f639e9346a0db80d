"""Addresses at which sign-in happens, where the host alone does not say so: a table from `sign-in.toml`, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from blocklists.curated_file import CuratedError, Entry, read

__all__ = ["CuratedError", "Provider", "SignIns", "load"]


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    paths: re.Pattern[str]
    """Matches the beginning of a path, in lower case."""


class SignIns:
    """The table, found by host and path."""

    def __init__(self, domains: Mapping[str, Provider], programs: Sequence[Provider]) -> None:
        """`programs` run under any host."""
        self._domains = dict(domains)
        self._programs = tuple(programs)

    def provider_of(self, host: str, path: str) -> str:
        """Who signs the reader in there, or "". Takes any text."""
        low = path[:500].lower()
        name = host[:254].lower().removesuffix(".")
        while name:
            if provider := self._domains.get(name):
                return provider.name if provider.paths.match(low) else ""
            name = name.partition(".")[2]
        return next((program.name for program in self._programs if program.paths.match(low)), "")

    def entry_of(self, host: str) -> str:
        """The domain in the table that covers this host; "" if none does. Programs have no domain."""
        name = host[:254].lower().removesuffix(".")
        while name and name not in self._domains:
            name = name.partition(".")[2]
        return name


def load(folder: Path | None = None) -> SignIns:
    """Read the shipped table, or that of a folder. Raises CuratedError."""
    source: Traversable = files("blocklists") / "curated" if folder is None else folder
    file = read(source, "sign-in", {"provider", "program"})
    domains: dict[str, Provider] = {}
    for entry in file.entries("provider", "name"):
        entry.only({"name", "domains", "paths"})
        provider = Provider(entry.text("name"), _paths(entry))
        for domain in entry.domains("domains"):
            if domain in domains:
                raise entry.error(f"{domain!r} is already in {domains[domain].name!r}")
            domains[domain] = provider
    programs = []
    for entry in file.entries("program", "name"):
        entry.only({"name", "paths"})
        programs.append(Provider(entry.text("name"), _paths(entry)))
    return SignIns(domains, programs)


def _paths(entry: Entry) -> re.Pattern[str]:
    paths = entry.values.get("paths")
    if not isinstance(paths, list) or not paths:
        raise entry.error('paths must be a list such as ["/login"]')
    for path in paths:
        if not isinstance(path, str) or not path.startswith("/") or path != path.lower():
            raise entry.error(f"paths: {path!r} must start with / and be lower case")
    return re.compile("|".join(re.escape(path).replace(r"\*", "[^/]{1,100}") for path in paths))
