"""Charts: a Vega-Lite spec per file, without its data; its name is the name of the question that gives the data.

The same spec is drawn by the browser in the dashboard and by `svg` in a report. Nothing is fetched from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import vl_convert

from analysis.questions import Question, question

VEGA_LITE = "6.4"
"""Version of the grammar; the browser's copy comes with datasette-dashboards."""


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    question: Question
    spec: dict[str, Any]


def load() -> dict[str, Chart]:
    found = {}
    for entry in sorted(resources.files("analysis.charts").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".vl.json"):
            name = entry.name.removesuffix(".vl.json")
            spec = json.loads(entry.read_text("utf-8"))
            found[name] = Chart(spec["usermeta"]["title"], question(name), spec)
    return found


def svg(name: str, rows: Sequence[Mapping[str, Any]], width: int = 480) -> str:
    """Draw with these rows. The caller gives the text alternative: only it knows what the rows mean."""
    spec = load()[name].spec | {
        "data": {"values": [dict(row) for row in rows]},
        "width": width,
        # the reader's sans-serif may be wider than the one that is measured here
        "autosize": {"type": "pad"},
        "padding": {"left": 30, "right": 30, "top": 5, "bottom": 5},
    }
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[]))
