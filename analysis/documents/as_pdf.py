"""A document as PDF, set from the same HTML by WeasyPrint. That is an extra: it needs Pango from the system.

The file states the date of making and no other time, and its identifier is made from its content, so that the same
document gives the same bytes.
"""

from __future__ import annotations

import hashlib
import logging

from analysis.documents import as_html
from analysis.documents.model import Document, DocumentError

MISSING = (
    "PDF needs WeasyPrint: install Carrel with its extra (pip install 'carrel[pdf]'), "
    "or make --format html and print it from a browser"
)
NO_PANGO = (
    "PDF needs Pango, which is not installed: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0, "
    "or make --format html and print it from a browser"
)


def render(document: Document, template: str | None = None) -> bytes:
    page = as_html.render(document, template)
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except ImportError:
        raise DocumentError(MISSING) from None
    except OSError:  # what its library loader raises
        raise DocumentError(NO_PANGO) from None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of every rule that is for screens only
    source = weasyprint.HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",)))
    made: bytes = source.write_pdf(pdf_identifier=hashlib.sha256(page.encode()).digest()[:16], pdf_tags=True)
    return made
