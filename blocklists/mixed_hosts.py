"""Hosts that are both useful and trackers, told apart by path: `mixed-hosts.toml`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from blocklists.curated_file import complaint_about, read

MixedHosts = Mapping[str, tuple[str, ...]]
"""Host -> the paths under which it is useful; everything else under it counts as tracking."""


def load(folder: Path | None = None) -> MixedHosts:
    """Read the shipped table, or that of a folder. Raises CuratedError."""
    source: Traversable = files("blocklists") / "curated" if folder is None else folder
    found: dict[str, tuple[str, ...]] = {}
    for entry in read(source, "mixed-hosts", {"host"}).entries("host", "host"):
        entry.only({"host", "useful", "note"})
        host, useful = entry.text("host"), entry.values.get("useful")
        if complaint := complaint_about(host):
            raise entry.error(f"host {complaint}")
        if host in found:
            raise entry.error("the host is used twice")
        if not isinstance(useful, list) or not useful or not all(_is_path(path) for path in useful):
            raise entry.error('useful must be a list of paths such as ["/embed/"], without any of ? # ; , and spaces')
        entry.text("note", optional=True)
        found[host] = tuple(useful)
    return found


def _is_path(path: object) -> bool:
    # These would end the source, or the policy itself.
    return isinstance(path, str) and path.startswith("/") and len(path) > 1 and not set(path) & set("?#;, '\"")
