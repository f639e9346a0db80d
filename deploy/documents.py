"""The text of a vendor's document: a saved page, a PDF, a Word file or plain text. Reads one file, keeps nothing.

What is hidden in attributes, scripts and links is not text. Blocks, cells and paragraphs are parted by an empty line,
so that no name is put together from two of them.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

LARGEST: Final = 50_000_000
"""Bytes of a file, and of what is unpacked from it."""
MOST_PAGES: Final = 2_000
FEWEST_WORDS: Final = 40
"""A document with fewer is worth a word of warning."""

_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WORD_PARTS = re.compile(r"wordprocessingml\.(document|footnotes|endnotes|header|footer|comments)(\.main)?\+xml")
_OTHERS: Final = {
    b"\xd0\xcf\x11\xe0": "an old Office file; save it as DOCX or PDF",
    b"{\\rtf": "rich text (RTF); save it as DOCX or PDF",
    b"\x89PNG": "a picture; save the page as HTML or PDF",
    b"\xff\xd8\xff": "a picture; save the page as HTML or PDF",
}


class DocumentError(ValueError):
    """Why there is no text. One line: which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    format: str
    """html, pdf, docx or text."""
    sha256: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def read(path: Path) -> Text:
    """Tells the format by the bytes, not by the name. Raises DocumentError."""
    try:
        if path.stat().st_size > LARGEST:
            raise DocumentError(f"{path}: is larger than {LARGEST // 1_000_000} MB; no document of a vendor is")
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror or error}); name another file") from None
    try:
        form, text = _text(content)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from None
    if not any(letter.isalpha() for letter in text):
        advice = "it may be a scan: make its text readable first (OCR), or save the page as HTML"
        raise DocumentError(f"{path}: holds no text; {advice}")
    return Text(text, form, hashlib.sha256(content).hexdigest())


def _text(content: bytes) -> tuple[str, str]:
    for start, what in _OTHERS.items():
        if content.startswith(start):
            raise DocumentError(f"is {what}")
    if b"%PDF-" in content[:1024]:
        return "pdf", _pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return "docx", _docx(content)
    head = content[:4096].lower()
    if re.search(rb"^content-type: multipart/related", head, re.MULTILINE):
        return "html", _saved_by_chrome(content)
    if re.search(rb"<(!doctype html|html|head|body|div|p|table|h1)\b", head):
        return "html", html(_decoded(content, _META.search(content[:4096])))
    return "text", _decoded(content, None)


def html(source: str) -> str:
    """The visible text of a page."""
    parser = _Visible()
    parser.feed(source)
    parser.close()
    return parser.text


class _Visible(HTMLParser):
    _SILENT: Final = frozenset({"script", "style", "template", "noscript", "svg", "head"})
    _INLINE: Final = frozenset(
        "a abbr b bdi bdo big cite code data dfn del em font i ins kbd label mark q s samp small span strong sub sup "
        "time tt u var wbr".split()
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent.append(tag)
        elif tag == "body":
            self._silent.clear()  # a head that was not closed
        self._part(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def _part(self, tag: str) -> None:
        if tag == "br":
            self._pieces.append("\n")
        elif tag not in self._INLINE:
            self._pieces.append("\n\n")

    @property
    def text(self) -> str:
        return "".join(self._pieces)


def _saved_by_chrome(content: bytes) -> str:
    """MHTML: the page and its parts in one file, as a mail."""
    for part in message_from_bytes(content, policy=policy.default).walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return html(_decoded(payload, _META.search(payload[:4096])))
    raise DocumentError("holds no page; save the page as HTML")


def _pdf(content: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("is locked with a password; save it without one")
        if len(reader.pages) > MOST_PAGES:
            raise DocumentError(f"has more than {MOST_PAGES:,} pages; save the part that matters")
        pages = [page.extract_text() for page in reader.pages]
    except DocumentError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        # A damaged file can fail in any of these ways.
        raise DocumentError(f"is a damaged PDF ({type(error).__name__}); open and save it anew") from None
    text = "\n\n".join(pages)
    # Words broken at the end of a line, beside the text as it is: a hyphen may also be a name's own.
    joined = re.sub(r"(?<=[a-z])[-\u00ad]\n(?=[a-z])", "", text)
    return text if joined == text else f"{text}\n\n{joined}"


def _docx(content: bytes) -> str:
    import docx
    from docx.opc.exceptions import OpcError
    from docx.oxml.parser import parse_xml  # resolves no entities

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > LARGEST:
                raise DocumentError(f"unpacks to more than {LARGEST // 1_000_000} MB; no document of a vendor does")
        package = docx.Document(io.BytesIO(content)).part.package
        parts = [part for part in package.iter_parts() if _WORD_PARTS.search(part.content_type)]
        trees = [parse_xml(part.blob) for part in parts]
    except DocumentError:
        raise
    except (zipfile.BadZipFile, OpcError, KeyError, ValueError, SyntaxError) as error:
        raise DocumentError(f"is no Word file, or a damaged one ({type(error).__name__}); save it as PDF") from None
    return "\n\n".join(paragraph for tree in trees for paragraph in _paragraphs(tree))


def _paragraphs(tree: Any) -> Iterator[str]:
    pieces = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}noBreakHyphen": "-"}
    for paragraph in tree.iter(f"{_W}p"):
        yield "".join(one.text or "" if one.tag == f"{_W}t" else pieces.get(one.tag, "") for one in paragraph.iter())


def _decoded(content: bytes, named: re.Match[bytes] | None) -> str:
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = next((encoding for mark, encoding in marks.items() if content.startswith(mark)), "")
    if not marked and b"\0" in content[:4096]:
        raise DocumentError("is neither HTML, PDF, DOCX nor plain text; save it as one of these")
    for encoding in (marked, named[1].decode("ascii") if named else "", "utf-8"):
        if encoding:
            try:
                return content.decode(encoding)
            except (LookupError, UnicodeError):
                continue
    return content.decode("cp1252", "replace")
