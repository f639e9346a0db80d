"""The same privacy policy as a page, a PDF, a Word file and plain text. The PDF is put together byte by byte."""

from __future__ import annotations

from pathlib import Path

import docx

PARAGRAPHS = (
    "Privacy policy of Anyvendor, 1 September 2026",
    "We use Google Analytics, and cookies of .doubleclick.net, to see how our pages are read.",
    "Recordings of sessions are made with Hotjar. For errors there is New Relic.",
    "Write to privacy@mail.criteo.com if anything is unclear about performance monitoring.",
    "This policy holds for all readers of all of our products, wherever they are, until another takes its place.",
)


def page(path: Path) -> Path:
    body = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
    path.write_text(
        "<!DOCTYPE html><html><head><title>Taboola</title><style>.outbrain{}</style>"
        '<script>var x = "Mixpanel";</script></head><body><!-- Criteo --><h1>Policy</h1>'
        f'{body}<a href="https://www.facebook.com/help">help</a><img alt="Snowplow" src="x"></body></html>'
    )
    return path


def text(path: Path) -> Path:
    path.write_text("\n\n".join(PARAGRAPHS))
    return path


def word(path: Path) -> Path:
    """The second paragraph stands in a cell, the third has a name in two runs, the fourth is the page's footer."""
    made = docx.Document()
    made.add_paragraph(PARAGRAPHS[0])
    made.add_table(1, 1).cell(0, 0).text = PARAGRAPHS[1]
    before, _, after = PARAGRAPHS[2].partition("jar")
    paragraph = made.add_paragraph(before)
    paragraph.add_run("jar").bold = True
    paragraph.add_run(after)
    made.sections[0].footer.paragraphs[0].text = PARAGRAPHS[3]
    made.add_paragraph(PARAGRAPHS[4])
    made.save(str(path))
    return path


def pdf(path: Path, lines: tuple[str, ...] = PARAGRAPHS) -> Path:
    shown = [b"0 -24 Td (%s) Tj" % one.encode("latin-1").replace(b"(", b"\\(").replace(b")", b"\\)") for one in lines]
    drawn = b"BT /F1 9 Tf 40 800 Td " + b" ".join(shown) + b" ET"
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    content += b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    path.write_bytes(content)
    return path


MAKERS = {"html": page, "text": text, "docx": word, "pdf": pdf}
