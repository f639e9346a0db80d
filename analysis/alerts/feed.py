"""Alerts as an Atom feed (RFC 4287). Pure: the same alerts give the same bytes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from analysis import periods
from analysis.alerts.kinds import Alert

ATOM = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml; charset=utf-8"
MOST = 500

_NAMESPACE = uuid.UUID("c1b0a3d2-6a5c-4a53-a1ef-0f4f0b4e9d27")
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(alerts: Iterable[Alert], *, library: str, feed: str, page: str, begin: str) -> bytes:
    """`feed` and `page` are full addresses; `begin` is the month from which on things are told."""
    entries = sorted(alerts, key=lambda one: (_moment(one.period), one.id), reverse=True)[:MOST]
    ET.register_namespace("", ATOM)
    root = ET.Element(_name("feed"))
    _add(root, "title", f"Carrel at {library}: alerts" if library else "Carrel: alerts")
    _add(root, "id", f"urn:uuid:{uuid.uuid5(_NAMESPACE, library)}")
    _add(root, "updated", max((_moment(one.period) for one in entries), default=_moment(begin)))
    _add(_add(root, "author", ""), "name", library or "Carrel")
    _add(root, "link", "", rel="self", type="application/atom+xml", href=feed)
    _add(root, "link", "", rel="alternate", type="text/html", href=page)
    for one in entries:
        entry = _add(root, "entry", "")
        _add(entry, "title", one.title)
        _add(entry, "id", f"urn:uuid:{one.id}")
        _add(entry, "updated", _moment(one.period))
        _add(entry, "link", "", rel="alternate", type="text/html", href=f"{page}#{one.id}")
        _add(entry, "category", "", term=one.kind, label=one.kind_words)
        _add(entry, "content", one.text, type="text")
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _moment(period: str) -> str:
    """
    >>> _moment("2026-11-23"), _moment("2026-11")
    ('2026-11-23T00:00:00Z', '2026-11-01T00:00:00Z')
    """
    return f"{periods.first_day(period)}T00:00:00Z"


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, _name(name), attributes)
    if text:
        child.text = _NOT_IN_XML.sub("\ufffd", text)
    return child


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"
