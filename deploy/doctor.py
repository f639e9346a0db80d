"""`carrel doctor`: what is right and what is not, one line per check. It looks, it changes nothing.

A check that cannot be made (no browser, no proxy running) is a note, not a failure, unless a patron would feel it.
"""

import contextlib
import ipaddress
import os
import re
import shutil
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from addons.decide.scope import scope
from addons.decide.sites import Catalogue
from addons.settings import DESK, Settings
from blocklists import sources
from blocklists.owners import load as load_knowledge
from deploy import doctor_service, lists_check, pki, probe
from deploy.browsers import BrowserError, find, read_with_chromium
from deploy.check import Check, line
from deploy.lists import shelf_of
from deploy.trust import TrustError

__all__ = ["Check", "checks", "line", "run"]

STALE_SECONDS = 300
"""A running proxy writes every few seconds; longer silence of the file means that it cannot."""


def checks(settings: Settings, now: datetime | None = None) -> Iterator[Check]:
    """All checks, in the order in which a start would fail."""
    now = now or datetime.now(UTC)
    yield configuration(settings)
    yield data_folder(settings)
    yield from certificates(settings, now)
    yield clock(settings, now)
    yield from lists_check.checks(shelf_of(settings), sources.load(), now.astimezone().date())
    proxy = proxy_answers(settings)
    yield database(settings, running=proxy.ok is True)
    yield proxy
    if proxy.ok:
        yield desk_answers(settings)
        yield gate_holds(settings)
    yield dashboard_answers(settings)
    if settings.proxy.upstream:
        yield upstream_answers(settings)
    yield no_dumps()
    yield from doctor_service.checks(settings)
    yield browser_page(settings, running=proxy.ok is True)


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """Say each check as soon as it is made; exit status 1 if anything failed."""
    failed = False
    for check in checks(settings):
        say(line(check))
        failed |= check.ok is False
    return int(failed)


def configuration(settings: Settings) -> Check:
    catalogue = _scope(settings)
    own, further = len(settings.sites), len(catalogue.sites) - len(settings.sites)
    message = f"{settings.path or 'no carrel.toml, all defaults'}: {own} sites of your own, {further} of the directory"
    if not catalogue.sites:
        return Check("configuration", False, message, "name a [[site]] or write [directory] use = true")
    if not own:
        return Check("configuration", None, message, "your own catalog is not watched until you name it as a [[site]]")
    return Check("configuration", True, message)


