"""Which modes of protection stop a contact: `block` stops trackers, `contract` all that no contract names. Pure.

What a mode would have stopped is known without its being on: the dry run that staff see before they switch it on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from addons.decide.enforcing import within
from addons.decide.parties import covers

if TYPE_CHECKING:
    from addons.decide.judge import Finding
    from addons.settings import Site

BLOCK, CONTRACT = "block", "contract"
NOTHING: frozenset[str] = frozenset()

_OURS = frozenset({"own", "group", "library"})
_BEHIND = frozenset({"dns", "request"})
"""Methods of what hides behind the site's own names, where no policy tells it from the site."""
USEFUL_LISTS = frozenset({"", "library-services"})
"""Lists that say who somebody is, not that it tracks."""


def is_ours(finding: Finding) -> bool:
    """Whether no mode ever stops it: the site's own, its group's, the library's, or behind the site's own names."""
    return finding.relation in _OURS or finding.method in _BEHIND


def is_tracker(finding: Finding) -> bool:
    """Whether a list calls it a tracker: our own, or a fetched one."""
    return finding.list not in USEFUL_LISTS


def stopped_by(
    site: Site,
    finding: Finding,
    host: str,
    path: str,
    *,
    exempt: Iterable[str],
    mixed: Mapping[str, tuple[str, ...]],
) -> frozenset[str]:
    """The modes in which a page of this site could not contact `host`.

    `path` is "" where the browser does not tell it (frames). `exempt`: domains under an allow rule. A contact that no
    list calls a tracker passes `block`, if not on the first page load on which it is seen.
    """
    if is_ours(finding) or any(covers(domain, host) for domain in exempt):
        return NOTHING
    modes = set()
    if not any(covers(domain, host) for domain in site.permitted):
        modes.add(CONTRACT)
    if tracks(finding, host, path, mixed):
        modes.add(BLOCK)
    return frozenset(modes)


def tracks(finding: Finding, host: str, path: str, mixed: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether this contact is with a tracker. A host that is useful as well is told by its path, if that is known."""
    if (useful := mixed.get(host)) is None:
        return is_tracker(finding)
    return bool(path) and not any(within(path, one) for one in useful)
