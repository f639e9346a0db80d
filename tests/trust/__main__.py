"""Run one harness or all: `python -m tests.trust [SECTION] [options of the section]`. Each prints its table.

The exit status is 0 only if every figure is what was promised.
"""

from __future__ import annotations

import sys
from importlib import import_module

SECTIONS = {
    "canaries": "nothing that a patron brings along is written anywhere",
}
"""Modules of this folder with `main(arguments) -> int`, in the order in which they run, and what each proves."""


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] not in SECTIONS:
        print("usage: python -m tests.trust [SECTION] [options]\n")
        print("\n".join(f"  {name:12} {proves}" for name, proves in SECTIONS.items()))
        return 0 if arguments[0] in ("-h", "--help") else 2
    chosen = arguments[:1] or list(SECTIONS)
    failed = [name for name in chosen if import_module(f"tests.trust.{name}").main(arguments[1:]) != 0]
    if failed:
        print(f"not as promised: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
