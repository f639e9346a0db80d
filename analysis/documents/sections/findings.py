"""Findings, and what hides behind the vendor's own names. Pure. The two are never added up."""

from __future__ import annotations

from collections.abc import Iterable

from analysis import statistics, wording
from analysis.documents.inputs import Extras
from analysis.documents.model import Block, Column, Heading, Paragraph, Part, Table, Value, table
from analysis.evidence import Finding, Report
from analysis.received import Received
from analysis.shares import Share

COLUMNS = (
    Column(
        "category", "Category", "what the list says the service is for; never added up with other categories", weight=1
    ),
    Column("recipient", "Recipient", "registrable domain that pages made the browser contact", shown="data"),
    Column("service", "Service", "what the list calls it; empty if no list knows it", shown="data"),
    Column("recipient_words", "Recipient and service", "", shown="paper", weight=1.5),
    Column("owner", "Owner", "company behind it, by the list", shown="data"),
    Column("owner_group", "Group", "group of companies the owner belongs to, by the list", shown="data"),
    Column("owner_words", "Owner", "", shown="paper"),
    Column(
        "relation", "Relation", "how it stands to the product: third, host, cloud, group, own or library", shown="data"
    ),
    Column("list", "List", "the list that names it", shown="data"),
    Column("list_version", "Version", "version of that list", shown="data"),
    Column("rule", "Entry", "entry of that list that matched", shown="data"),
    Column("origin", "List, version and entry", "", shown="paper", weight=1.3),
    Column("sections", "Page sections", "kinds of pages on which it was seen, separated by spaces", weight=0.9),
    Column("days_seen", "Days seen", "days, of those kept by day, on which it was contacted", "number", "data"),
    Column("days_observed", "Days observed", "days kept by day on which page loads were watched", "number", "data"),
    Column(
        "page_loads", "Page loads", "page loads on which it was contacted; what was stopped is none", "number", "data"
    ),
    Column("page_loads_watched", "Page loads watched", "page loads of the product that were watched", "number", "data"),
    Column("percent", "Share", "page_loads of page_loads_watched; empty below 20 watched", "percent", "data"),
    Column("interval_low", "Interval, low", "lower end of the 95 % interval of the share", "percent", "data"),
    Column("interval_high", "Interval, high", "upper end of the 95 % interval of the share", "percent", "data"),
    Column("counts", "Counts", "exact, or at least: page loads may be the same as those of another line", shown="data"),
    Column("seen", "Seen on days; on page loads (95 % interval)", "", shown="paper", weight=1.5),
    Column(
        "before_choice", "Before a choice", "page loads before a consent choice that contacted it", "number", "data"
    ),
    Column("before_choice_watched", "Before, watched", "page loads watched before a consent choice", "number", "data"),
    Column("after_refusal", "After refusal", "page loads after refusal that contacted it", "number", "data"),
    Column("after_refusal_watched", "After, watched", "page loads watched after refusal", "number", "data"),
    Column("consent", "Before consent; after refusal", "", shown="paper", weight=1.2),
    Column(
        "received",
        "Received, highest",
        "highest rung of the ladder that was seen; empty if it was only stopped",
        shown="data",
    ),
    Column(
        "received_page_loads",
        "Received, page loads",
        "page loads, at least, on which that rung was reached",
        "number",
        "data",
    ),
    Column("received_all", "Received, all", "everything that was seen to be sent, and in what", shown="data"),
    Column("received_words", "What it received", "", shown="paper", weight=1.8),
    Column("blocked", "Blocked", "page loads on which Carrel stopped it", "number", "data"),
    Column(
        "stopped_upstream",
        "Stopped upstream",
        "page loads on which the library's content filter stopped it",
        "number",
        "data",
    ),
    Column("blocked_words", "Blocked?", "", shown="paper", weight=0.9),
    Column("kinds", "Kinds", "what was asked for, separated by spaces", shown="data"),
    Column(
        "how_seen",
        "How seen",
        "report, report+tunnel, request, dns or tunnel; section 3 says what each means",
        shown="data",
    ),
    Column("relayed", "Relayed", "page loads, at least, on which the library's own proxy relayed it", "number", "data"),
    Column("first_period", "First seen", "day, or month where single days are not kept", "day", "data"),
    Column("last_period", "Last seen", "day, or month where single days are not kept", "day", "data"),
    Column("how_words", "As what, how and since when it was seen", "", shown="paper", weight=1.5),
)
OWN_NAMES = {
    "behind": "Recipients behind the vendor's own names",
    "apart": "Hosts of the vendor, of its group of companies, and of the library",
}


def findings(report: Report, extras: Extras) -> Part:
    blocks: list[Block] = [
        Paragraph(
            f"From our public computers, {report.window.words}, pages of {report.site.name} caused the browser to "
            f"contact these recipients on so many of the {report.share.whole:,} page loads watched."
        ),
        of(
            report,
            extras,
            "findings",
            "Recipients observed, by category",
            report.findings,
            grouped=True,
            empty=f"No third party was seen by name on {report.share.counts}.",
        ),
    ]
    if report.relayed:
        blocks.append(Paragraph(wording.RELAYED_NOTE))
    if report.unresolved:
        blocks.append(Paragraph(f"{wording.UNRESOLVED}: on {report.unresolved.share.full}. {wording.UNRESOLVED_NOTE}"))
    if report.meetings:
        meetings = f"{report.meetings:,} meeting{'' if report.meetings == 1 else 's'}"
        blocks.append(Paragraph(f"{wording.UNLISTED}: {meetings}. {wording.UNLISTED_NOTE}"))
    blocks += [
        Paragraph(text, small=True) for text in (wording.SHARE_NOTE, wording.RECEIVED_NOTE, _consent_note(report))
    ]
    blocks.append(Paragraph(statistics.NOTE, small=True))
    return Part("4", "Findings", tuple(blocks))


