"""One program in one configuration, from start to end: patrons with canaries in several modes, staff, errors."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.run import free_port
from tests.addons.squid import Internet
from tests.browser.loop import Loop
from tests.trust import broken, browsing, in_browsers, memory, own_pages
from tests.trust.canary import BODIES, Register, Scope, new
from tests.trust.lodging import Lodging
from tests.trust.origin import Origin
from tests.trust.patron import ELSEWHERE, SITE, Patron, each
from tests.trust.search import Search

SUFFIX = "ezproxy.anytown.test"
LABELS = 6
"""Hosts of each scope whose label is a canary."""
OURS = ("Guard", "Inward", "Unwatched", "Filtered", "Shield", "Witness", "Inside", "_Visit")
"""Whose hooks raise in the short form; in the full one, everybody's."""
LIST = "[Adblock Plus 2.0]\n! Version: 202611240000\n||listed.test^\n/pixel.gif?$image\n"


@dataclass(frozen=True, slots=True)
class Mode:
    """A program's configuration, and what patrons do in it."""

    name: str
    settings: str = ""
    patrons: tuple[tuple[str, str], ...] = ()
    """Further groups of computers: their name in the table, and their choice at the desk, or `rewritten`."""
    upstream: bool = False
    browsers: bool = False
    faults: bool = False
    """Every hook and handler raises in turn."""
    disk_full: bool = False


MODES = (
    Mode("observe", "", (("opted out", "no"), ("rewritten", "rewritten")), browsers=True, disk_full=True),
    Mode("block", '[protect]\nmode = "block"\nsettle = 0', browsers=True),
    Mode("contract", '[protect]\nmode = "contract"\nsettle = 0\ntrim_referrer = true'),
    Mode("everywhere", '[protect]\nblock_everywhere = true\nlookalikes = "block"'),
    Mode("opt-in", "", (("said yes", "yes"),)),
    Mode("upstream", "", upstream=True),
    Mode("hooks raise", "", faults=True),
)
SHORT_MODES = (
    Mode("observe", '[protect]\nmode = "block"\nsettle = 0', (("opted out", "no"),)),
    Mode("hooks raise", "", faults=True),
)


