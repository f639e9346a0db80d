"""Several libraries' summaries beside each other: each product's share at each library, and the span of them. Pure.

Libraries differ in use, in what they block and in the month of their figures, so a difference is no proof of anything.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from analysis import spreadsheets
from analysis.exchange.figures import Month, Product
from analysis.exchange.summary import Summary
from analysis.periods import words

NOTE: Final = (
    "Percent of page loads that contacted any third party, rounded, in the latest month that each library gives. "
    "Libraries differ in which pages patrons open, in what is blocked, and in the lists they use: a difference is "
    "no proof, and no score. An empty cell means that the library gives no figures for the product."
)


@dataclass(frozen=True, slots=True)
class Line:
    product: str
    vendor: str
    months: tuple[Month | None, ...]
    """In the order of the libraries."""

    @property
    def shares(self) -> tuple[int, ...]:
        return tuple(month.share for month in self.months if month)


@dataclass(frozen=True, slots=True)
class Merged:
    libraries: tuple[str, ...]
    lines: tuple[Line, ...]
    """What most libraries have first."""


def merge(summaries: Sequence[Summary]) -> Merged:
    """A product is the same where vendor and product are written alike; ids are each library's own."""
    names: dict[tuple[str, str], tuple[str, str]] = {}
    found: dict[tuple[str, str], dict[int, Month]] = {}
    for number, summary in enumerate(summaries):
        for product in summary.figures.products:
            key = product.vendor.casefold(), product.product.casefold()
            names.setdefault(key, (product.product, product.vendor))
            found.setdefault(key, {})[number] = _newer(found.get(key, {}).get(number), product)
    lines = [
        Line(*names[key], tuple(months.get(number) for number in range(len(summaries))))
        for key, months in found.items()
    ]
    lines.sort(key=lambda one: (-len(one.shares), one.product.casefold(), one.vendor.casefold()))
    return Merged(_libraries(summaries), tuple(lines))


def _newer(held: Month | None, product: Product) -> Month:
    """A library may have two sites of one product: the later month, of two alike the larger share, stands."""
    latest = product.latest
    return latest if held is None else max(held, latest, key=lambda one: (one.month, one.share))


def _libraries(summaries: Sequence[Summary]) -> tuple[str, ...]:
    names: list[str] = []
    for number, summary in enumerate(summaries, 1):
        name = summary.library or f"Library {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return tuple(names)


def header(merged: Merged) -> list[str]:
    each = [f"{name}, {what}" for name in merged.libraries for what in ("percent", "month")]
    return ["product", "vendor", "libraries", "lowest percent", "median percent", "highest percent", *each]


def rows(merged: Merged) -> list[list[str | int | float | None]]:
    return [
        [
            line.product,
            line.vendor,
            len(line.shares),
            min(line.shares),
            statistics.median(line.shares),
            max(line.shares),
            *(cell for month in line.months for cell in ((month.share, month.month) if month else (None, None))),
        ]
        for line in merged.lines
    ]


def as_csv(merged: Merged) -> str:
    return spreadsheets.csv_text(header(merged), rows(merged))


def as_html(merged: Merged) -> str:
    heads = ["Product", "Libraries", "Lowest", "Median", "Highest", *merged.libraries]
    body = "".join(_row(line) for line in merged.lines)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    title = "The same products at several libraries"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main><h1>{title}</h1><p>{NOTE}</p>"
        f'<div tabindex="0" role="region" aria-label="Table"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div></main></body></html>\n"
    )


def _row(line: Line) -> str:
    shares = [min(line.shares), statistics.median(line.shares), max(line.shares)]
    cells = [f"{len(line.shares)}", *(f"{share:g}\u00a0%" for share in shares)]
    months = [f"{one.share}\u00a0% <small>{words(one.month)}</small>" if one else "" for one in line.months]
    name = f'<th scope="row">{escape(line.product)}<small>{escape(line.vendor)}</small></th>'
    return f"<tr>{name}{''.join(f'<td>{cell}</td>' for cell in (*cells, *months))}</tr>\n"


_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:1.5rem auto;padding:0 1rem;"
    "max-width:72rem}p{max-width:50rem}div{overflow-x:auto}table{border-collapse:collapse;"
    "font-variant-numeric:tabular-nums}th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;"
    "border-bottom:1px solid #8888}small{display:block;font-weight:400}"
)
