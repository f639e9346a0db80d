"""What a reader chose in a site's consent tool, from the cookies that the tool set on the site itself. Pure.

`accepted` if any analytics or advertising was granted, `refused` if a choice was made and none was, `undecided` if a
tool is there and no choice was made, `unknown` otherwise. Where several tools disagree, `accepted` wins: "after
refusal" is only said when it is sure. Nothing of a cookie leaves but one of these four words.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from addons.decide.cookies import cookie_pairs
from blocklists.consent_tools import ConsentTools, Rule

STATES = ("unknown", "undecided", "accepted", "refused")

_MAX_VALUE = 16 * 1024
_MAX_NODES = 1000
_BASICS = re.compile(
    r"necess|essential|required|strict|function|prefer|session|csrf|secur|consent(?:id|s?)$|klaro|captcha|login|language",
    re.IGNORECASE,
)
_MEASURES = re.compile(
    r"analy|statist|perform|measur|market|advert|target|social|track|personali|profil|(?:^|[._-])ads?(?:$|[._-])|google"
    r"|gtag|gtm|matomo|piwik|hotjar|facebook|meta|pixel|doubleclick|linkedin|youtube|clarity|remarket|conversion",
    re.IGNORECASE,
)
_YES = frozenset({"true", "yes", "1", "allow", "accept", "accepted", "granted", "on", "opt-in", "optin"})
_NO = frozenset({"false", "no", "0", "deny", "denied", "reject", "rejected", "revoked", "off", "opt-out", "optout"})
_PAIR = re.compile(r"([A-Za-z0-9_.-]{1,60})['\"]?\s?[:=]\s?['\"]?([A-Za-z0-9-]{1,10})")
_GRANTED_LISTS = re.compile(r"categor|accept|enabled|granted|approved|consents|optin", re.IGNORECASE)
_DENIED_LISTS = re.compile(r"reject|disabled|denied|declined|optout", re.IGNORECASE)
_TCF = re.compile(r"(?<![A-Za-z0-9_-])[BC][A-Za-z0-9_-]{29,}")


def state(cookies: Mapping[str, str] | str, tools: ConsentTools, present: Collection[str] = ()) -> str:
    """Read a site's cookies (a mapping, or the Cookie header as it stands).

    `present`: names of tools that this site is known to have, from what its pages ask for (`ConsentTools.tool_of`).
    """
    given = dict(cookie_pairs(cookies)) if isinstance(cookies, str) else cookies
    found: set[str] = set()
    for name in given:
        for rule in tools.rules_for(name):
            found.add(_read(rule, name, given))
    for word in ("accepted", "refused", "undecided", "unknown"):
        if word in found:
            return word
    asked = any(tool.name in present and tool.keeps == "cookie" for tool in tools.tools) if present else False
    return "undecided" if asked else "unknown"


def _read(rule: Rule, name: str, cookies: Mapping[str, str]) -> str:
    if rule.only_with and rule.only_with not in cookies:
        return "undecided"
    value = cookies[name]
    if len(value) > _MAX_VALUE:
        return "unknown"
    value = _decoded(value)
    for word, pattern in (("undecided", rule.undecided), ("accepted", rule.accepted), ("refused", rule.refused)):
        if pattern and pattern.search(value):
            return word
    if rule.reader == "grants":
        return _judged(dict(_grants(value)), others_count=rule.others_count)
    if rule.reader == "onetrust":
        return _onetrust(value)
    if rule.reader == "tcf":
        return _tcf(value)
    return _didomi(value) if rule.reader == "didomi" else "unknown"


def _decoded(value: str) -> str:
    for _ in range(2):
        if "%" in value:
            value = unquote(value, errors="replace")
    return value.strip().strip('"') if not value.startswith(("{", "[")) else value


def _json(value: str) -> Any:
    """A value's JSON, plain or in base64; None if there is none."""
    if not value.startswith(("{", "[")):
        try:
            body = value.rstrip("=").replace("-", "+").replace("_", "/")
            value = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
        except (ValueError, binascii.Error):
            return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _grants(value: str) -> Iterator[tuple[str, bool]]:
    """Purposes and whether each was granted."""
    found = _json(value)
    if found is None:
        for name, word in _PAIR.findall(value):
            if (answer := _answer(word)) is not None:
                yield name, answer
        return
    todo: list[tuple[str, Any]] = [("", found)]
    for _ in range(_MAX_NODES):
        if not todo:
            return
        path, node = todo.pop()
        if isinstance(node, dict):
            # A purpose may be named by a value: {"name": "cookie_cat_statistic", "status": true}.
            path = f"{path}.{node['name']}" if isinstance(node.get("name"), str) else path
            todo.extend((f"{path}.{key}"[:200], child) for key, child in list(node.items())[:_MAX_NODES])
        elif isinstance(node, list):
            for child in node[:_MAX_NODES]:
                if not isinstance(child, str):
                    todo.append((path, child))
                elif _DENIED_LISTS.search(path):
                    yield f"{path}.{child}", False
                elif _GRANTED_LISTS.search(path):
                    yield f"{path}.{child}", True
        elif isinstance(node, dict | list | str | bool | int) and (answer := _answer(str(node))) is not None:
            yield path, answer
        elif isinstance(node, str) and _GRANTED_LISTS.search(path.rpartition(".")[2]):
            yield f"{path}.{node[:100]}", True


def _answer(word: str) -> bool | None:
    low = word.lower()
    return True if low in _YES else False if low in _NO else None


def _judged(grants: Mapping[str, bool], *, others_count: bool = False) -> str:
    refused = False
    for name, granted in grants.items():
        # Lists keep their purposes after their own name; that name says nothing.
        basic = bool(_BASICS.search(name.rpartition(".")[2] or name))
        measures = not basic and (others_count or bool(_MEASURES.search(name)))
        if measures and granted:
            return "accepted"
        refused = refused or measures or (basic and granted)
    return "refused" if refused else "unknown"


def _onetrust(value: str) -> str:
    """`groups=C0001:1,C0002:0`: 1 is necessary, 3 functional, 2 performance, 4 targeting; sites add their own."""
    groups = re.search(r"(?:^|&)groups=([^&]*)", value)
    if not groups:
        return "unknown"
    refused = False
    for group in groups[1].split(",")[:200]:
        name, _, granted = group.partition(":")
        if name in ("C0001", "C0003", "1", "3") or name.startswith("0_") or granted not in ("0", "1"):
            refused = refused or granted == "1"
            continue
        if granted == "1":
            return "accepted"
        refused = True
    return "refused" if refused else "unknown"


def _tcf(value: str) -> str:
    """The purposes in a consent string of the IAB's framework, versions 1 and 2 (bit positions of its specification).

    >>> _tcf("CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA")
    'refused'
    """
    found = _TCF.search(value)
    if not found:
        return "unknown"
    core = found[0][:40]
    bits = "".join(f"{_SIXTY_FOUR.index(letter):06b}" for letter in core)
    start = {1: 132, 2: 152}.get(int(bits[:6], 2))
    if start is None or len(bits) < start + 24:
        return "unknown"
    return "accepted" if "1" in bits[start : start + 24] else "refused"


_SIXTY_FOUR = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _didomi(value: str) -> str:
    found = _json(value)
    purposes = found.get("purposes") if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return "unknown"
    if not isinstance(purposes, dict):
        return "undecided"
    enabled, disabled = purposes.get("enabled"), purposes.get("disabled")
    if isinstance(enabled, list) and any(isinstance(name, str) and not _BASICS.search(name) for name in enabled[:200]):
        return "accepted"
    return "refused" if disabled or enabled else "undecided"
