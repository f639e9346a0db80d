"""Annex A: how the vendor's own engineer sees a recipient in a browser's network panel, without this program. Pure.

Each line of the table is complete: which page to open, what to choose in the consent tool, and the word for the filter
box. A test follows the lines in Chromium.
"""

from __future__ import annotations

from analysis.documents.inputs import Extras
from analysis.documents.model import Block, Column, Facts, Heading, Items, Paragraph, Part, Table, Value, table
from analysis.evidence import Finding, Report

DIRECT, ALIAS, PATH = "request", "alias", "request under an own name"
"""What the engineer looks for: a request to the recipient, a name that leads to it, a path that a list knows."""

STEPS = (
    (
        "Open a browser with a new, empty profile, without extensions and without tracking protection. "
        "The library's proxy is not needed."
    ),
    (
        "Open the developer tools (F12) and in them the network panel. Tick “preserve log” (Firefox: “persist logs”) "
        "and “disable cache”."
    ),
    (
        "Open a page of the product of the kind that the table names for the recipient: search results for search, one "
        "title or article for item, the first page for home."
    ),
    (
        "In the consent tool do what the table says: touch nothing, refuse, or accept and reload the page. "
        "Wait until nothing more is loaded."
    ),
    (
        "Type the filter word of the table into the panel's filter box. In Chromium, Chrome and Edge a word such as "
        "domain:*example.com leaves the requests to example.com and to the hosts below it; in Firefox write it without "
        "the star; in Safari write the name alone."
    ),
    (
        "Each line that is left is a request to the recipient. Click it: its address and headers show what was sent. "
        "The column “initiator” names the script that asked for it."
    ),
)
BEHIND_STEPS = (
    "The filter word leaves the requests to the product's own names: in the panel nothing else can be told of them.",
    (
        "Where the table says “alias”: ask the name system for each of these host names whose name it leads to "
        "(nslookup -type=CNAME HOST, or dig HOST CNAME). One of them leads to a name of the recipient. Which it was is "
        "not kept here: the library keeps recipients, and not hosts."
    ),
    (
        "Where it says “request under an own name”: no other name shows it. The list's entry in section 5 has the path "
        "by which the list knows the recipient's script; look for that path among the lines."
    ),
)
_COLUMNS = (
    Column("recipient", "Recipient", "registrable domain", weight=1.5),
    Column("open", "Pages to open", "kinds of pages on which it was seen, separated by spaces"),
    Column("consent", "In the consent tool", "what to do there: touch nothing, refuse, or accept and reload"),
    Column("kinds", "Look for", "what was asked for: script, style, image, font, connect, frame …", weight=0.9),
    Column(
        "filter",
        "Filter word",
        "for the network panel of Chromium, Chrome and Edge; several, where the product has several domains",
        "code",
        weight=1.8,
    ),
    Column("shows", "What it shows", "request, alias, or request under an own name", weight=0.9),
    Column("expect", "Seen by us", "page loads on which we saw it", weight=1.4),
)


def annex(report: Report, extras: Extras) -> Part:
    lists = "; ".join(f"{one.name} {one.version}" for one in report.lists) or "none"
    facts = Facts(
        (
            ("Program", f"Carrel {report.program_version}"),
            ("Lists", lists),
            ("Digest of the configuration", extras.config_digest or "not given"),
            ("Public suffix list", extras.suffix_list or "not given"),
        )
    )
    rows = [_line(report, one) for one in (*report.findings, *report.behind) if one.share.part]
    behind: tuple[Block, ...] = ()
    if any(one.share.part for one in report.behind):
        behind = (
            Heading("Those behind the product's own names"),
            Items(BEHIND_STEPS, numbered=True),
        )
    blocks: tuple[Block, ...] = (
        facts,
        Heading("To see a recipient without this program, in ten minutes"),
        Items(STEPS, numbered=True),
        *behind,
        *_kinds(extras),
        table("reproduction", "What to look for", _COLUMNS, rows, empty="No recipient was contacted."),
        Paragraph(
            "A recipient that was seen on a small share of page loads may need several pages of the kind, and may have "
            "gone since. Pages may differ by country, browser, and whether somebody is signed in. What the library's "
            "own proxy server relayed to its readers at home shows under its own name here. Browsers with tracking "
            "protection stop some recipients by themselves."
        ),
    )
    return Part("A", "Reproduction", blocks)


def filter_words(finding: Finding, domains: tuple[str, ...]) -> str:
    """By which the requests to a recipient are told in the network panel of Chromium and its kin."""
    return " ".join(f"domain:*{name}" for name in (domains if finding.behind else (finding.party.domain,)))


def _line(report: Report, finding: Finding) -> dict[str, Value]:
    return {
        "recipient": finding.party.domain,
        "open": " ".join(finding.sections),
        "consent": consent(finding.consents),
        "kinds": ", ".join(finding.kinds) or "unknown",
        "filter": filter_words(finding, report.site.domains),
        "shows": DIRECT if not finding.behind else ALIAS if "dns" in finding.methods else PATH,
        "expect": finding.share.full,
    }


def consent(states: tuple[str, ...]) -> str:
    """The least that has to be done to see it.

    >>> consent(("refused", "undecided")), consent(("refused",)), consent(("accepted",)), consent(("unknown",))
    ('touch nothing', 'refuse', 'accept and reload', 'touch nothing')
    """
    if {"undecided", "unknown"} & set(states):
        return "touch nothing"
    return "refuse" if "refused" in states else "accept and reload"


def _kinds(extras: Extras) -> tuple[Table, ...]:
    if not extras.page_kinds:
        return ()
    columns = (
        Column("kind", "Kind of page", "search, item, account or home", weight=0.5),
        Column("addresses", "Paths", "paths of that kind; a star stands for anything", "code", weight=2),
    )
    rows: list[dict[str, Value]] = [{"kind": kind, "addresses": paths} for kind, paths in extras.page_kinds]
    return (table("page_kinds", "How the library's configuration tells the kinds of pages", columns, rows),)
