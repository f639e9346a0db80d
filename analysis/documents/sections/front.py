"""Title page, the one page, scope and method. Pure."""

from __future__ import annotations

from analysis import wording
from analysis.documents.inputs import Extras
from analysis.documents.model import (
    STATUSES,
    Block,
    Column,
    Facts,
    Figure,
    Heading,
    Items,
    Note,
    Number,
    Numbers,
    Paragraph,
    Part,
    Table,
    Value,
    table,
)
from analysis.evidence import Report
from analysis.shares import Share

FILL_IN = "to be filled in by the library"
NOT_RECORDED = "not recorded: Carrel keeps nothing of what a browser says of itself. The library has not stated them"


def title(report: Report) -> str:
    library = report.library or "the library"
    return (
        f"Third-party services observed on {report.site.name} from the public computers of {library}, "
        f"{report.window.words}"
    )


def title_page(report: Report, extras: Extras) -> Part:
    facts = (
        ("Status", STATUSES[extras.status]),
        ("Product", report.site.product or report.site.name),
        ("Vendor", report.site.vendor or "not stated"),
        ("Time", report.window.words),
        ("Prepared by", extras.prepared_by or report.library or FILL_IN),
        ("Prepared for", extras.prepared_for or report.site.vendor or FILL_IN),
        ("Prepared on", wording.day(report.made_on)),
        ("Prepared with", f"Carrel {report.program_version}"),
    )
    text = Paragraph("Owner, service and category of each recipient come from these lists; the entry stands beside it.")
    return Part("0", "Title page", (Facts(facts), text, _lists(report)))


def one_page(report: Report, extras: Extras) -> Part:
    found = len({finding.party.domain for finding in report.findings})
    numbers = (
        Number(f"{found:,}", "recipients observed", "third parties, each known by name"),
        _not_found(report, extras),
        Number(f"{report.blocked:,}", "of the recipients blocked by the library", "on at least one page load"),
    )
    blocks: list[Block] = [
        Numbers(numbers),
        Paragraph(f"Pages of {report.site.name} caused the browser to contact any third party on {report.share.full}."),
        Paragraph(_apart(report)),
    ]
    if report.consent_known:
        blocks.append(Paragraph(_consent(report)))
    if report.groups:
        blocks.append(_by_category(report))
    blocks += [Heading("Requests"), *_asked(extras)]
    return Part("1", "On one page", tuple(blocks))


def scope(report: Report, extras: Extras) -> Part:
    window = report.window
    days = f"{window.days:,} day{'' if window.days == 1 else 's'} kept by day"
    if window.months:
        days += f"; {window.coarse_loads:,} page loads are known by month only ({_months(window.months)})"
    facts = [
        ("Product", report.site.product or report.site.name),
        ("Kind", wording.kind(report.site.kind)),
        ("Short name", report.site.id),
        ("Domains counted as the product's own", ", ".join(report.site.domains)),
        ("Declared by", extras.declared_by or "the library's configuration, or the directory shipped with Carrel"),
        ("Contract", report.site.contract or f"not stated; {FILL_IN}"),
        (
            "Time asked about",
            (
                f"{wording.day(window.asked_since) or 'the beginning'} to "
                f"{wording.day(window.asked_until) or 'the latest count'}"
            ),
        ),
        ("Time observed", window.words),
        ("Days observed", days),
        ("Page loads watched", f"{report.share.whole:,}"),
    ]
    if window.left_out_loads:
        left = f"{window.left_out_loads:,} page load{'' if window.left_out_loads == 1 else 's'}"
        partly = "known only by a month that lies partly outside the time asked about"
        facts.append(("Left out", f"{left} {partly} ({_months(window.left_out_months)})"))
    facts += [
        ("Browsers", ", ".join(extras.browsers) or NOT_RECORDED),
        ("Mode", extras.mode or "see section 9: page loads on which something was stopped"),
    ]
    return Part("2", "Scope", (Facts(tuple(facts)), _states(report), _sections(report)))


def method(report: Report, extras: Extras) -> Part:
    suffixes = extras.suffix_list or "the copy shipped with the program version named above; annex A"
    lines = (
        (
            "What is read: which hosts the browser itself reports that a page made it contact, and from the "
            "addresses of these requests what kind of thing was sent. Bodies of requests are not read."
        ),
        "What is kept: counts per site, section, day or month, consent state and recipient.",
        (
            "What is thrown away at once: addresses of pages, searches, cookies' values, computers' addresses, times "
            "of day."
        ),
        (
            "Page load: a top-level document of the product, opened by a browser through the proxy. It counts once for "
            "a recipient, however many requests it made."
        ),
        f"Recipient: the registrable domain by the public suffix list ({suffixes}).",
        (
            "Third party or vendor: told by the domains of section 2, and by the owners in the lists on the title "
            f"page. There are more relations than two: {', '.join(wording.RELATIONS.values())}."
        ),
        (
            "Names rewritten by the library's own proxy server are turned back first, by its configuration and never "
            "by guess."
        ),
        f"Small numbers: {wording.COARSE_NOTE} Thresholds and truncation stand in annex C.",
        *(f"Seen by “{word}”: {text}." for word, text in wording.METHODS.items()),
    )
    intro = Paragraph(
        "Browsers on the library's public computers reach the web through Carrel, a proxy of the library. It opens "
        "only the pages of configured sites; every other connection passes sealed. Into each opened page it puts a "
        "policy that makes the browser report which hosts the page made it contact. The proxy counts these reports "
        "per page load."
    )
    check = Paragraph("Annex A says how to see the same without this program.")
    return Part("3", "Method", (intro, Items(lines), check))