def data_folder(settings: Settings) -> Check:
    folder = settings.data.dir
    try:
        found = folder.stat()
    except FileNotFoundError:
        return Check("data folder", None, f"{folder} does not exist yet", "`carrel up` makes it")
    except OSError as error:
        return Check("data folder", False, f"{folder}: {error.strerror}", "change its rights or [data] dir")
    if not stat.S_ISDIR(found.st_mode) or not os.access(folder, os.W_OK | os.X_OK):
        return Check("data folder", False, f"{folder} cannot be written", "change its owner or [data] dir")
    if found.st_mode & 0o077:
        return Check("data folder", False, f"others may look into {folder}", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free // 2**20
    if free < 100:
        return Check("data folder", False, f"{folder}: only {free} MiB are free", "make room, or counts will be lost")
    return Check("data folder", True, f"{folder}: for its owner only, {free} MiB free")


def certificates(settings: Settings, now: datetime) -> Iterator[Check]:
    """Present, belonging together, for the configured domains, in time, and private."""
    ca = settings.data.ca
    if not (ca / pki.INTERMEDIATE).exists() and not (ca / pki.ROOT).exists():
        yield Check("certificates", None, "there are none yet", "`carrel up` makes them")
        return
    try:
        authority = pki.check(ca, _scope(settings).domains, now)
    except pki.PkiError as error:
        yield Check("certificates", False, str(error))
        return
    days, count = authority.days_left(now), len(pki.permitted(authority.certificate))
    message = f"key and chain belong together, good for {count} names and nothing else, {days} days left"
    if days < pki.WARN_DAYS:
        yield Check("certificates", False, message, pki.remedy(authority.root, ca))
    else:
        yield Check("certificates", True, message)
    wide = [path.name for path in (ca, ca / pki.INTERMEDIATE, ca / pki.DESK_FILE) if _open_to_others(path)]
    if wide:
        yield Check("private keys", False, f"others may read {', '.join(wide)}", f"chmod -R go= {ca}")
    else:
        yield Check("private keys", True, "for their owner only")


def clock(settings: Settings, now: datetime) -> Check:
    """Not before what was made here earlier: certificates and periods need a clock that is about right."""
    written = [path for path in (settings.data.database, settings.data.ca / pki.ROOT) if path.exists()]
    earlier = max((path.stat().st_mtime for path in written), default=0.0)
    if now.timestamp() < earlier - 3600:
        return Check(
            "clock", False, f"it is {now:%Y-%m-%d} here, before Carrel's own files were written", "set the clock"
        )
    return Check("clock", True, f"{now:%Y-%m-%d}, after all that was written here")


def database(settings: Settings, *, running: bool) -> Check:
    path = settings.data.database
    if not path.exists():
        return Check("database", None, "there is none yet", "`carrel up` makes it")
    try:
        log = Path(f"{path}-wal")
        silent = time.time() - max(file.stat().st_mtime for file in (path, log) if file.exists())
        # Without a log nobody has the file open, and `immutable` keeps SQLite from making one for us.
        mode = "mode=ro" if log.exists() else "mode=ro&immutable=1"
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True, timeout=5)
        with contextlib.closing(connection):
            count = connection.execute("select count(*) from _sqlite_migrations").fetchone()[0]
            loads = connection.execute("select coalesce(sum(loads), 0) from page_loads").fetchone()[0]
            sound = connection.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return Check("database", False, f"{path} cannot be read: {error}", "put back a copy, or move it away")
    except OSError as error:
        return Check("database", False, f"{path} cannot be read: {error.strerror}", "change its rights")
    if sound != "ok":
        return Check("database", False, f"{path} is damaged", "put back a copy, or move it away")
    message = f"{path}: {loads} page loads, schema {count}, last written {_ago(silent)}"
    if running and silent > STALE_SECONDS:
        return Check("database", False, message, "the proxy runs but does not write: is the disk full?")
    return Check("database", True, message)


def proxy_answers(settings: Settings) -> Check:
    where = _shown(settings.proxy.listen)
    try:
        reply = probe.get(probe.reachable(settings.proxy.listen), f"http://{DESK}/", DESK)
    except OSError as error:
        return Check(
            "proxy", False, f"nothing answers at {where} ({_why(error)})", "start `carrel up` or `carrel proxy`"
        )
    if reply.status == 403:
        return Check("proxy", None, f"{where} refuses this computer", "it is not in [proxy] clients; is that meant?")
    if reply.status != 200 or not reply.is_carrels:
        return Check("proxy", False, f"something else answers at {where}", "stop it, or change [proxy] listen")
    return Check("proxy", True, f"Carrel answers at {where}")


def desk_answers(settings: Settings) -> Check:
    """TLS as a browser would do it that trusts root.pem and nothing else."""
    try:
        reply = probe.desk(probe.reachable(settings.proxy.listen), settings.data.ca / pki.ROOT)
    except ssl.SSLError as error:
        reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
        return Check("desk", False, f"https://{DESK}/ does not fit root.pem ({reason})", "restart Carrel")
    except OSError as error:
        return Check("desk", False, f"https://{DESK}/ does not answer ({_why(error)})", "restart Carrel")
    if reply.status != 200 or not reply.is_carrels:
        return Check("desk", False, f"https://{DESK}/ answers with status {reply.status}", "restart Carrel")
    return Check("desk", True, f"https://{DESK}/ answers, verified with root.pem")


