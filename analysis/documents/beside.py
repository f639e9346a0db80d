"""From a comparison to the lines of section 10. Pure."""

from __future__ import annotations

from analysis.comparison import Comparison
from analysis.documents.inputs import Product


def of(comparison: Comparison, reported: str) -> tuple[Product, ...]:
    """`reported`: id of the site that the report is about."""
    return tuple(
        Product(
            name=line.site.name,
            highest_rung=line.rung,
            reached=line.reached,
            recipients=line.recipients,
            with_third_party=line.share,
            after_refusal=line.after_refusal,
            blocked=line.blocked,
            reported=line.site.id == reported,
        )
        for line in comparison.lines
    )
