"""Trend: recipients by week and month, and before and after a dated event. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from analysis import periods, statistics, wording
from analysis.documents.inputs import Extras
from analysis.documents.model import Block, Column, Figure, Heading, Note, Paragraph, Part, Table, Value, table
from analysis.documents.trend import BeforeAfter, Cell, Change
from analysis.evidence import Report

MOST = 20
"""Recipients in a chart; the table has them all."""
_APART = 5
"""Percent of a chart's height that a line of text takes."""
SPANS = 12
"""Columns that fit on a page; of more, the latest are shown in the chart."""


def trend(report: Report, extras: Extras) -> Part:
    blocks: list[Block] = []
    if extras.trend and extras.trend.months:
        blocks += [
            Paragraph("Share of the page loads watched in each month, or week, on which a recipient was contacted."),
            *_heat("month", "Recipients by month", extras.trend.months),
        ]
        weeks = extras.trend.weeks
        if weeks:
            blocks += [
                Paragraph("By week, of those days only whose counts are kept by day. A week begins on Monday."),
                *_heat("week", "Recipients by week", weeks),
            ]
    else:
        blocks.append(Note("No counts over time were given for this report."))
    blocks += [_watched(report), Heading("Before and after")]
    if extras.before_after:
        blocks += _before_after(extras.before_after)
    else:
        blocks.append(
            Note("No event was named. With --before-after DAY the report compares the time before with the time since.")
        )
    return Part("8", "Trend", tuple(blocks))


def _heat(one: str, caption: str, cells: Sequence[Cell]) -> list[Block]:
    names = list(dict.fromkeys(cell.recipient for cell in cells))
    every = sorted({cell.span for cell in cells})
    spans = every[-SPANS:]
    shown = [cell for cell in cells if cell.span in spans]
    seen = {name: sum(cell.share.part for cell in shown if cell.recipient == name) for name in names}
    most = sorted(names, key=lambda name: (-seen[name], name))[:MOST]
    drawn = [cell for name in most for cell in shown if cell.recipient == name]
    left = "" if len(names) <= MOST else f" The chart has the {MOST} most often contacted; the table has all."
    left += "" if len(every) <= SPANS else f" The latest {SPANS} of {len(every)}; the data files have all."
    said = "; ".join(_said(one, name, [cell for cell in drawn if cell.recipient == name]) for name in most)
    figure = Figure(
        id=f"{one}s-figure",
        caption=f"{caption}, in percent of page loads; counts where fewer than 20 were watched.{left}",
        spec="heat",
        data=tuple(
            {
                "recipient": cell.recipient,
                "span": cell.span,
                "percent": 100 * cell.share.fraction,
                "label": cell.share.short.replace("\u00a0%", "").replace("under ", "<").replace("over ", ">"),
            }
            for cell in drawn
        ),
        alternative=f"Heat map. {said}.",
        table=_grid(one, caption, names, spans, shown),
    )
    return [figure, _long(one, caption, cells)]


def _grid(one: str, caption: str, names: Sequence[str], spans: Sequence[str], cells: Sequence[Cell]) -> Table:
    """Recipients down, spans across; the last line says how many page loads a share is of."""
    by_place = {(cell.recipient, cell.span): cell.share for cell in cells}
    columns = (
        Column("recipient", "Recipient", "", weight=3),
        *(Column(span, periods.words(span), "", weight=1) for span in spans),
    )
    rows: list[dict[str, Value]] = [
        {"recipient": name, **{span: by_place[name, span].short for span in spans}} for name in names
    ]
    watched = {span: f"{by_place[names[0], span].whole:,}" for span in spans} if names else {}
    rows.append({"recipient": "Page loads watched", **watched})
    return table(f"grid_by_{one}", caption, columns, rows, shown="paper")


def _long(one: str, caption: str, cells: Sequence[Cell]) -> Table:
    columns = (
        Column("recipient", "Recipient", "registrable domain"),
        Column(one, one.capitalize(), f"the {one}; a week is named by its Monday", "day"),
        Column("page_loads", "Page loads", f"page loads of that {one} that contacted it", "number"),
        Column("watched", "Watched", f"page loads watched in that {one}", "number"),
        Column("percent", "Share", "page_loads of watched; empty below 20 watched", "percent"),
    )
    rows: list[dict[str, Value]] = [
        {
            "recipient": cell.recipient,
            one: cell.span,
            "page_loads": cell.share.part,
            "watched": cell.share.whole,
            "percent": None if cell.share.small else 100 * cell.share.fraction,
        }
        for cell in cells
    ]
    return table(f"by_{one}", caption, columns, rows, shown="data")


