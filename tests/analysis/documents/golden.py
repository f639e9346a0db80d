"""The words of two documents, as they were last read by a person. To write them anew, and then read what changed:

.venv/bin/python -m tests.analysis.documents.golden
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from analysis.documents import prose
from analysis.documents.model import Document
from tests.analysis import library
from tests.analysis.documents import making

FOLDER = Path(__file__).parent / "golden"


def words(document: Document) -> str:
    return "\n".join(prose.lines(document)) + "\n"


def both(database: Path) -> dict[str, str]:
    """The bare document has nothing but counts; the full one has everything that is optional."""
    bare, full = making.document(database, "smallpress"), making.full(database)
    return {"bare.txt": words(bare), "full.txt": words(full)}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in both(library.make(Path(folder) / "carrel.db")).items():
            (FOLDER / name).write_text(text, "utf-8")
            print(FOLDER / name)
