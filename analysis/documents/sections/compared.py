"""Controls, and the comparison with other products: the same measures for each, and never a score. Pure."""

from __future__ import annotations

from analysis import wording
from analysis.documents.inputs import Control, Extras, Product
from analysis.documents.model import Block, Column, Figure, Heading, Items, Note, Paragraph, Part, Value, table
from analysis.evidence import Finding, Report

MOST = 20
"""Recipients in the chart."""
_CONTROLS = (
    Column("recipient", "Recipient", "registrable domain", weight=1.5),
    Column("state", "Allowed or blocked", "allowed, blocked, or both at different times"),
    Column("since", "Since", "day, or month, on which it was first stopped, or let pass by a rule", "day"),
    Column("contacted", "Page loads contacted", "page loads on which it was contacted", "number"),
    Column("blocked", "Stopped by Carrel", "page loads on which Carrel stopped it", "number"),
    Column("stopped_upstream", "Stopped upstream", "page loads on which the content filter stopped it", "number"),
    Column(
        "prevented",
        "Would have received",
        "what it would have received on page loads on which it was stopped, as far as that was seen",
        weight=1.5,
    ),
    Column("breakage", "Breakage noted", "what no longer worked, or why it is let pass", weight=1.5),
)
_COMPARISON = (
    Column("product", "Product", "name of the product", weight=1.5),
    Column("rung", "Highest received", "highest rung of the ladder that any third party was seen to receive"),
    Column("reached", "On page loads, at least", "page loads, at least, on which that rung was reached", "number"),
    Column("recipients", "Recipients", "third parties seen by name", "number"),
    Column("with_third_party", "With any third party", "page loads that contacted any third party", "number"),
    Column("watched", "Page loads watched", "page loads of the product that were watched", "number"),
    Column("after_refusal", "After refusal", "page loads after refusal that contacted any third party", shown="paper"),
    Column("after_refusal_loads", "After refusal", "page loads after refusal with any third party", "number", "data"),
    Column("after_refusal_watched", "After, watched", "page loads watched after refusal", "number", "data"),
    Column("blocked", "Blocked", "third parties that were stopped on some page load", "number"),
)


def controls(report: Report, extras: Extras) -> Part:
    known = {control.recipient: control for control in extras.controls or ()}
    found = (*report.findings, *report.behind)
    rows = [_control(finding, known.get(finding.party.domain)) for finding in found]
    lines = table(
        "controls", "Recipients allowed and blocked", _CONTROLS, rows, empty="No recipient was observed by name."
    )
    text = Paragraph("Blocking is the library's stop-gap on its own computers, and not a cure.")
    blocks: list[Block] = [text]
    if extras.controls is None:
        blocks.append(Note("Since when, and what broke, is not recorded here: the library fills it in."))
    blocks += [Paragraph(sign) for sign in extras.signs]
    if not rows:
        return Part("9", "Controls", (*blocks, lines))
    drawn = sorted(found, key=lambda one: (-one.blocked, -one.share.part, one.party.domain))[:MOST]
    shown = [_control(finding, None) for finding in drawn]
    data = tuple(
        {"recipient": row["recipient"], "outcome": outcome, "loads": row[column], "order": order}
        for row in shown
        for order, (column, outcome) in enumerate((("contacted", "contacted"), ("blocked", "stopped")))
    )
    stopped = [row for row in rows if row["blocked"]]
    said = "; ".join(f"{row['recipient']} stopped on {row['blocked']}" for row in stopped) or "none was stopped"
    left = (
        f". The chart has {MOST} of them, the most often stopped first; the table has all." if len(rows) > MOST else ""
    )
    figure = Figure(
        id="controls-figure",
        caption=f"Page loads on which a recipient was contacted, and on which Carrel stopped it{left}",
        spec="controls",
        data=data,
        alternative=f"Bars of page loads contacted and stopped. Of {len(rows)} recipients: {said}.",
        table=lines,
    )
    return Part("9", "Controls", (*blocks, figure))


def comparison(report: Report, extras: Extras) -> Part:
    text = Paragraph(
        "The same measures for the library's other products of the same kind, sorted by the highest rung that a third "
        f"party was seen to receive ({', '.join(wording.RUNGS)}), then by the share of page loads. It is no score, "
        "and products are used in different ways."
    )
    if extras.comparison is None:
        note = Note("No comparison was made for this report.")
        return Part("10", "Comparison", (text, note, table("comparison", "Products of the same kind", _COMPARISON, [])))
    rows = [_product(product) for product in sorted(extras.comparison, key=_order)]
    lines = table("comparison", "Products of the same kind", _COMPARISON, rows, empty="There is no other of its kind.")
    blocks: list[Block] = [text, lines]
    if extras.unwatched:
        none = ", ".join(extras.unwatched)
        blocks.append(Paragraph(f"No page load was watched in this time: {none}.", small=True))
    if extras.cautions:
        blocks += [Heading("What makes this comparison unsafe"), Items(extras.cautions)]
    return Part("10", "Comparison", tuple(blocks))


def _control(finding: Finding, known: Control | None) -> dict[str, Value]:
    stopped = finding.blocked or finding.stopped_upstream
    seen = "both" if stopped and finding.share.part else "blocked" if stopped else "allowed"
    return {
        "recipient": finding.party.domain,
        "state": known.state if known else seen,
        "since": known.since if known else "",
        "contacted": finding.share.part,
        "blocked": finding.blocked,
        "stopped_upstream": finding.stopped_upstream,
        "prevented": _prevented(finding),
        "breakage": known.breakage if known else "",
    }


def _prevented(finding: Finding) -> str:
    given = finding.prevented
    if not given:
        return ""
    sent = "; ".join(wording.received(one.what) for one in given.whats)
    return f"{sent} (on at least {given.share.part:,} page load{'' if given.share.part == 1 else 's'})"


def _product(product: Product) -> dict[str, Value]:
    after = product.after_refusal
    return {
        "product": f"{product.name} (this report)" if product.reported else product.name,
        "rung": product.highest_rung or "none",
        "reached": product.reached.part if product.reached else None,
        "recipients": product.recipients,
        "with_third_party": product.with_third_party.part,
        "watched": product.with_third_party.whole,
        "after_refusal": after.counts if after else "not watched",
        "after_refusal_loads": after.part if after else None,
        "after_refusal_watched": after.whole if after else None,
        "blocked": product.blocked,
    }


def _order(product: Product) -> tuple[int, float, str]:
    height = wording.RUNGS.index(product.highest_rung) if product.highest_rung in wording.RUNGS else -1
    return -height, -product.with_third_party.fraction, product.name.casefold()
