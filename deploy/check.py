"""What `carrel doctor` says about one thing: right, wrong or worth a look, and the one step that helps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool | None
    """None: could not be checked, or worth a look."""
    message: str
    advice: str = ""


def line(check: Check) -> str:
    """
    >>> line(Check("clock", False, "it is 1970", "set the clock"))
    'FAIL  clock          it is 1970; set the clock'
    """
    mark = {True: "ok", False: "FAIL", None: "note"}[check.ok]
    advice = f"; {check.advice}" if check.advice else ""
    return f"{mark:<4}  {check.name:<13}  {check.message}{advice}"