@dataclass(slots=True)
class Stay:
    folder: Path
    mode: Mode
    register: Register
    short: bool = False
    notes: list[str] = field(default_factory=list)
    _close: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def close(self) -> None:
        self._close.close()

    def go(self, forms: tuple[str, ...], search: Search) -> None:
        self.folder.mkdir(parents=True)
        loop = Loop()
        self._close.callback(loop.close)
        origin = Origin(loop, self.folder / "origin")
        self._close.callback(origin.close)
        ports = {"proxy": free_port(), "desk": free_port(), "dashboard": free_port()}
        labels: dict[Scope, list[str]] = {
            "site": [f"{new()}.{SITE}" for _ in range(LABELS)],
            "elsewhere": [f"{new()}.{ELSEWHERE}" for _ in range(LABELS)],
            "own pages": [],
        }
        world = in_browsers.world(loop, self.folder / "world") if self.mode.browsers and not self.short else None
        if world:
            self._close.callback(world.close)
        hosts = _hosts(origin, labels) | (dict.fromkeys(in_browsers.HOSTS, world.port) if world else {})
        upstream = (
            f'upstream = "http://127.0.0.1:{origin.origins.serve(Internet(hosts).serve)}"' if self.mode.upstream else ""
        )
        trust = self.folder / "trust.pem"
        trust.write_bytes(
            b"".join(one.root.read_bytes() for one in (origin.authority, *([world.authority] if world else ())))
        )
        command: tuple[str, ...] = ("-m", "deploy.cli", "up")
        control = self.folder / "control"
        if self.mode.faults:
            control.write_text("")
            command = ("-m", "tests.trust.raising", str(control), "up")
        lodging = Lodging(self.folder, configuration(self.mode, ports, hosts, trust, upstream), command=command)
        (self.folder / "list.txt").write_text(LIST)
        lodging.run("lists", "update", "--from-file", str(self.folder / "list.txt"), "--name", "easyprivacy")
        if self.mode.disk_full and not self.short:
            self._small_disk(lodging)
        lodging.start()
        self._close.callback(lodging.kill)

        def patron(name: str, host: str = SITE) -> Patron:
            computers = [self.register.address(name) for _ in range(4 if self.short else 8)]
            asked: dict[Scope, str] = {"site": host, "elsewhere": ELSEWHERE}
            groups: dict[Scope, list[str]] = labels if name == self.mode.name else {"site": [], "elsewhere": []}
            return Patron(
                name, self.register, lodging, origin, ("127.0.0.1", ports["proxy"]), computers, asked, groups,
                ports["desk"], ports["dashboard"],
            )  # fmt: skip

        first = patron(self.mode.name)
        if self.mode.faults:
            loop_run(self._faults(first, forms[:2], control))
        else:
            loop_run(self._day(first, forms))
        for name, choice in self.mode.patrons:
            other = patron(name, f"papers-test.{SUFFIX}" if choice == "rewritten" else SITE)
            if choice in ("yes", "no"):
                loop_run(own_pages.choose(other, choice))
            loop_run(self._day(other, forms))
        if world:
            self.notes += in_browsers.visit(world, lodging, self.register, self.mode.name, self.folder)
        loop_run(own_pages.ask_dashboard(first, forms[:1] if self.mode.faults else forms))
        if self.mode.disk_full and not self.short:
            loop_run(self._full_disk(first, forms[:2]))
        self._end(lodging, ports["dashboard"], search)

    async def _day(self, patron: Patron, forms: tuple[str, ...]) -> None:
        bodies = (*forms, "UTF-16LE", "gzip", "brotli") if self.short else tuple(BODIES)
        await each(browsing.work(patron, forms, bodies))
        await each([browsing.report(patron, form) for form in forms])
        await each([browsing.packed_report(patron, form) for form in bodies])
        slow = self.mode.name == patron.mode == "observe" and not self.short
        fewer = forms[:2] if self.short else forms if patron.mode == "observe" else forms[2:6]
        await each(broken.work(patron, fewer, slow=slow))
        await each(own_pages.desk(patron, fewer))

    async def _faults(self, patron: Patron, forms: tuple[str, ...], control: Path) -> None:
        """Raise at each place in turn while a patron goes through everything once."""
        places = control.with_suffix(".known").read_text().split()
        if self.short:
            places = [place for place in places if place.partition(".")[0] in OURS]
        for place in places:
            control.write_text(place)  # noqa: ASYNC240 -- a few bytes
            part = (forms[len(place) % len(forms)],)
            work: list[Awaitable[object]] = [
                browsing.requests(patron, part[0], "site"),
                browsing.plain_request(patron, part[0], "elsewhere"),
                browsing.requests(patron, part[0], "elsewhere"),
                browsing.answers(patron, part[0], "site"),
                browsing.sockets(patron, part[0], "site"),
                browsing.over_http2(patron, part[0], "site"),
                browsing.report(patron, part[0]),
                broken.failing(patron, part[0], "badcert"),
                broken.failing(patron, part[0], "reset"),
                broken.failing(patron, part[0], "notls"),
                broken.hello(patron, part[0], "record"),
                broken.hello(patron, part[0], "ALPN"),
                *own_pages.few(patron, part[0]),
            ]
            await each(work, seconds=1.2 if self.short else 4)
        control.write_text("")  # noqa: ASYNC240 -- the same
        await asyncio.sleep(2.5)  # what waits in memory is written
        fired = set(control.with_suffix(".fired").read_text().split())
        never = [place for place in places if place not in fired]
        self.notes.append(
            f"hooks        {len(fired)} of {len(places)} hooks and handlers raised, all they were given in the text"
            + (f"; this traffic does not reach {', '.join(never)}" if never else "")
        )

    def _small_disk(self, lodging: Lodging) -> None:
        lodging.data.mkdir(exist_ok=True)
        kept = self.folder / "kept"
        shutil.copytree(lodging.data, kept)
        mount = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", str(lodging.data)]
        done = subprocess.run(mount, check=False, capture_output=True)
        shutil.copytree(kept, lodging.data, dirs_exist_ok=True)
        if done.returncode:
            self.notes.append("disk full    not tried: only root may mount a small file system")
            return

        def unmount() -> None:
            copy = self.folder / "data-kept"
            shutil.copytree(lodging.data, copy)
            subprocess.run(["umount", "-l", str(lodging.data)], check=False, capture_output=True)
            shutil.copytree(copy, lodging.data, dirs_exist_ok=True)

        self._close.callback(unmount)

    async def _full_disk(self, patron: Patron, forms: tuple[str, ...]) -> None:
        """Fill the disk, browse on, and make room again."""
        data = patron.lodging.data
        if not data.is_mount():
            return
        filler = data / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        await each([browsing.requests(patron, form, "site") for form in forms])
        await each([browsing.report(patron, form) for form in forms])
        await asyncio.sleep(5)
        said = patron.lodging.output()
        filler.unlink()
        await asyncio.sleep(3)
        noticed = "cannot be written now" in said
        self.notes.append(f"{'' if noticed else 'WRONG '}disk full    counts waited in memory: {noticed}")

    def _end(self, lodging: Lodging, dashboard: int, search: Search) -> None:
        loop_run(asyncio.sleep(2.5))
        pages = loop_run(own_pages.crawl(dashboard, search, f"{self.mode.name}: dashboard", 80 if self.short else 300))
        said = memory.of(lodging.pid)
        if said["core, soft"] != "0" or said["core, hard"] != "0":
            self.notes.append(f"WRONG {self.mode.name}: core files are possible: {said}")
        formats = ("html",) if self.short else ("html", "json", "csv", "xlsx", "docx", "pdf")
        downloads = self.folder / "downloads"
        downloads.mkdir()
        for kind in formats:
            try:
                lodging.run("report", "vendor", "--format", kind, "--out", str(downloads))
            except AssertionError:  # PDF needs Pango from the system; all others must be there
                self.notes.append(f"{'' if kind == 'pdf' else 'WRONG '}{self.mode.name}: no {kind} report was made")
        counted = lodging.rows("select coalesce(sum(requests), 0) from contacts")[0][0]
        loads = lodging.rows("select coalesce(sum(loads), 0) from page_loads")[0][0]
        refused = lodging.rows("select coalesce(sum(reports_refused), 0) from coverages")[0][0]
        status = lodging.stop()
        self.notes.append(
            f"{'' if status == 0 else 'WRONG '}{self.mode.name:12} counted {loads} page loads, {counted} contacts, "
            f"{refused} reports refused; {lodging.samples} samples of the database's files, "
            f"{pages} dashboard pages; ended with {status}"
        )


