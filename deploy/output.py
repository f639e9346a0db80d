"""Where documents come from and go to on disk: the library's templates, and the folder that takes the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.documents.formats import Templates
from analysis.documents.model import DocumentError


def templates(paths: Sequence[Path]) -> Templates:
    return Templates.read({path.name: _read(path) for path in paths})


def put_all(out: Path, files: Mapping[str, bytes]) -> list[Path]:
    try:
        return [_put(out / name, content) for name, content in files.items()]
    except OSError as error:
        raise DocumentError(f"{out}: cannot be written ({error.strerror}); name another folder with --out") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror}); name another file with --template") from None


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
