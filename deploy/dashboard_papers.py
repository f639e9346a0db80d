"""The report for readers of the dashboard, made as `carrel report` makes it, and handed over as one file."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from addons.settings import Settings
from analysis.dashboard.papers import Papers
from analysis.documents import archives
from blocklists import owners
from deploy import compared
from deploy import report as reporting


def papers(settings: Settings) -> Papers:
    def make(site: str, since: date | None, until: date | None, formats: Collection[str]) -> tuple[str, bytes]:
        return _make(settings, site, since, until, formats)

    def agreed(site: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        try:
            found = compared.site_of(settings, owners.load(), site)
        except compared.UnknownSiteError:
            return (), ()
        return tuple(found.permitted), tuple(found.disclosed)

    return Papers(make, agreed)


def _make(
    settings: Settings, site: str, since: date | None, until: date | None, formats: Collection[str]
) -> tuple[str, bytes]:
    with TemporaryDirectory(prefix="carrel-report-") as folder:
        out = Path(folder)
        reporting.write(
            settings,
            site,
            since=since,
            until=until,
            made_on=date.today(),
            formats_wanted=",".join(formats),
            out=out,
        )
        files = {
            path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
        }
    if len(files) == 1:
        ((name, content),) = files.items()
        return name, content
    return f"{site}-report.zip", archives.pack(files)