def own_names(report: Report, extras: Extras) -> Part:
    behind = of(
        report, extras, "behind_own_names", OWN_NAMES["behind"], report.behind, empty="None was seen behind its names."
    )
    apart = of(
        report, extras, "own_hosts", OWN_NAMES["apart"], report.apart, empty="None was seen beside its own domains."
    )
    return Part(
        "5",
        "The vendor's own metrics hosts, and trackers behind the vendor's own names",
        (
            Paragraph("Kept apart from section 4, and never added up with it."),
            Heading("Behind the vendor's own names"),
            Paragraph(wording.BEHIND_NOTE),
            behind,
            Heading("The vendor's own hosts, its group's, and the library's"),
            Paragraph(
                "A host of the same group of companies is not the product itself, and may still learn what is read."
            ),
            apart,
        ),
    )


def of(
    report: Report,
    extras: Extras,
    id: str,  # noqa: A002  # as in the data class
    caption: str,
    found: Iterable[Finding],
    *,
    grouped: bool = False,
    empty: str,
) -> Table:
    rows = [_row(report, extras, finding) for finding in found]
    return table(id, caption, COLUMNS, rows, grouped_by="category" if grouped else "", empty=empty)


def seen_on(share: Share) -> str:
    """Counts, and what they tell of the share: nothing where they are few."""
    if share.small:
        return f"{share.counts}; too few for a percentage"
    interval = statistics.estimate(share.part, share.whole).interval
    return f"{share.counts}: {share.percent}" + (f" ({interval.words})" if interval else "")


def _row(report: Report, extras: Extras, finding: Finding) -> dict[str, Value]:
    party, given, share = finding.party, finding.received, finding.share
    interval = statistics.estimate(share.part, share.whole).interval
    days_seen, days_observed = _days(report, extras, finding)
    before, after = finding.before_choice, finding.after_refusal
    days = f"{days_seen} of {days_observed} days\n" if days_seen is not None and days_observed else ""
    kinds, methods = ", ".join(finding.kinds) or "unknown", ", ".join(finding.methods) or "unknown"
    return {
        "category": party.category[:1].upper() + party.category[1:],
        "recipient": party.domain,
        "service": party.service,
        "recipient_words": _lines(party.domain, party.service, *finding.tags),
        "owner": party.owner,
        "owner_group": party.owner_group,
        "owner_words": party.who or "unknown",
        "relation": finding.relation,
        "list": party.list,
        "list_version": party.list_version,
        "rule": party.rule,
        "origin": party.origin,
        "sections": " ".join(finding.sections),
        "days_seen": days_seen,
        "days_observed": days_observed,
        "page_loads": share.part,
        "page_loads_watched": share.whole,
        "percent": None if share.small else 100 * share.fraction,
        "interval_low": 100 * interval.low if interval else None,
        "interval_high": 100 * interval.high if interval else None,
        "counts": "at least" if finding.at_least else "exact",
        "seen": f"{days}{seen_on(share)}",
        "before_choice": before.part if before else None,
        "before_choice_watched": before.whole if before else None,
        "after_refusal": after.part if after else None,
        "after_refusal_watched": after.whole if after else None,
        "consent": _consent(report, finding),
        "received": given.rung if given else wording.RUNGS[0] if share.part else "",
        "received_page_loads": given.share.part if given else share.part,
        "received_all": "; ".join(f"{one.what} ({' '.join(one.carriers)})" for one in given.whats) if given else "",
        "received_words": _received(given, contacted=bool(share.part)),
        "blocked": finding.blocked,
        "stopped_upstream": finding.stopped_upstream,
        "blocked_words": _blocked(finding),
        "kinds": " ".join(finding.kinds),
        "how_seen": " ".join(finding.methods),
        "relayed": finding.relayed,
        "first_period": finding.first_period,
        "last_period": finding.last_period,
        "how_words": f"as {kinds}; by {methods}\nfirst seen {finding.first}",
    }


def _days(report: Report, extras: Extras, finding: Finding) -> tuple[int | None, int | None]:
    if not extras.trend:
        return None, report.window.days
    who = finding.party.domain, finding.relation, finding.stands
    return extras.trend.days_seen.get(who, 0), extras.trend.days_observed


def _received(given: Received | None, *, contacted: bool) -> str:
    if not given:
        return "contacted; nothing more was seen" if contacted else "nothing: it was stopped"
    sent = "; ".join(
        f"{wording.received(one.what)} {' and '.join(wording.carrier(carrier) for carrier in one.carriers)}"
        for one in given.whats
    )
    share = given.share
    percent = "" if share.small else f" ({share.percent})"
    return f"{given.rung}\non at least {share.counts}{percent}: {sent}"


def _consent(report: Report, finding: Finding) -> str:
    if not report.consent_known:
        return "not known"
    pairs = (("before", finding.before_choice), ("after refusal", finding.after_refusal))
    return "\n".join(f"{words}: {found.counts if found else 'not watched'}" for words, found in pairs)


def _blocked(finding: Finding) -> str:
    stopped = ((finding.blocked, "by Carrel"), (finding.stopped_upstream, "by the content filter"))
    said = [f"{by}, on {loads:,} page load{'' if loads == 1 else 's'}" for loads, by in stopped if loads]
    return "; ".join(said) or "no"


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _consent_note(report: Report) -> str:
    known = "Consent: " if report.consent_known else "The state of the product's consent tool was not known. "
    return f"{known}{wording.CONSENT_NOTE}"
