"""What lies in a sealed report: its files, the rows and inputs they come of, and the manifest that names each. Pure.

Signing, reading and writing archives are the caller's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

from analysis import extract, report
from analysis.documents import formats, sections, specimen, typed
from analysis.documents.formats import Templates
from analysis.documents.inputs import Extras
from analysis.documents.model import Document
from analysis.evidence import Rows

FORMAT = 1
"""Grows when an earlier program would misread the new."""
MANIFEST, SIGNATURE, SIGNER = "manifest.json", "manifest.json.sig", "signer.pub"
EXTRACT, INPUTS, README = "extract.db", "inputs.json", "README.txt"
HTML_TEMPLATE, DOCX_TEMPLATE = "templates/report.html", "templates/report.docx"
NAMESPACE = "carrel-report"


@dataclass(frozen=True, slots=True)
class Inputs:
    """With the rows, all that a report is made of."""

    site: str
    since: str
    until: str
    """ISO dates; '' where the window is open."""
    made_on: str
    program_version: str
    library: str
    formats: tuple[str, ...]
    extras: Extras


@dataclass(frozen=True, slots=True)
class File:
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RuleList:
    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    about: str
    library: str
    site: str
    since: str
    until: str
    made_on: str
    program_version: str
    configuration: str
    """Digest; '' without a configuration file."""
    lists: tuple[RuleList, ...]
    specimen: dict[str, str]
    """Format -> hash of a document that is always the same, as it came out where the report was made."""
    files: tuple[File, ...]


ABOUT = "Report of Carrel, with the rows it is made of. Check it with: carrel verify"


def files(inputs: Inputs, rows: Rows, templates: Templates) -> dict[str, bytes]:
    """Path -> content, the manifest last. Made of what is read back, so that whoever checks it starts from the same."""
    kept = {INPUTS: typed.write(inputs), EXTRACT: extract.write(extract.needed(rows))}
    if templates.html is not None:
        kept[HTML_TEMPLATE] = templates.html.encode()
    if templates.docx is not None:
        kept[DOCX_TEMPLATE] = templates.docx
    again, same = typed.read(kept[INPUTS], Inputs), extract.read(kept[EXTRACT])
    made = kept | {README: readme()} | rendered(document(again, same), again, templates)
    manifest = stated(again, same, specimen.marks(inputs.formats), made)
    return dict(sorted(made.items())) | {MANIFEST: typed.write(manifest)}


def document(inputs: Inputs, rows: Rows) -> Document:
    window = (inputs.since or None, inputs.until or None)
    made = report.build(
        rows, inputs.site, *window, inputs.made_on, inputs.program_version, library=inputs.library
    )  # fmt: skip
    return sections.build(made, inputs.extras)


def rendered(made: Document, inputs: Inputs, templates: Templates) -> dict[str, bytes]:
    return formats.render(made, inputs.site, inputs.formats, templates)


def stated(inputs: Inputs, rows: Rows, marks: dict[str, str], contents: Mapping[str, bytes]) -> Manifest:
    return Manifest(
        format=FORMAT,
        about=ABOUT,
        library=inputs.library,
        site=inputs.site,
        since=inputs.since,
        until=inputs.until,
        made_on=inputs.made_on,
        program_version=inputs.program_version,
        configuration=inputs.extras.config_digest,
        lists=tuple(RuleList(str(row["name"]), str(row["version"]), str(row["sha256"])) for row in rows.lists),
        specimen=marks,
        files=tuple(listed(name, contents[name]) for name in sorted(contents)),
    )


def listed(name: str, content: bytes) -> File:
    return File(name, len(content), sha256(content).hexdigest())


def readme() -> bytes:
    return (resources.files("analysis.documents") / "templates" / "sealed.txt").read_bytes()
