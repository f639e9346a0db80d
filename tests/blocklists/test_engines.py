"""The matcher and a real engine (adblock-rust, through the `adblock` package) say the same of thousands of requests.

The requests are made here from the rules of the lists in `shared/lists` beside the checkout: addresses that a rule
should name, and their near misses, for pages, kinds and parties that its options speak of and others.
"""

from __future__ import annotations

import gzip
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from addons.decide.parties import normal_host, registrable_domain
from blocklists.matcher import Matcher, Request
from blocklists.rules import parse

adblock = pytest.importorskip("adblock", reason="the adblock package (a test dependency) is not installed")

LISTS = Path(__file__).parents[3] / "shared" / "lists" / "easylist"
REQUESTS = 8000
TYPES = {
    "script": "script",
    "style": "stylesheet",
    "image": "image",
    "font": "font",
    "connect": "xmlhttprequest",
    "frame": "subdocument",
    "media": "media",
    "object": "object",
    "other": "other",
}
OPTIONS = re.compile(r"\$(?=~?[\w-]+(?:[=,]|$))")


@dataclass(frozen=True, slots=True)
class Asked:
    request: Request
    made_from: str


def whole_list(name: str) -> str:
    path = LISTS / name
    if not path.is_file():
        pytest.skip(f"shared/lists/easylist/{name} is not beside the checkout")
    return gzip.decompress(path.read_bytes()).decode()


def engine_of(text: str) -> Any:
    rules = adblock.FilterSet(debug=True)
    rules.add_filter_list(text)
    return adblock.Engine(rules, optimize=False)


def asked_from(rule: str, rng: random.Random) -> Asked | None:
    body = rule.removeprefix("@@")
    options = ""
    if found := OPTIONS.search(body):
        options, body = body[found.end() :], body[: found.start()]
    domains = re.search(r"domain=([^,]*)", options)
    pages = [page.removeprefix("~") for page in domains[1].split("|")] * 2 if domains else []
    page = rng.choice(["news.example.org", "library.test", *pages])
    body = re.sub(r"\*", lambda _: rng.choice(["", "x", "a/b", "1.2", "-"]), body)
    body = re.sub(r"\^", lambda _: rng.choice(["/", "?", "&", ":8080/"]), body)
    if body.startswith("||"):
        url = f"https://{rng.choice(['', '', 'www.', 'a.b.', 'x'])}{body[2:]}"
    elif body.startswith("|"):
        url = body[1:]
    else:
        origin = rng.choice(["https://host.example.net", "http://cdn.site.com", "https://news.example.org"])
        url = origin + ("" if body[:1] in {"/", "?", ":"} else rng.choice(["/", "/a", "/x/"])) + body
    url = url.rstrip("|") + rng.choice(["", "", "", "x", "/1.gif", "?a=b", ".js", "&x=1"])
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    if not url.isascii() or normal_host(host) != host or "." not in host or not url.startswith("http"):
        return None
    if not re.match(r"https?://[^/?&]+/", url):  # a browser adds the slash
        return None
    if host[-1].isdigit() and host not in body:  # "www." before an address
        return None
    third = registrable_domain(host) != registrable_domain(page)
    return Asked(Request(url, host, page, rng.choice(list(TYPES)), third), rule)


def explained(asked: Asked, named: str, exception: str) -> bool:
    """Where the engine reads a rule in a way of its own."""
    return (
        # it drops `www.` from a rule's host, so the rule covers the name with any letters before it
        named.startswith("||www.")
        or exception.startswith("@@||www.")
        # a rule without a final separator covers longer names too: wasm.stream.js for ||wasm.stream
        or (named.startswith("||") and re.fullmatch(r"\|\|[\w.-]+\w", OPTIONS.split(named)[0]) is not None)
        # a percent sign is no part of a word here, it is there
        or asked.made_from.startswith("%")
        # it takes a port for a part of the host's name, and misses the hosts below
        or re.match(r"\|\|[\w.-]+:\d", named) is not None
        # it misses a rule that begins with a letter and has a wildcard when another letter stands before it
        or re.match(r"\w.*[*^]", named) is not None
        # it leaves out rules that speak of popups too, and misreads `~document`
        or re.search(r"[$,](popup|~document)", named) is not None
        # an address in the middle of an address
        or "://" in asked.request.url[8:]
    )


@pytest.mark.parametrize("name", ["easyprivacy-20260714.txt.gz", "easylist-20260714.txt.gz"])
def test_the_engine_agrees(name: str) -> None:
    text = whole_list(name)
    engine, matcher = engine_of(text), Matcher([parse(text, name)])
    rules = [line for line in text.split("\n") if line and line[0] not in "![" and not re.search(r"#[@?$]?#", line)]
    rng = random.Random(20261124)
    named, others, differences = 0, 0, []
    while named + others < REQUESTS:
        asked = asked_from(rng.choice(rules), rng)
        if asked is None:
            continue
        request = asked.request
        found = engine.check_network_urls(request.url, f"https://{request.page}/", TYPES[request.kind])
        verdict = matcher.check(request)
        if verdict.blocked:
            named += 1
        else:
            others += 1
        rule = str(found.filter or (verdict.rule and verdict.rule.text) or "")
        if verdict.blocked != found.matched and not explained(asked, rule, str(found.exception)):
            differences.append((request, str(verdict.rule), str(verdict.exception), found.filter, found.exception))
    assert differences == []
    assert named > REQUESTS / 4
    assert others > REQUESTS / 8


def test_the_engine_agrees_on_rules_with_several_options() -> None:
    """The lists hold few of these; here all pairs of what a rule may say meet all kinds of request."""
    bodies = ["||tracker.test^", "/pixel.gif?", "||tracker.test/pixel", "|https://tracker.test/", "/pix*.gif?"]
    kinds = ["", "script", "image,stylesheet", "~script", "~image,~xmlhttprequest", "subdocument", "font,media,object"]
    places = ["", "third-party", "~third-party", "domain=shop.test|~a.shop.test", "domain=~shop.test", "important"]
    for body in bodies:
        for kind in kinds:
            for place in places:
                options = ",".join(filter(None, (kind, place)))
                rule = body + ("$" + options if options else "")
                for text in (
                    rule,
                    f"{rule}\n@@||tracker.test^$image",
                    f"||tracker.test^\n@@{rule.replace(',important', '')}",
                ):
                    if "@@" in text and text.endswith("$important"):
                        continue  # engines differ on important exceptions; ours are the strongest, as in AdGuard
                    compare(text)


def compare(text: str) -> None:
    engine, matcher = engine_of(text), Matcher([parse(text, "own.txt")])
    for host in ("tracker.test", "a.tracker.test", "nottracker.test"):
        for page in ("shop.test", "a.shop.test", "www.tracker.test"):
            for kind, type_ in TYPES.items():
                url = f"https://{host}/pixel.gif?id=1"
                third = registrable_domain(host) != registrable_domain(page)
                verdict = matcher.check(Request(url, host, page, kind, third))
                found = engine.check_network_urls(url, f"https://{page}/", type_)
                assert verdict.blocked == found.matched, (
                    text,
                    url,
                    page,
                    kind,
                    str(verdict.rule),
                    str(verdict.exception),
                )