def _months(names: tuple[str, ...]) -> str:
    """
    >>> _months(("May 2026", "June 2026")), _months(("May 2026", "June 2026", "July 2026", "August 2026"))
    ('May 2026, June 2026', '4 months, May 2026 to August 2026')
    """
    return ", ".join(names) if len(names) < 4 else f"{len(names)} months, {names[0]} to {names[-1]}"


def _not_found(report: Report, extras: Extras) -> Number:
    if not extras.disclosed or not extras.disclosed.documents:
        return Number("not compared", "of these, not found in the vendor's documents", "no document was given")
    names = {finding.party.domain for finding in report.findings}
    missing = sum(line.status == "not found" and line.recipient in names for line in extras.disclosed.lines)
    read = len(extras.disclosed.documents)
    return Number(
        f"{missing:,}",
        "of these, not found in the vendor's documents",
        f"{read} document{'' if read == 1 else 's'} looked through; see section 6",
    )


def _apart(report: Report) -> str:
    own, behind = len(report.apart), len(report.behind)
    text = (
        f"Not counted among them: {own} host{'' if own == 1 else 's'} of the vendor itself, of its group of companies "
        f"or of the library, and {behind} found behind the vendor's own names (section 5)"
    )
    if report.meetings:
        meetings = f"{report.meetings:,} meeting{'' if report.meetings == 1 else 's'}"
        text += f", and {meetings} with names that are not kept (section 4)"
    return f"{text}."


def _consent(report: Report) -> str:
    said = []
    for name, when in (
        ("undecided", "While the product's consent tool still waited for a choice"),
        ("refused", "After refusal"),
    ):
        state = next((state for state in report.consents if state.name == name), None)
        seen = f"any third party was contacted on {state.share.full}" if state else "no page load was watched"
        said.append(f"{when}, {seen}.")
    return " ".join(said)


def _by_category(report: Report) -> Figure:
    groups = sorted(report.groups, key=lambda group: (-len(group.findings), group.category.lower()))
    rows: list[dict[str, Value]] = [{"category": one.category, "recipients": len(one.findings)} for one in groups]
    columns = (
        Column("category", "Category", "what the list says the recipient's service is for", weight=3),
        Column(
            "recipients", "Recipients", "third parties of that category that pages made the browser contact", "number"
        ),
    )
    counts = ", ".join(f"{row['category']} {row['recipients']}" for row in rows)
    return Figure(
        id="by-category",
        caption="Recipients by category",
        spec="recipients_by_category",
        data=tuple({"category": r["category"], "third_parties": r["recipients"], "names": ""} for r in rows),
        alternative=f"Bar chart of recipients by category: {counts}.",
        table=table("recipients_by_category", "Recipients by category", columns, rows),
    )


def _share_columns(what: str) -> tuple[Column, ...]:
    return (
        Column("page_loads", "Page loads watched", f"page loads watched {what}", "number"),
        Column(
            "with_third_party", "With any third party", "of these, page loads that contacted any third party", "number"
        ),
        Column("percent", "Share", "with_third_party of page_loads; empty below 20 page loads", "percent"),
    )


def _share_cells(found: Share) -> dict[str, int | float | None]:
    percent = None if found.small else 100 * found.fraction
    return {"page_loads": found.whole, "with_third_party": found.part, "percent": percent}


def _states(report: Report) -> Table:
    head = Column("consent", "Consent state", "how the page load stood to the product's consent tool", weight=2)
    rows = [{"consent": wording.consent(one.name), **_share_cells(one.share)} for one in report.consents]
    return table("consent_states", "Consent states seen", (head, *_share_columns("in that state")), rows)


def _sections(report: Report) -> Table:
    head = Column("section", "Kind of page", "search, item, account, home or other", weight=2)
    rows = [{"section": section.name, **_share_cells(section.share)} for section in report.sections]
    return table("page_sections", "Kinds of pages watched", (head, *_share_columns("of that kind of page")), rows)


def _lists(report: Report) -> Table:
    columns = (
        Column("list", "List", "name of the list", weight=1.4),
        Column("version", "Version", "version of the list, as it states it"),
        Column("fetched", "Fetched", "day on which the library fetched it; empty: shipped with Carrel", "day", "data"),
        Column("fetched_words", "Fetched", "", shown="paper"),
        Column("entries", "Entries", "rules of the list that were understood", "number", weight=0.7),
        Column("skipped", "Skipped", "rules of the list that were not understood", "number", "data"),
        Column("licence", "Licence", "licence of the list"),
        Column("sha256", "SHA-256", "hash of the file, to check that it is the same list", "code", weight=3),
    )
    rows: list[dict[str, Value]] = [
        {
            "list": one.name,
            "version": one.version,
            "fetched": one.fetched,
            "fetched_words": wording.day(one.fetched) or "shipped with Carrel",
            "entries": one.rules,
            "skipped": one.skipped,
            "licence": one.licence,
            "sha256": one.sha256,
        }
        for one in report.lists
    ]
    return table("lists", "Lists", columns, rows, empty="No list is recorded.")


def _asked(extras: Extras) -> tuple[Block, ...]:
    asked = extras.requests or ()
    lines = tuple(
        f"{one.id}: {one.finding.partition(chr(10))[0]}: {one.asked}"
        + (f" (by {wording.day(one.wanted_by)})" if one.wanted_by else "")
        for one in asked
    )
    by = wording.day(extras.wanted_by) or FILL_IN
    found: tuple[Block, ...] = (
        (Items(lines),) if lines else (Note("The requests stand in section 11: none is recorded yet."),)
    )
    return (*found, Facts((("An answer is wanted by", by),)))
