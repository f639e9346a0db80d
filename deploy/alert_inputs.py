"""What carrel.toml and the shelf of lists say to the alerts, as plain data; and the alerts of the live database."""

from __future__ import annotations

from datetime import date

from addons import beside
from addons.settings import Settings
from analysis import questions
from analysis.alerts import kinds as alerts
from analysis.alerts.kinds import Alert, Watch
from blocklists.shelf import Place, ShelfError
from deploy.lists import shelf_of

CONTRACT = "contract"


def watch(settings: Settings) -> Watch:
    try:
        asked = {name: _asked(place) for name, place in shelf_of(settings).places().items()}
    except ShelfError:
        asked = {}  # `carrel doctor` says what is wrong with the shelf
    return Watch(
        library=settings.library.name,
        permitted={
            site.id: site.permitted
            for site in settings.sites
            if site.permitted or (site.mode or settings.protect.mode) == CONTRACT
        },
        # A site whose own mode is another is looked at only where its list is not empty.
        all_sites=settings.protect.mode == CONTRACT,
        without=frozenset(site.id for site in settings.sites if site.mode and site.mode != CONTRACT),
        lists_days=settings.alerts.lists_days,
        asked=asked,
    )


def present(settings: Settings, today: date) -> tuple[Alert, ...]:
    """Raises StaffError, one line, where the database cannot be read."""
    with beside.reading(settings.data.database) as connection:
        rows = {}
        for name in alerts.QUERIES:
            question = questions.question(name)
            cursor = connection.execute(question.sql, question.given(since=alerts.since(today)))
            columns = [column[0] for column in cursor.description]
            rows[name] = [dict(zip(columns, row, strict=True)) for row in cursor]
    return alerts.build(rows, watch(settings), today)


def _asked(place: Place) -> str:
    return place.checked or place.current.fetched
