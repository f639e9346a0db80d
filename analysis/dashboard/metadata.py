"""What Datasette is told about the data: descriptions, facets, and the charts. Reads only our own files."""

from __future__ import annotations

from importlib import resources
from typing import Any

from datasette.utils import parse_metadata

from analysis import charts
from analysis.dashboard import staff

DATABASE = "carrel"
DASHBOARD = "charts"

_LAYOUT = (
    ("page_loads_by_month", "share_by_site"),
    ("page_loads_by_day", "page_loads_by_day"),
    ("recipients_by_category", "most_seen"),
)
_CATEGORIES = """
    select distinct coalesce(nullif(category, ''), 'no category known') from third_parties where domain not like '(%'
    order by 1"""


def build(password_hash: str = "", staff_password_hash: str = "") -> dict[str, Any]:
    """A new dictionary on each call, since Datasette merges into what it is given.

    With a password hash everything asks for a log-in; without one nothing does.
    """
    metadata: dict[str, Any] = parse_metadata((resources.files("analysis") / "metadata.yaml").read_text("utf-8"))
    metadata["plugins"] = {"datasette-dashboards": {DASHBOARD: _dashboard()}}
    if password_hash or staff_password_hash:
        accounts = staff.accounts(password_hash, staff_password_hash)
        metadata["allow"] = {"id": sorted({actor["id"] for actor in accounts["actors"].values()})}
        metadata["plugins"][staff.PASSWORDS] = accounts
    return metadata


def _choice(name: str, query: str) -> dict[str, str]:
    return {"name": name, "type": "select", "db": DATABASE, "query": query}


def _dashboard() -> dict[str, Any]:
    known = charts.load()
    shown = tuple(dict.fromkeys(name for row in _LAYOUT for name in row))
    return {
        "title": "Charts",
        "description": (
            "Page loads watched, and the third parties they contacted. What hides behind sites' own names, and the "
            "vendors' own hosts, are in none of these charts. Choose one site, or none for all."
        ),
        "layout": [list(row) for row in _LAYOUT],
        "filters": {
            "site": _choice("Site", "select id from sites order by id"),
            "since": {"name": "From", "type": "date"},
            "until": {"name": "Until", "type": "date"},
            "kind": _choice("Kind of site", "select distinct kind from sites order by kind"),
            "category": _choice("Category", _CATEGORIES),
        },
        "charts": {
            name: {
                "title": chart.title,
                "db": DATABASE,
                "query": chart.question.sql,
                "library": "vega-lite",
                "display": chart.spec,
            }
            for name, chart in ((name, known[name]) for name in shown)
        },
    }