def _said(one: str, name: str, cells: Sequence[Cell]) -> str:
    first, last = cells[0], cells[-1]
    when = "in the week of" if one == "week" else "in"
    begin, end = periods.words(first.span), periods.words(last.span)
    return f"{name}: {first.share.short} {when} {begin}, {last.share.short} {when} {end}"


def _watched(report: Report) -> Table:
    columns = (
        Column("period", "Day or month", "a day, or a month where single days are not kept", "day", "data"),
        Column("period_words", "Day or month", "", shown="paper", weight=1.5),
        Column("section", "Kind of page", "search, item, account, home or other"),
        Column("consent", "Consent", "undecided, refused, accepted or unknown"),
        Column("page_loads", "Page loads", "page loads watched", "number"),
        Column("with_third_party", "With any third party", "of these, with any third party", "number"),
    )
    rows: list[dict[str, Value]] = [
        {
            "period": one.period,
            "period_words": periods.words(one.period),
            "section": one.section,
            "consent": one.consent,
            "page_loads": one.loads,
            "with_third_party": one.with_third_party,
        }
        for one in report.page_loads
    ]
    return table("page_loads", "Page loads watched", columns, rows, shown="data")


def _before_after(given: BeforeAfter) -> list[Block]:
    columns = (
        Column("recipient", "Recipient", "registrable domain", weight=1.5),
        Column("before", "Before", "page loads before the day that contacted it", "number", weight=0.7),
        Column("before_watched", "Watched before", "page loads watched before the day", "number", weight=0.7),
        Column("after", "Since", "page loads from that day on that contacted it", "number", weight=0.7),
        Column("after_watched", "Watched since", "page loads watched from that day on", "number", weight=0.7),
        Column("difference", "In words", "what can be said of the difference", weight=3.5),
    )
    rows: list[dict[str, Value]] = [
        {
            "recipient": change.recipient,
            "before": change.before.part,
            "before_watched": change.before.whole,
            "after": change.after.part,
            "after_watched": change.after.whole,
            "difference": _difference(change),
        }
        for change in given.changes
    ]
    event = f" ({given.event})" if given.event else ""
    text = f"Before {wording.day(given.day)}{event}, and since then, that day included."
    if given.left_out:
        text += f" {given.left_out:,} page loads are known only by the month of that day, and stand on neither side."
    if not rows or not all((given.changes[0].before.whole, given.changes[0].after.whole)):
        return [Paragraph(text), Note("Too little was watched on one side of that day to compare.")]
    said = "; ".join(f"{one.recipient}: {one.before.short}, then {one.after.short}" for one in given.changes[:MOST])
    return [
        Paragraph(text),
        Figure(
            id="before-after-figure",
            caption="Before and after, in percent of page loads",
            spec="slope",
            data=_points(given.changes[:MOST]),
            alternative=f"Slope chart. {said}.",
            table=table("before_after", "Before and after", columns, rows),
        ),
    ]


def _difference(change: Change) -> str:
    told = statistics.change(change.before.part, change.before.whole, change.after.part, change.after.whole)
    return told.gone.words if told.gone else told.words


def _points(changes: Sequence[Change]) -> tuple[dict[str, Value], ...]:
    """Names at the ends of the lines, moved apart so that none stands on another."""
    places: dict[str, float] = {}
    lowest = 100.0 + _APART
    for one in sorted(changes, key=lambda one: (-one.after.fraction, one.recipient)):
        lowest = min(100 * one.after.fraction, lowest - _APART)
        places[one.recipient] = lowest
    raised = max(0.0, -lowest)
    return tuple(
        {
            "recipient": one.recipient,
            "side": side,
            "percent": 100 * found.fraction,
            "place": places[one.recipient] + raised * (100 - places[one.recipient]) / (100 - lowest),
            "label": f"{one.recipient} {found.short}",
        }
        for one in changes
        for side, found in (("before", one.before), ("since", one.after))
    )
