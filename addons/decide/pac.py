"""The PAC file: which addresses a browser sends to Carrel, and what it does when Carrel is down. Pure.

The same text is served by the desk at /proxy.pac, printed by `carrel pac`, and carried inside the policy files. It
looks up no names (no `dnsResolve`, no `isInNet`): that would tell a name server what is read here, and hold up pages.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from addons.decide.gate import split_authority
from addons.decide.parties import covers, names_above, normal_host
from addons.settings import DESK, Proxy, Settings

MEDIA_TYPE = "application/x-ns-proxy-autoconfig"


class PacError(ValueError):
    """No PAC file can be made of this; one line that says what to write."""


def pac(settings: Settings, domains: Sequence[str], proxy: str) -> str:
    """The text of the file. `domains`: of all sites in scope. `proxy`: Carrel's host and port as terminals reach it.

    Plain old JavaScript in ASCII, since systems evaluate it with engines of very different age.
    """
    carrel = f"PROXY {authority(proxy)}"
    way = _filter(settings.proxy)
    only_sites = settings.proxy.route == "sites"
    watched = _shortest({*filter(None, map(normal_host, domains)), *settings.rewriting.suffixes})
    if not only_sites:  # all names go the same way then, and only those that would count as this computer's need a word
        watched = [domain for domain in watched if "." not in domain or covers("localhost", domain)]
    through = "; ".join([carrel, *_otherwise(settings.proxy, way)])
    words = [*_words(settings.proxy, way), *notes(settings)]
    return _TEXT.format(
        comment="".join(f"// {line}\n" for line in words),
        sites=",\n".join(f"  {json.dumps('.' + domain)}: 1" for domain in watched),
        desk=json.dumps(DESK),
        below_desk=json.dumps("." + DESK),
        carrel=json.dumps(carrel),
        through=json.dumps(through),
        rest=json.dumps((way or "DIRECT") if only_sites else through),
    )


def authority(proxy: str) -> str:
    """`proxy` in the form that PAC files and browsers take. Raises PacError for what no terminal could reach."""
    split = split_authority(proxy)
    example = 'write host and port, such as "10.20.0.5:8080"'
    if split is None:
        raise PacError(f'"{proxy}" is not the address of a proxy; {example}')
    host, port = split
    if (address := _address(host)) and address.is_unspecified:
        raise PacError(f'"{proxy}" is where Carrel listens, and no address that a terminal could reach; {example}')
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def notes(settings: Settings) -> tuple[str, ...]:
    """What the file does otherwise than carrel.toml may lead one to expect, a line each."""
    proxy = settings.proxy
    found = []
    if proxy.upstream and proxy.on_failure == "direct":
        found.append(
            '[proxy] on_failure = "direct" would lead around the content filter when Carrel is down: the PAC file '
            'names the filter instead; write "upstream" or "closed"'
        )
    if proxy.upstream and (proxy.route == "sites" or proxy.on_failure != "closed"):
        parts = urlsplit(proxy.upstream)
        if (address := _address(parts.hostname or "")) and address.is_loopback:
            found.append(
                f"[proxy] upstream is {parts.hostname}, which on every terminal is the terminal itself; name the "
                "content filter by an address that terminals reach"
            )
        if parts.username:
            found.append(
                "[proxy] upstream has a user name: a PAC file cannot carry it, so browsers that go to the content "
                "filter themselves will ask patrons for it"
            )
    return tuple(found)


def _filter(proxy: Proxy) -> str:
    """The content filter as a PAC file names it, without its user name and password; "" if there is none."""
    if not proxy.upstream:
        return ""
    parts = urlsplit(proxy.upstream)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    kind = "HTTPS" if parts.scheme == "https" else "PROXY"
    return f"{kind} [{host}]:{port}" if ":" in host else f"{kind} {host}:{port}"


def _otherwise(proxy: Proxy, way: str) -> list[str]:
    """Where to when Carrel does not answer. Never around a content filter, whatever is configured."""
    if proxy.on_failure == "closed":
        return []
    return [way or "DIRECT"] if proxy.on_failure == "direct" else [way] if way else []


def _words(proxy: Proxy, way: str) -> list[str]:
    elsewhere = "to the content filter" if way else "directly to the internet"
    route = {
        "sites": f"The library's sites and {DESK} go through Carrel, all else goes {elsewhere}.",
        "all": "All addresses go through Carrel, except this computer's own and plain names such as http://printer/.",
    }[proxy.route]
    down = {
        "closed": "When Carrel does not answer, those addresses do not open.",
        "upstream": "When Carrel does not answer, the browser goes to the content filter.",
        "direct": f"When Carrel does not answer, the browser goes {elsewhere}.",
    }[proxy.on_failure]
    return [route, f"{down} {DESK} has no other way."]


def _shortest(names: set[str]) -> list[str]:
    """Sorted, without those that another one covers."""
    return sorted(name for name in names if not any(above in names for above in names_above(name) if above != name))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


# Keys begin with a dot, so that no host name can hit what every JavaScript object has ("constructor", "__proto__").
_TEXT = """\
// Proxy auto-configuration, made by Carrel from carrel.toml: change it there, not here.
{comment}var sites = {{
{sites}
}};

function isSite(name) {{
  while (name) {{
    if (sites["." + name] === 1) return true;
    var dot = name.indexOf(".");
    name = dot < 0 ? "" : name.substring(dot + 1);
  }}
  return false;
}}

function isThisComputer(name) {{
  return /^(.+\\.)?localhost$/.test(name) || /^127\\.\\d+\\.\\d+\\.\\d+$/.test(name) || name === "::1";
}}

function FindProxyForURL(url, host) {{
  var given = host.toLowerCase().replace(/^\\[|\\]$/g, "");
  var name = given.replace(/\\.$/, "");
  if (name === {desk} || name.slice(-{below_desk}.length) === {below_desk}) return {carrel};
  if (isSite(name)) return {through};
  if (isThisComputer(name) || (given.indexOf(".") < 0 && given.indexOf(":") < 0)) return "DIRECT";
  return {rest};
}}
"""
