"""Which public suffix list tells registrable domains: the copy in tldextract, and what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.metadata import version

_VERSION = re.compile(rb"^// VERSION: (\d{4}-\d{2}-\d{2})\S*$", re.MULTILINE)
_COMMIT = re.compile(rb"^// COMMIT: ([0-9a-f]{7,40})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SuffixList:
    stated: str
    """Day of the version that the list states; "" if it states none."""
    commit: str
    sha256: str
    package: str

    @property
    def words(self) -> str:
        said = f"version of {self.stated}, " if self.stated else ""
        said += f"commit {self.commit[:12]}, " if self.commit else ""
        return f"{said}shipped with {self.package}, SHA-256 {self.sha256}"


@cache
def shipped() -> SuffixList:
    text = (resources.files("tldextract") / ".tld_set_snapshot").read_bytes()
    stated, commit = (found[1].decode() if (found := one.search(text)) else "" for one in (_VERSION, _COMMIT))
    return SuffixList(stated, commit, sha256(text).hexdigest(), f"tldextract {version('tldextract')}")