def loop_run[T](work: Awaitable[T]) -> T:
    async def whole() -> T:
        return await work

    return asyncio.run(whole())


def _hosts(origin: Origin, labels: dict[Scope, list[str]]) -> dict[str, int]:
    hosts: dict[str, int] = {}
    for name in (SITE, ELSEWHERE, f"papers-test.{SUFFIX}", *labels["site"], *labels["elsewhere"]):
        hosts[name] = origin.secure
        hosts[f"h2.{name}"], hosts[f"plain.{name}"] = origin.both, origin.plain
    hosts |= {f"h2-papers-test.{SUFFIX}": origin.both, "plain.test": origin.plain, "listed.test": origin.secure}
    failing = {
        "badcert": origin.stranger, "wrongname": origin.wrong_name, "notls": origin.plain, "badh2": origin.bad_http2,
        "reset": origin.reset, "down": free_port(), "silent": origin.silent,
    }  # fmt: skip
    return hosts | {f"{name}.{SITE}": port for name, port in failing.items()}


def configuration(mode: Mode, ports: dict[str, int], hosts: dict[str, int], trust: Path, upstream: str) -> str:
    pinned = "\n".join(f'"{name}" = "127.0.0.1:{port}"' for name, port in hosts.items())
    consent = 'consent = "opt-in"' if mode.name == "opt-in" else ""
    return f"""
[library]
name = "Loopback library"
[proxy]
listen = "127.0.0.1:{ports["proxy"]}"
clients = ["127.0.0.0/8"]
destinations = ["127.0.0.0/8"]
trust = "{trust}"
nameserver = "127.0.0.1:{free_port()}"
{upstream}
[proxy.hosts]
{pinned}
{mode.settings}
[privacy]
k = 1
rare = 3
{consent}
[dashboard]
listen = "127.0.0.1:{ports["dashboard"]}"
[desk]
listen = "127.0.0.1:{ports["desk"]}"
[data]
dir = "@DATA@"
[rewriting]
suffixes = ["{SUFFIX}"]
[directory]
use = false
[[site]]
id = "vendor"
name = "Vendor"
vendor = "Pressco"
domains = ["{SITE}", "vendor.test"]
permitted = ["hotjar.com"]
sections = {{ search = ["/search*"], item = ["/item*"] }}
[[site]]
id = "catalog"
name = "Catalog"
kind = "catalog"
domains = ["catalog.test"]
"""
