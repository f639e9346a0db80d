"""Figures as SVG and PNG: a Vega-Lite spec with its data, drawn without a browser. Nothing is fetched from anywhere.

The dashboard's own specs are in analysis/charts; those that only a report has are beside this file in figures.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

import vl_convert

from analysis.charts import VEGA_LITE
from analysis.documents.model import Figure

WIDTH = 560
FONT = "Arial, Liberation Sans, sans-serif"
"""Faces of the same widths: what is measured here is what the reader's program draws."""
_IDENTIFIER = re.compile(r'(\bid="|url\(#|href="#)')


def svg(figure: Figure, width: int = WIDTH) -> str:
    """Its ids begin with the figure's, since several stand in one page."""
    drawn = str(vl_convert.vegalite_to_svg(_filled(figure, width), vl_version=VEGA_LITE, allowed_base_urls=[]))
    return _IDENTIFIER.sub(lambda found: f"{found[1]}{figure.id}-", drawn)


def png(figure: Figure, width: int = WIDTH) -> bytes:
    spec = _filled(figure, width)
    spec["config"] |= {"background": "white"}
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=2, allowed_base_urls=[]))


@cache
def _text(name: str) -> str:
    for place in ("analysis.charts", "analysis.documents.figures"):
        found = resources.files(place) / f"{name}.vl.json"
        if found.is_file():
            return found.read_text("utf-8")
    raise FileNotFoundError(f"there is no Vega-Lite spec {name!r}")


def _filled(figure: Figure, width: int) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(_text(figure.spec))
    spec["config"] = spec.get("config", {}) | {"font": FONT}
    return spec | {
        "data": {"values": [dict(row) for row in figure.data]},
        "width": width,
        "autosize": {"type": "pad"},
        "padding": {"left": 20, "right": 40, "top": 5, "bottom": 5},
    }
