"""Sealed reports for the tests, and hands that change them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis import extract, report
from analysis.documents import archives, sealed, trend, typed
from analysis.documents.inputs import Extras
from analysis.documents.sealed import Inputs, Manifest
from analysis.evidence import Rows
from deploy import verifying
from deploy.check import Check

Files = dict[str, bytes]
SITE = "sciencedirect"


def gathered(database: Path, *formats: str, version: str) -> tuple[Inputs, Rows]:
    with closing(sqlite3.connect(database)) as connection:
        rows = report.rows(connection, SITE)
    extras = Extras(status="sent", prepared_by="The library", trend=trend.build(rows), config_digest="f" * 64)
    return Inputs(SITE, "", "", "2026-11-24", version, "Anytown Public Library", formats, extras), rows


def checked(
    files: Mapping[str, bytes], folder: Path, signers: Path | None = None, signer: str = ""
) -> dict[str, Check]:
    path = folder / "report.zip"
    path.write_bytes(archives.pack(files))
    return {check.name: check for check in verifying.checks(path, signers, signer)}


def failed(found: Mapping[str, Check]) -> set[str]:
    return {name for name, check in found.items() if check.ok is False}


def repaired(files: Files, **other: Any) -> Files:
    """With a manifest that fits again, as somebody would make it who knows how."""
    manifest = typed.read(files[sealed.MANIFEST], Manifest)
    listed = {name: content for name, content in files.items() if name not in
              (sealed.MANIFEST, sealed.SIGNATURE, sealed.SIGNER)}  # fmt: skip
    new = replace(manifest, files=tuple(sealed.listed(name, listed[name]) for name in sorted(listed)), **other)
    return files | {sealed.MANIFEST: typed.write(new)}


def with_row_changed(files: Files) -> Files:
    rows = extract.read(files[sealed.EXTRACT])
    first, *others = rows.presences
    changed = replace(rows, presences=[dict(first) | {"loads": first["loads"] + 1}, *others])
    return repaired(files | {sealed.EXTRACT: extract.write(changed)})


def with_database(change: Callable[[sqlite3.Connection], object]) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.deserialize(files[sealed.EXTRACT])
            change(connection)
            return repaired(files | {sealed.EXTRACT: bytes(connection.serialize())})

    return changed
