"""The page for patrons and the public, in English: what the library watches, why, and the figures. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import jinja2

from analysis import wording
from analysis.exchange import figures
from analysis.exchange.figures import Figures
from analysis.periods import words

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
RECEIVED: Final = {"contacted": "only the contact itself", **wording.REACHED}
"""Rungs of the ladder, in words for patrons."""
KIND_OF: Final = {
    "session replay": "session replay: records what happens on the screen",
    "tag manager": "tag manager: loads further services",
    "CDN": "delivery network",
    "altmetrics": "altmetrics: where an article is mentioned",
    "error monitoring": "error monitoring: tells the vendor when a page fails",
}


@dataclass(frozen=True, slots=True)
class About:
    """What the page says beside the figures; all of it from the configuration."""

    library: str
    contact: str
    watched: tuple[str, ...]
    """Names of the library's own sites."""
    directory: int
    """Products of the shipped directory that are watched too."""
    opt_out: bool
    opt_in: bool
    """Nothing is watched until somebody says yes."""
    desk: str
    """Where a patron says no."""
    k: int
    days_kept: int
    months_kept: int

    @property
    def contact_address(self) -> str:
        """'' for what is no address that a browser follows."""
        if _EMAIL.fullmatch(self.contact):
            return f"mailto:{self.contact}"
        return self.contact if self.contact.startswith(("https://", "http://")) else ""


def render(shown: Figures, about: About) -> str:
    return _template().render(
        figures=shown,
        about=about,
        words=words,
        received=RECEIVED,
        kind_of=KIND_OF,
        rule=figures,
        not_claimed=wording.NOT_CLAIMED,
        blind_spots=wording.BLIND_SPOTS,
    )


def style() -> bytes:
    return (resources.files("analysis.exchange") / "public.css").read_bytes()


def icon() -> bytes:
    return (resources.files("analysis") / "static" / "carrel.svg").read_bytes()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((resources.files("analysis.exchange") / "public.html").read_text("utf-8"))
