"""`carrel verify`: is a sealed report what it was when it was made, who signed it, and does it follow from its rows?

Whatever is in the archive may come from a stranger. It is read in memory and within bounds. A template is a program:
the sandbox limits what it reaches, not how long it runs, so the archive's own are used for an allowed signer only.
Another version of Carrel, other fonts or parts make other bytes: that is said, and is no sign of a forgery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from analysis import extract
from analysis.documents import formats, sealed, specimen, typed
from analysis.documents.formats import Templates
from analysis.documents.model import Document, DocumentError
from analysis.documents.sealed import Inputs, Manifest
from analysis.evidence import Rows
from deploy import rendered_again, sealed_files, ssh_signature
from deploy.check import Check, line
from deploy.sealed_files import SealError, shown

_APART = (sealed.MANIFEST, sealed.SIGNATURE, sealed.SIGNER)
_LARGEST_TEXT = 16 * 2**20


def run(path: Path, signers: Path | None, signer: str, say: Callable[[str], None]) -> int:
    failed = False
    for check in checks(path, signers, signer):
        say(line(check))
        failed |= check.ok is False
    return int(failed)


def checks(path: Path, signers: Path | None = None, signer: str = "") -> Iterator[Check]:
    try:
        files = sealed_files.read(path)
        manifest = _manifest(files)
    except SealError as error:
        yield Check("archive", False, f"{path.name} {error}", "ask for another copy")
        return
    yield Check("archive", True, f"{path.name}: {len(files)} files, manifest of {manifest.made_on}")
    whole = _files(files, manifest)
    yield whole
    signature = _signature(files, signers, signer)
    yield signature
    if not whole.ok:
        yield Check("report", None, "not made again, since files were changed, added or taken away")
        return
    try:
        inputs, rows = _contents(files, manifest)
        document = _document(inputs, rows)
    except SealError as error:
        yield Check("extract", False, str(error), "ask for another copy")
        return
    yield _stated(inputs, rows, files, manifest)
    trusted = signers is not None and signature.ok is True
    yield from _again(document, inputs, files, manifest, trusted=trusted)


def _manifest(files: Mapping[str, bytes]) -> Manifest:
    if sealed.MANIFEST not in files:
        raise SealError("has no manifest.json, so it is no sealed report")
    content = files[sealed.MANIFEST]
    manifest = _typed(content, Manifest, sealed.MANIFEST)
    if manifest.format != sealed.FORMAT:
        raise SealError(f"is of format {manifest.format}; this Carrel reads format {sealed.FORMAT}")
    if typed.write(manifest) != content:
        raise SealError("has a manifest.json that is not written as Carrel writes it")
    return manifest


def _files(files: Mapping[str, bytes], manifest: Manifest) -> Check:
    """Every file that is listed, and no other."""
    listed = {one.path: one for one in manifest.files}
    there = {name for name in files if name not in _APART}
    wrong = [f"{shown(name)} is missing" for name in sorted(listed.keys() - there)]
    wrong += [f"{name} is not in the manifest" for name in sorted(there - listed.keys())]
    wrong += [
        f"{name} was changed"
        for name in sorted(there & listed.keys())
        if sealed.listed(name, files[name]) != listed[name]
    ]
    if len(listed) != len(manifest.files):
        wrong.append("a file is listed twice")
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Check("files", False, ", ".join(wrong[:3]) + more, "ask for another copy")
    return Check("files", True, f"{len(listed)} files as the manifest lists them, and no other")


def _signature(files: Mapping[str, bytes], signers: Path | None, signer: str) -> Check:
    content, signature = files[sealed.MANIFEST], files.get(sealed.SIGNATURE)
    if signature is None:
        if signers or sealed.SIGNER in files:
            return Check("signature", False, "there is none", "ask for a signed copy")
        return Check("signature", None, "not signed: nothing shows who made it")
    try:
        if len(signature) > ssh_signature.LARGEST:
            raise ssh_signature.SignatureError("it is too long")
        if files.get(sealed.SIGNER) != f"{ssh_signature.public_key(signature)}\n".encode():
            return Check("signature", False, f"{sealed.SIGNER} is not the key that signed", "ask for another copy")
        if signers is None:
            found = ssh_signature.check(content, signature, sealed.NAMESPACE)
        else:
            found = ssh_signature.verify(content, signature, sealed.NAMESPACE, signers, signer)
    except ssh_signature.NoProgramError as error:
        return Check("signature", False if signers else None, f"not checked: {error}")
    except ssh_signature.SignatureError as error:
        return Check("signature", False, str(error))
    if not found.good:
        return Check("signature", False, f"does not hold: {found.message}", "ask for another copy")
    if signers is None:
        return Check(
            "signature", None, f"{found.message}: this proves only which key signed, not whose it is",
            "give --signers with the library's key",
        )  # fmt: skip
    return Check("signature", True, found.message)


def _contents(files: Mapping[str, bytes], manifest: Manifest) -> tuple[Inputs, Rows]:
    for name in (sealed.INPUTS, sealed.EXTRACT):
        if name not in files:
            raise SealError(f"{name} is missing")
    try:
        return _typed(files[sealed.INPUTS], Inputs, sealed.INPUTS), extract.read(files[sealed.EXTRACT])
    except extract.ExtractError as error:
        raise SealError(f"{sealed.EXTRACT} {shown(str(error))}") from None
    except SealError as error:
        if manifest.program_version == version("carrel"):
            raise
        raise SealError(f"{error}; it was made by Carrel {shown(manifest.program_version)}: use that one") from None


def _typed[T](content: bytes, kind: type[T], name: str) -> T:
    if len(content) > _LARGEST_TEXT:
        raise SealError(f"has a {name} that is too large")
    try:
        return typed.read(content, kind)
    except typed.TypedError as error:
        raise SealError(f"has a {name} that cannot be read ({shown(str(error))})") from None


def _document(inputs: Inputs, rows: Rows) -> Document:
    """Rows of a stranger's make any mistake that there is; none may show more than one line."""
    try:
        formats.known(",".join(inputs.formats))
        return sealed.document(inputs, rows)
    except Exception as error:  # noqa: BLE001
        raise SealError(f"no report can be made of the rows ({type(error).__name__}: {shown(str(error))})") from None


