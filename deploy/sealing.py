"""`carrel report --seal`: one archive with the report in every format, the rows behind it, and who signed for it."""

from __future__ import annotations

from pathlib import Path

from analysis.documents import archives, formats, sealed, specimen
from analysis.documents.formats import Templates
from analysis.documents.model import DocumentError
from analysis.evidence import Rows
from deploy import ssh_signature


def seal(inputs: sealed.Inputs, rows: Rows, templates: Templates, key: Path | None) -> bytes:
    """The same inputs give the same bytes; a signature too, with a key of the kind ed25519."""
    files = sealed.files(inputs, rows, templates)
    if key is not None:
        manifest = files[sealed.MANIFEST]
        signature = ssh_signature.sign(manifest, key, sealed.NAMESPACE)
        files[sealed.SIGNATURE] = signature
        files[sealed.SIGNER] = f"{ssh_signature.public_key(signature)}\n".encode()
    return archives.pack(files)


def makeable() -> tuple[tuple[str, ...], str]:
    """All formats that can be made on this computer, and why one is absent, or ''."""
    try:
        specimen.marks(("pdf",))
    except DocumentError as error:
        return tuple(name for name in formats.FORMATS if name != "pdf"), f"without a PDF: {error}"
    return formats.FORMATS, ""
