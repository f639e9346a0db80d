"""One list server for a module of tests; it is set back before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.blocklists.listserver import ListServer, rules
from tests.browser.loop import Loop


@pytest.fixture(scope="session")
def beside() -> Iterator[Loop]:
    """A loop in a thread, for servers."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def one_server(beside: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListServer]:
    server = ListServer(beside, tmp_path_factory.mktemp("lists"))
    yield server
    server.close()


@pytest.fixture
def server(one_server: ListServer) -> ListServer:
    one_server.heads.clear()
    one_server.content, one_server.etag = rules(100), '"one"'
    one_server.packed, one_server.behaviour = False, ""
    return one_server
