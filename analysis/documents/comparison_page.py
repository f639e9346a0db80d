"""A comparison as a document of one page: the measures, a chart, and what makes it unsafe. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from analysis import periods, statistics, wording
from analysis.comparison import APART, OTHER, Comparison, Line, cautions
from analysis.documents import dictionary, plain
from analysis.documents.model import (
    Block,
    Column,
    Document,
    Facts,
    Figure,
    Items,
    Paragraph,
    Part,
    Value,
    table,
)
from analysis.shares import Share

MOST = 16
"""Products in the chart: more would push what stands beside it from the page."""
KINDS = {"catalog": "catalogs", "vendor": "vendors' products", "library": "pages of the library"}
_COLUMNS = (
    Column("product", "Product", "name of the product", shown="data"),
    Column("id", "Short name", "id of the site", shown="data"),
    Column("kind", "Kind", "catalog, vendor or library", shown="data"),
    Column("vendor", "Vendor", "who sells it", shown="data"),
    Column("product_words", "Product", "", shown="paper", weight=2.3),
    Column("rung", "Highest received", "highest rung that any recipient was seen to receive", shown="data"),
    Column("reached", "Reached on", "page loads, at least, on which that rung was reached", "number", "data"),
    Column("rung_words", "Highest received, on page loads (at least)", "", shown="paper", weight=1.6),
    Column("with_third_party", "With any", "page loads that contacted any third party", "number", "data"),
    Column("watched", "Watched", "page loads of the product that were watched", "number", "data"),
    Column("percent", "Share", "with_third_party of watched; empty below 20 watched", "percent", "data"),
    Column("interval_low", "Interval, low", "lower end of the 95 % interval of the share", "percent", "data"),
    Column("interval_high", "Interval, high", "upper end of the 95 % interval of the share", "percent", "data"),
    Column("share_words", "Page loads with any third party (95 % interval)", "", shown="paper", weight=1.7),
    Column("recipients", "Recipients", "third parties known by name", "number", weight=1.1),
    Column("advertising", "Ads", "of the recipients, those for advertising", "number", weight=0.6),
    Column("analytics", "Analytics", "of the recipients, those for analytics", "number", weight=1.0),
    Column("session_replay", "Replay", "of the recipients, those for session replay", "number", weight=0.7),
    Column("other_kinds", "Others", "of the recipients, those of every other category", "number", weight=0.8),
    Column("behind", "Behind own names", "recipients behind the product's own names", "number", "data"),
    Column("behind_rung", "Behind, highest", "highest rung that one of these was seen to receive", shown="data"),
    Column("behind_words", "Behind own names (highest received)", "", shown="paper", weight=1.6),
    Column("before_choice", "Before a choice", "page loads before a choice with any third party", "number", "data"),
    Column("before_choice_watched", "Before, watched", "page loads watched before a choice", "number", "data"),
    Column("after_refusal", "After refusal", "page loads after refusal with any third party", "number", "data"),
    Column("after_refusal_watched", "After, watched", "page loads watched after refusal", "number", "data"),
    Column("consent_words", "Any before a choice; after refusal", "", shown="paper", weight=1.4),
    Column("blocked", "Blocked", "recipients that were stopped on some page load", "number", weight=0.85),
    Column("days_observed", "Days observed", "days kept by day on which page loads were watched", "number", "data"),
    Column("first_period", "First", "first day or month with page loads", "day", "data"),
    Column("last_period", "Last", "last day or month with page loads", "day", "data"),
    Column("window", "Observed", "", shown="paper", weight=1.6),
)
_CATEGORIES = (
    Column("product", "Product", "name of the product"),
    Column("category", "Category", "what the list says the service is for"),
    Column("recipients", "Recipients", "third parties of that category known by name", "number"),
)
_LISTS = (
    Column("list", "List", "name of the list"),
    Column("version", "Version", "version of the list, as it states it"),
    Column("fetched", "Fetched", "day on which the library fetched it; empty: shipped with Carrel", "day"),
    Column("sha256", "SHA-256", "hash of the file, to check that it is the same list", "code"),
)
_UNWATCHED = (Column("product", "Product", "name of a product of which no page load was watched in this time"),)


def build(comparison: Comparison) -> Document:
    parts = (_about(comparison), _measures(comparison), _chart(comparison), _unsafe(comparison), _limits())
    document = Document(
        title=title(comparison),
        status="draft",
        library=comparison.library,
        subject=f"products of kind {comparison.kind}" if comparison.kind else " ".join(_ids(comparison)),
        made_on=comparison.made_on,
        program_version=comparison.program_version,
        parts=parts,
        kind="comparison",
    )
    return plain.cleaned(_with_dictionary(document))


def title(comparison: Comparison) -> str:
    number = len(comparison.lines)
    what = "1 product" if number == 1 else f"{number} {KINDS.get(comparison.kind, 'products')}"
    library = comparison.library or "the library"
    return f"Third-party services observed on {what} from the public computers of {library}, {comparison.time}"


def _about(comparison: Comparison) -> Part:
    facts = (
        ("Prepared by", comparison.library or "the library"),
        ("Prepared on", wording.day(comparison.made_on)),
        ("Prepared with", f"Carrel {comparison.program_version}"),
        ("Lists", ", ".join(f"{one.name} {one.version}" for one in comparison.lists) or "none"),
    )
    columns = [
        {"list": one.name, "version": one.version, "fetched": one.fetched, "sha256": one.sha256}
        for one in comparison.lists
    ]
    return Part("0", "About", (Facts(facts), table("lists", "Lists", _LISTS, columns, shown="data")))


def _measures(comparison: Comparison) -> Part:
    names = _labels(comparison)
    mixed = len({line.site.kind for line in comparison.lines}) > 1
    rows = [_row(line, names[line.site.id], mixed=mixed) for line in comparison.lines]
    blocks: list[Block] = [table("comparison", "The same measures for each product", _COLUMNS, rows)]
    if comparison.unwatched:
        unwatched = [{"product": name} for name in comparison.unwatched]
        blocks += [
            Paragraph(f"No page load was watched in this time: {', '.join(comparison.unwatched)}.", small=True),
            table("unwatched", "Products of which no page load was watched", _UNWATCHED, unwatched, shown="data"),
        ]
    blocks.append(
        Paragraph(
            "Sorted by the highest rung of what a recipient received "
            f"({' < '.join(wording.RUNGS)}), then by the share of page loads. The order is no score. What hides behind "
            "a product's own names is never added up with the recipients. A rung, and a state of consent, stand with "
            "the page loads of those watched. Ads: advertising; Replay: session replay; Others: all other categories.",
            small=True,
        )
    )
    return Part("1", "The same measures for each product", tuple(blocks))


def _chart(comparison: Comparison) -> Part:
    names = _labels(comparison)
    drawn = comparison.lines[:MOST]
    data = tuple(
        {"product": names[line.site.id], "category": category, "place": place, "recipients": line.of(category)}
        for line in drawn
        for place, category in enumerate((*APART, OTHER))
    )
    said = "; ".join(
        f"{names[line.site.id]}: {', '.join(f'{name} {line.of(name)}' for name in (*APART, OTHER))}" for line in drawn
    )
    left = len(comparison.lines) - len(drawn)
    caption = "Recipients by category, for each product; the numbers stand in the table"
    if left:
        caption += f". {left} more product{' stands' if left == 1 else 's stand'} in the table only"
    rows: list[dict[str, Value]] = [
        {"product": names[line.site.id], "category": category, "recipients": number}
        for line in comparison.lines
        for category, number in line.categories
    ]
    figure = Figure(
        id="by-category",
        caption=caption,
        spec="comparison",
        data=data,
        alternative=f"Bars of recipients by category for each product. {said}.",
        table=table("recipients_by_category", "Every category", _CATEGORIES, rows, shown="data"),
    )
    return Part("2", "Recipients by category", (figure,))


def _unsafe(comparison: Comparison) -> Part:
    return Part("3", "What makes this comparison unsafe", (Items(cautions(comparison)),))


def _limits() -> Part:
    return Part(
        "4",
        "Limits",
        (
            Paragraph(f"Not claimed: {' '.join(wording.NOT_CLAIMED)}", small=True),
            Paragraph(f"Not seen: {' '.join(wording.BLIND_SPOTS)}", small=True),
            Paragraph(
                "More columns, every category, the lists with their SHA-256 and the meaning of each column stand in "
                "the files for spreadsheets and programs (CSV, XLSX, JSON).",
                small=True,
            ),
        ),
    )


def _with_dictionary(document: Document) -> Document:
    """After all tables, its own included; for programs and spreadsheets only."""
    last = document.parts[-1]
    known = (*document.tables, replace(dictionary.EMPTY, shown="data"))
    part = replace(last, blocks=(*last.blocks, dictionary.of(known, "data")))
    return replace(document, parts=(*document.parts[:-1], part))


def _row(line: Line, name: str, *, mixed: bool) -> dict[str, Value]:
    share, reached = line.share, line.reached
    interval = statistics.estimate(share.part, share.whole).interval
    site = line.site
    before, after = line.before_choice, line.after_refusal
    return {
        "product": name,
        "id": site.id,
        "kind": site.kind,
        "vendor": site.vendor,
        "product_words": _lines(
            name, ", ".join(text for text in (wording.kind(site.kind) if mixed else "", site.vendor) if text)
        ),
        "rung": line.rung,
        "reached": reached.part if reached else None,
        "rung_words": _lines(line.rung or "nothing", _of(reached) if reached else ""),
        "with_third_party": share.part,
        "watched": share.whole,
        "percent": None if share.small else 100 * share.fraction,
        "interval_low": None if share.small or not interval else 100 * interval.low,
        "interval_high": None if share.small or not interval else 100 * interval.high,
        "share_words": _share(share),
        "recipients": line.recipients,
        "advertising": line.of("advertising"),
        "analytics": line.of("analytics"),
        "session_replay": line.of("session replay"),
        "other_kinds": line.of(OTHER),
        "behind": line.behind,
        "behind_rung": line.behind_rung,
        "behind_words": f"{line.behind}" + (f" ({line.behind_rung})" if line.behind_rung else ""),
        "before_choice": before.part if before else None,
        "before_choice_watched": before.whole if before else None,
        "after_refusal": after.part if after else None,
        "after_refusal_watched": after.whole if after else None,
        "consent_words": _consent(line),
        "blocked": line.blocked,
        "days_observed": line.window.days,
        "first_period": line.first_period,
        "last_period": line.last_period,
        "window": _lines(_days(line), _short(line)),
    }


def _share(share: Share) -> str:
    if share.small:
        return _lines(_of(share), "too few for a percentage")
    interval = statistics.estimate(share.part, share.whole).interval
    return _lines(f"{share.percent} ({interval.words})" if interval else share.percent, _of(share))


def _consent(line: Line) -> str:
    if not line.consent_known:
        return "not known"
    pairs = (("before", line.before_choice), ("after", line.after_refusal))
    return "\n".join(f"{word}: {_of(share) if share else 'not watched'}" for word, share in pairs)


def _days(line: Line) -> str:
    days, months = line.window.days, len(line.window.months)
    said = [f"{days:,} day{'' if days == 1 else 's'}"] if days else []
    said += [f"{months} month{'' if months == 1 else 's'}"] if months else []
    return ", ".join(said)


def _short(line: Line) -> str:
    first, last = _brief(line.first_period), _brief(line.last_period)
    if first == last:
        return first
    return f"{first.removesuffix(last[-5:])} to {last}"


def _brief(period: str) -> str:
    """
    >>> _brief("2026-11-03"), _brief("2026-11"), _brief("2026-05")
    ('3 Nov 2026', 'Nov 2026', 'May 2026')
    """
    return re.sub(r"[A-Z][a-z]+", lambda month: month[0][:3], periods.words(period))


def _of(share: Share) -> str:
    return f"{share.part:,} of {share.whole:,}"


def _labels(comparison: Comparison) -> dict[str, str]:
    """Two products may have the same name: then the short name tells them apart."""
    names = [line.site.name for line in comparison.lines]
    return {
        line.site.id: line.site.name if names.count(line.site.name) == 1 else f"{line.site.name} ({line.site.id})"
        for line in comparison.lines
    }


def _ids(comparison: Comparison) -> list[str]:
    return [line.site.id for line in comparison.lines]


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
