"""Documents made once; they are frozen, so tests may share them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.documents.model import Document
from tests.analysis.documents import making


@pytest.fixture(scope="session")
def bare(made: Path) -> Document:
    return making.document(made, "smallpress")


@pytest.fixture(scope="session")
def full(made: Path) -> Document:
    return making.full(made)


@pytest.fixture(scope="session")
def hostile(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Document:
    return making.hostile(Path(shutil.copy(made, tmp_path_factory.mktemp("hostile") / "carrel.db")))