def _stated(inputs: Inputs, rows: Rows, files: Mapping[str, bytes], manifest: Manifest) -> Check:
    """The manifest speaks of time, lists and program: the same as the report?"""
    contents = {one.path: files[one.path] for one in manifest.files}
    right = sealed.stated(inputs, rows, manifest.specimen, contents)
    if right != manifest:
        wrong = [name for name in Manifest.__dataclass_fields__ if getattr(right, name) != getattr(manifest, name)]
        return Check("manifest", False, f"states another {', '.join(wrong)} than the report", "ask for another copy")
    window = " to ".join((inputs.since or "the first day kept", inputs.until or "the last"))
    return Check(
        "manifest", True, f"{shown(inputs.site)}, {window}, made on {inputs.made_on} by Carrel {inputs.program_version}"
    )


def _again(
    document: Document, inputs: Inputs, files: Mapping[str, bytes], manifest: Manifest, *, trusted: bool
) -> Iterator[Check]:
    """Each format, made once more from the rows and compared."""
    left = {name for name in files if name not in (*_APART, sealed.EXTRACT, sealed.INPUTS, sealed.README)}
    left -= {sealed.HTML_TEMPLATE, sealed.DOCX_TEMPLATE}
    html, docx = files.get(sealed.HTML_TEMPLATE), files.get(sealed.DOCX_TEMPLATE)
    for name in formats.known(",".join(inputs.formats)):
        template = {"html": html, "pdf": html, "docx": docx}.get(name)
        if template is not None and not trusted:
            left -= {f"{inputs.site}.{name}"}
            yield Check(
                name, None, "not made again: it has a template, which is run for an allowed signer only",
                "give --signers",
            )  # fmt: skip
            continue
        try:
            own = Templates(html.decode() if html is not None else None, docx)
            made = sealed.rendered(document, replace(inputs, formats=(name,)), own)
            mark = specimen.marks((name,)).get(name)
        except DocumentError as error:
            left -= {f"{inputs.site}.{name}"}
            yield Check(name, None, f"not made again: {shown(str(error))}")
            continue
        except Exception as error:  # noqa: BLE001  # as in _document
            yield Check(name, False, f"cannot be made of the rows ({type(error).__name__}: {shown(str(error))})")
            continue
        given = {
            path: content for path, content in files.items() if path in made or path.startswith(_folder(inputs, name))
        }
        left -= given.keys()
        same_program = manifest.program_version == version("carrel")
        yield rendered_again.compare(
            name, given, made, alike=same_program and manifest.specimen.get(name) == mark,
            made_by="" if same_program else manifest.program_version,
        )  # fmt: skip
    if left:
        yield Check("report", False, f"{', '.join(sorted(left)[:3])}: no format of the report has this file")
    if files.get(sealed.README) != sealed.readme() and manifest.program_version == version("carrel"):
        yield Check("README.txt", False, "is not the one that Carrel writes")


def _folder(inputs: Inputs, name: str) -> str:
    return f"{inputs.site}-csv/" if name == "csv" else "//"