def gate_holds(settings: Settings) -> Check:
    """Asks for this computer itself, which no patron may reach. Nothing is sent even if the proxy were to allow it."""
    port = settings.proxy.connect_ports[0] if settings.proxy.connect_ports else 443
    if any(ipaddress.ip_address("127.0.0.1") in network for network in settings.proxy.destinations):
        return Check("gate", None, "loopback is open to patrons", "meant for trials only: see [proxy] destinations")
    try:
        found = probe.connect_status(probe.reachable(settings.proxy.listen), f"127.0.0.1:{port}")
    except OSError as error:
        return Check("gate", False, f"the proxy closed the connection ({_why(error)})", "restart Carrel")
    if found != 403:
        return Check("gate", False, f"a way into this computer was answered with {found}", "stop Carrel, report this")
    return Check("gate", True, "patrons cannot reach this computer through the proxy")


def dashboard_answers(settings: Settings) -> Check:
    where = _shown(settings.dashboard.listen)
    server = probe.reachable(settings.dashboard.listen)
    try:
        reply = probe.get(server, "/", _shown(server))
    except OSError as error:
        return Check(
            "dashboard", False, f"nothing answers at {where} ({_why(error)})", "start `carrel up` or `carrel dashboard`"
        )
    if reply.status >= 500:
        return Check(
            "dashboard",
            False,
            f"http://{where}/ answers with status {reply.status}",
            "see the log of `carrel dashboard`",
        )
    return Check("dashboard", True, f"http://{where}/ answers")


def upstream_answers(settings: Settings) -> Check:
    parts = urlsplit(settings.proxy.upstream)
    where = (parts.hostname or "", parts.port or 0)
    try:
        socket.create_connection(where, timeout=probe.SECONDS).close()
    except OSError as error:
        return Check("upstream", False, f"{_shown(where)} does not answer ({_why(error)})", "ask who runs the filter")
    return Check("upstream", True, f"{_shown(where)} accepts connections")


def no_dumps() -> Check:
    """Whether switching core dumps off works on this system, tried in a process of its own."""
    trial = (
        "import ctypes, resource; from addons import quiet; quiet.no_dumps();"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", trial], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Check("core dumps", None, "could not be tried")
    if done.stdout.split() != ["0", "0"]:
        return Check("core dumps", None, "a crash could write memory to disk", "add LimitCORE=0 to the service")
    return Check("core dumps", True, "switched off: a crash writes no memory to disk")


def browser_page(settings: Settings, *, running: bool) -> Check:
    """The notice in a real browser, with a profile that is made for this and thrown away."""
    found = find("chromium")
    if not running or found is None:
        reason = "the proxy does not run" if found else "there is no Chromium on this computer"
        return Check("browser", None, f"not tried: {reason}")
    url = f"https://{DESK}/"
    try:
        with tempfile.TemporaryDirectory(prefix="carrel-doctor-", ignore_cleanup_errors=True) as folder:
            proxy = probe.reachable(settings.proxy.listen)
            page = read_with_chromium(found.program, Path(folder), settings.data.ca / pki.ROOT, proxy, url)
    except TrustError as error:
        return Check("browser", None, f"not tried: {error}")
    except (BrowserError, OSError) as error:
        return Check("browser", False, f"{Path(found.program).name} shows nothing: {error}")
    if not re.search(r"<title>[^<]*\bCarrel\b", page):
        return Check(
            "browser", False, f"{Path(found.program).name} does not accept {url}", "make new certificates: `carrel ca`"
        )
    return Check("browser", True, f"{Path(found.program).name} opens {url} with root.pem alone")


def _scope(settings: Settings) -> Catalogue:
    return scope(settings, load_knowledge())


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & 0o077)


def _shown(listen: tuple[str, int]) -> str:
    host, port = listen
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _why(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()


def _ago(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit} ago"
    return "just now"
