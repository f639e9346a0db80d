"""Every format by its name: from a document to files' contents. Writing them to disk is the caller's business.

A module is loaded when its format is asked for: the parts behind PDF and DOCX take time, and may be absent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module

from analysis.documents.model import Document, DocumentError

FORMATS = ("html", "pdf", "docx", "xlsx", "csv", "json")
DEFAULT = ("html", "csv")


@dataclass(frozen=True, slots=True)
class Templates:
    """The library's own; None takes ours."""

    html: str | None = None
    docx: bytes | None = None

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Templates:
        """File name -> content. The ending tells what it is a template for."""
        html: str | None = None
        docx: bytes | None = None
        for name, content in files.items():
            lower = name.lower()
            if lower.endswith((".html", ".htm", ".j2", ".jinja")):
                try:
                    html = content.decode("utf-8-sig")
                except UnicodeDecodeError:
                    raise DocumentError(f"{name}: is not UTF-8; save the template as UTF-8") from None
            elif lower.endswith(".docx"):
                docx = content
            else:
                raise DocumentError(f"{name}: a template ends in .html (for HTML and PDF) or .docx")
        return cls(html, docx)


def known(names: str) -> tuple[str, ...]:
    """Names separated by commas, checked, in our order.

    >>> known("pdf, html")
    ('html', 'pdf')
    """
    wanted = {name.strip().lower() for name in names.split(",") if name.strip()}
    if not wanted or wanted - set(FORMATS):
        raise DocumentError(f"--format: known are {', '.join(FORMATS)}")
    return tuple(name for name in FORMATS if name in wanted)


def render(
    document: Document, name: str, formats: Collection[str], templates: Templates | None = None
) -> dict[str, bytes]:
    """Path below the output folder -> content. `name`: what the files are called, without an ending."""
    given = templates or Templates()
    files: dict[str, bytes] = {}
    for one in FORMATS:
        if one not in formats:
            continue
        module = import_module(f"analysis.documents.as_{one}")
        match one:
            case "html":
                files[f"{name}.html"] = module.render(document, given.html).encode()
            case "pdf":
                files[f"{name}.pdf"] = module.render(document, given.html)
            case "docx":
                files[f"{name}.docx"] = module.render(document, given.docx)
            case "xlsx":
                files[f"{name}.xlsx"] = module.render(document)
            case "json":
                files[f"{name}.json"] = module.render(document).encode()
            case _:
                files |= {f"{name}-csv/{file}": text.encode() for file, text in module.render(document).items()}
    return files
