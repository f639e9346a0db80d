"""Zip files, as DOCX and XLSX are too, with nothing in them that tells when or where they were made. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(created|modified)\b[^>]*>)[^<]*(</dcterms:)")


def pack(files: Mapping[str, bytes]) -> bytes:
    """In the order given."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def timeless(office: bytes, made_on: str) -> bytes:
    """An office document whose properties know the date of making and no other time."""
    with zipfile.ZipFile(io.BytesIO(office)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    core = "docProps/core.xml"
    if core in files:
        files[core] = _TIMES.sub(rb"\g<1>" + f"{made_on}T00:00:00Z".encode() + rb"\g<3>", files[core])
    return pack(files)
