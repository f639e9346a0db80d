"""What may be said aloud. Each test runs a program of its own: what is silenced there stays silenced."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

CANARY = "canary-7f3a"
BEGIN = f"""
import asyncio, logging, sys, threading, warnings
from addons import quiet
quiet.install()
foreign, ours = logging.getLogger("mitmproxy.proxy"), logging.getLogger("carrel.engine")
def broken(): raise ValueError("{CANARY}")
"""


def said(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == ""
    return done.stderr


CAUGHT = "try: broken()\nexcept ValueError: {}"
PLACE = r"ValueError at <string>:\d+"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(CAUGHT.format(f'foreign.exception("failed for {CANARY}")'), id="with a traceback"),
        pytest.param(CAUGHT.format(f'foreign.critical("%s", "{CANARY}", exc_info=True)'), id="with arguments"),
        pytest.param(CAUGHT.format(f'foreign.error("{CANARY}", exc_info=True, stack_info=True)'), id="with the stack"),
        pytest.param(CAUGHT.format(f'logging.getLogger().exception("{CANARY}")'), id="at the root"),
        pytest.param(CAUGHT.format(f'logging.getLogger("carrelling").exception("{CANARY}")'), id="a name like ours"),
    ],
)
def test_a_foreign_error_is_its_type_and_place(program: str) -> None:
    assert re.fullmatch(rf"(ERROR|CRITICAL) internal error: {PLACE}\n", said(program))


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(f'foreign.error("{CANARY}")', id="an error without an exception"),
        pytest.param(f'foreign.warning("{CANARY}")', id="a warning"),
        pytest.param(f'foreign.info("{CANARY}")', id="news"),
        pytest.param(f'warnings.warn("{CANARY}")', id="a warning of Python's"),
        pytest.param(f'ours.info("%d", "{CANARY}")', id="a message that cannot be made"),
        pytest.param(f'class A:\n  def __del__(self): raise ValueError("{CANARY}")\na = A(); del a', id="a finalizer"),
    ],
)
def test_nothing_is_said(program: str) -> None:
    assert said(program) == ""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("broken()", id="uncaught"),
        pytest.param("t = threading.Thread(target=broken); t.start(); t.join()", id="uncaught in a thread"),
    ],
)
def test_an_uncaught_error_is_its_type_and_place(program: str) -> None:
    assert re.fullmatch(rf"ERROR stopped by an internal error: {PLACE}\n", said(program))


def test_an_event_loops_error_is_its_type_and_place() -> None:
    program = """
async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(quiet.loop_handler)
    loop.call_soon(broken)
    await asyncio.sleep(0.01)
asyncio.run(main())
"""
    assert re.fullmatch(rf"ERROR internal error: {PLACE}\n", said(program))


def test_our_own_message_comes_without_its_exception() -> None:
    assert said(CAUGHT.format('ours.error("%d counts wait", 7, exc_info=True)')) == "ERROR 7 counts wait\n"


def test_the_same_trouble_is_not_said_for_ever() -> None:
    lines = said("for _ in range(100):\n " + CAUGHT.format('foreign.exception("x")').replace("\n", "\n "))
    assert lines.count("\n") == 20


def test_there_are_no_dumps() -> None:
    program = """
import ctypes, resource
quiet.no_dumps()
ours.info("%d %d", resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    assert said(program) == "INFO 0 0\n"
