"""A filled and an empty database made by the real migrations, and the dashboard on each, served in process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasette.app import Datasette

from addons import settings as configuration
from deploy import dashboard
from tests.analysis import library


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library.make(tmp_path_factory.mktemp("filled") / "carrel.db")


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may write to."""
    return Path(shutil.copy(made, tmp_path / "carrel.db"))


def settings_for(folder: Path, **dashboard_keys: str) -> configuration.Settings:
    return configuration.parse({"data": {"dir": str(folder)}, "dashboard": dashboard_keys}, None)


@pytest.fixture
def filled(made: Path) -> Iterator[Datasette]:
    server = dashboard.datasette(settings_for(made.parent))
    yield server
    server.get_database("carrel").close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Datasette]:
    library.empty(tmp_path / "carrel.db")
    server = dashboard.datasette(settings_for(tmp_path))
    yield server
    server.get_database("carrel").close()
