"""Canaries: nothing that a patron brings along is on disk, in the output, or on a page of Carrel's own.

    python -m tests.trust canaries [--short] [--keep FOLDER]

Plants in every channel, form, scope and mode, through raw sockets and both browsers, with errors at every stage; then
searches everything that was written. Loopback only; some minutes, or less than one with --short.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.trust import memory
from tests.trust.canary import BODIES, TEXT, Register
from tests.trust.search import Search
from tests.trust.stay import MODES, SHORT_MODES, Mode, Stay


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.trust canaries", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--short", action="store_true", help="two programs, five forms and no browsers")
    parser.add_argument("--mode", action="append", help="one program only, such as `observe`; may be given again")
    parser.add_argument("--keep", type=Path, help="a folder that is to hold what was written; otherwise it goes")
    parser.add_argument("--files", action="store_true", help="list every file and page that was searched")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="carrel-trust-") as folder:
        result = run(
            given.keep or Path(folder), short=given.short, only=given.mode, say=lambda text: print(text, flush=True)
        )
    result.print(files=given.files)
    return 0 if result.good else 1


class Result:
    def __init__(self, register: Register, search: Search, control: Search, notes: list[str]) -> None:
        self.register, self.search, self.control, self.notes = register, search, control, notes

    @property
    def undelivered(self) -> list[str]:
        return [one for one in self.register.planted if one not in self.register.delivered]

    @property
    def good(self) -> bool:
        return not self.search.found and len(self.control.found) == len(BODIES) and not self.wrong

    @property
    def wrong(self) -> list[str]:
        return [note for note in self.notes if note.startswith("WRONG")]

    def channels(self) -> dict[str, Counter[str]]:
        """How many were delivered, for each channel and mode."""
        table: dict[str, Counter[str]] = {}
        for canary, where in (self.register.planted | self.register.addresses).items():
            if canary in self.register.delivered:
                table.setdefault(where.channel, Counter())[where.mode] += 1
        return table

    def print(self, *, files: bool) -> None:
        register, table = self.register, self.channels()
        modes = sorted({mode for counts in table.values() for mode in counts})
        width = max(map(len, table))
        print(f"\n{'canaries that reached Carrel':{width}} " + " ".join(f"{mode:>11}" for mode in modes))
        for channel, counts in sorted(table.items()):
            print(f"{channel:{width}} " + " ".join(f"{counts[mode] or '-':>11}" for mode in modes))
        planted = register.planted | register.addresses
        lost = Counter(register.planted[one].channel for one in self.undelivered)
        print(f"\nplanted      {len(planted)}, in {len({where.form for where in planted.values()})} forms")
        print(f"delivered    {sum(one in register.delivered for one in planted)}")
        most = ", ".join(f"{number} {channel}" for channel, number in lost.most_common(6))
        print(f"not known to have arrived: {len(self.undelivered)} ({most})")
        megabytes = sum(self.search.searched.values()) / 1e6
        print(f"searched     {len(self.search.searched)} files and pages, {megabytes:.1f} MB")
        print(f"control      {len(self.control.found)} of {len(BODIES)} forms found where they were put on purpose")
        for note in self.notes:
            print(note)
        print(f"found        {len(self.search.found)}")
        for canary, places in sorted(self.search.found.items()):
            print(f"  {canary} {planted.get(canary)} in {', '.join(sorted(places)[:6])}")
        kinds = Counter(name if files else _kind(name) for name in self.search.searched)
        print(
            "searched:\n" + "\n".join(f"  {name}" + ("" if files else f" ({n})") for name, n in sorted(kinds.items()))
        )


def _kind(name: str) -> str:
    """One line for each kind of page, and for the documents of a folder."""
    where, page, address = name.partition(": dashboard /")
    if page:
        return f"{where}: dashboard /{'/'.join(address.partition('?')[0].split('/')[:2])}"
    return name.rpartition("/")[0] if "/downloads/" in name else name


def run(folder: Path, *, short: bool, only: list[str] | None = None, say: object = None) -> Result:
    """Everything; `short` for the ordinary tests."""
    tell = say if callable(say) else lambda text: None
    begun = time.monotonic()
    register, search = Register(), Search([])
    notes: list[str] = []
    forms = ("plain", "percent, twice", "base64, shifted by 1", "HEX", "JSON escapes") if short else tuple(TEXT)

    def one(mode: Mode) -> list[str]:
        stay = Stay(folder / mode.name.replace(" ", "-"), mode, register, short=short)
        try:
            stay.go(forms, search)
        finally:
            stay.close()
        tell(f"{time.monotonic() - begun:5.0f} s  {mode.name}: {len(register.delivered)} delivered so far")
        return stay.notes

    modes = [mode for mode in (SHORT_MODES if short else MODES) if not only or mode.name in only]
    with ThreadPoolExecutor(2) as pool:  # most of the time is waiting for what is not answered
        for said in pool.map(one, modes):
            notes += said
    notes += _memory(folder)
    search.known(register)
    tell(f"{time.monotonic() - begun:5.0f} s  searching")
    for part in sorted(folder.iterdir()):
        for name in ("written", "sampled", "downloads"):
            if (part / name).is_dir():
                search.folder(part / name, f"{part.name}/{name}")
    search.kept()
    control = _control(folder / "control", register)
    tell(f"{time.monotonic() - begun:5.0f} s  done")
    return Result(register, search, control, notes)


def _memory(folder: Path) -> list[str]:
    try:
        carrel, careless = memory.reading(folder / "memory")
    except memory.Impossible as why:
        return [f"memory       not tried: {why}"]
    wrong = "WRONG " if carrel or "ptrace" not in careless else ""
    reads = f"reads {sorted(carrel) or 'nothing'}; of a careless process: {', '.join(sorted(careless))}"
    return [f"{wrong}memory       an attacker of the same user {reads}"]


def _control(folder: Path, register: Register) -> Search:
    """The search finds what is there: every form, once, put where the program could have written it."""
    folder.mkdir()
    put = Register()
    for number, form in enumerate(BODIES):
        (folder / str(number)).write_bytes(b"a line before\n" + put.body("control", form, "site", "")[1])
    search = Search(put.planted, put.packed)
    search.folder(folder)
    return search
