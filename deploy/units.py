"""What systemd is told: a Carrel that runs as a service, as the texts of its unit files. Pure: no disk, no systemd.

Every restriction is the same for all of Carrel's programs, apart from what one of them needs to do its work; those
exceptions stand in the open, each with its reason.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from addons.settings import Listen, Settings
from deploy.sandbox import NO_NEW_CODE, RESTRICTED, USER, Lines, quoted, unit, without_keys, writable

UNITS = Path("/etc/systemd/system")
SYSUSERS = Path("/etc/sysusers.d/carrel.conf")
TMPFILES = Path("/etc/tmpfiles.d/carrel.conf")

MARK = "# Written by `carrel install`"
"""First words of every file of ours: no other is ever overwritten or removed."""

GROWING_DELAY = 254
"""First systemd with RestartSteps="""


@dataclass(frozen=True, slots=True)
class House:
    """All that the units depend on."""

    program: Path
    """`carrel`, in an environment of its own."""
    config: Path
    data: Path
    proxy: Listen
    desk: Listen | None
    dashboard: Listen
    version: str
    systemd: int
    """Version of systemd: older ones complain about keys that they do not know."""
    lists: bool = True
    """Whether lists of trackers are fetched every day."""
    public: Listen | None = None
    alerts: bool = False
    """Whether somebody is told by e-mail or webhook."""


def house(settings: Settings, program: Path, config: Path, version: str, systemd: int, *, lists: bool = True) -> House:
    return House(
        program=program,
        config=config,
        data=settings.data.dir,
        proxy=settings.proxy.listen,
        desk=settings.desk.listen,
        dashboard=settings.dashboard.listen,
        public=settings.dashboard.public,
        version=version,
        systemd=systemd,
        lists=lists,
        alerts=bool(settings.alerts.to),
    )


def files(house: House) -> dict[Path, str]:
    """Every file by its path: system user, owners, sockets, services, timers."""
    units = {
        "carrel-proxy.socket": _socket("the proxy's port", "proxy", house.proxy),
        "carrel-proxy.service": _proxy(house),
        "carrel-dashboard.service": _pages(house, "the dashboard", "dashboard", house.dashboard),
        "carrel-purge.service": _purge(house),
        "carrel-purge.timer": _timer("delete what is older than carrel.toml allows", "*-*-* 04:30:00", "30min"),
    }
    if house.public:
        units["carrel-public.service"] = _pages(house, "the public's page", "dashboard --public", house.public)
    if house.desk:
        units["carrel-desk.socket"] = _socket("the desk's port", "desk", house.desk)
    if house.lists:
        units["carrel-lists.service"] = _sent_out(house, "fetch lists of trackers", "lists update")
        # Spread over hours: the lists' servers belong to others.
        units["carrel-lists.timer"] = _timer("fetch lists of trackers", "*-*-* 01:00:00", "3h")
    if house.alerts:
        units["carrel-alerts.service"] = _sent_out(house, "tell what is new", "alerts send")
        units["carrel-alerts.timer"] = _timer("tell what is new", "*-*-* 07:00:00", "30min")
    texts = {UNITS / name: text for name, text in units.items()}
    texts |= {SYSUSERS: _sysusers(house), TMPFILES: _tmpfiles(house)}
    return {path: f"{_head(path, house.version)}\n{text}" for path, text in sorted(texts.items())}


def _head(path: Path, version: str) -> str:
    """Of a program that runs on, the version is part: after an upgrade its file differs, and it is started anew."""
    running = path.name in ("carrel-proxy.service", "carrel-dashboard.service", "carrel-public.service")
    change = f"systemctl edit {path.name}" if path.parent == UNITS else "a file of another name"
    return f"{MARK}{f' of Carrel {version}' if running else ''}, which writes it again. Own changes go into: {change}"


ALL_UNITS = (
    "carrel-proxy.socket",
    "carrel-desk.socket",
    "carrel-proxy.service",
    "carrel-dashboard.service",
    "carrel-public.service",
    "carrel-lists.timer",
    "carrel-lists.service",
    "carrel-purge.timer",
    "carrel-purge.service",
    "carrel-alerts.timer",
    "carrel-alerts.service",
)
"""Of any version and configuration, in the order in which they start."""


def enabled(house: House) -> tuple[str, ...]:
    """The units that are started with the machine."""
    written = {path.name for path in files(house)}
    timed = {name.replace(".timer", ".service") for name in written if name.endswith(".timer")}
    return tuple(name for name in ALL_UNITS if name in written - timed)


def address(listen: Listen) -> str:
    host, port = listen
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _proxy(house: House) -> str:
    sockets = "carrel-proxy.socket" + (" carrel-desk.socket" if house.desk else "")
    return unit(
        Unit=(
            ("Description", "Carrel: the proxy"),
            ("Requires", "carrel-proxy.socket"),
            *((("Wants", "carrel-desk.socket"),) if house.desk else ()),
            ("After", f"{sockets} network.target nss-lookup.target"),
            *_NEVER_GIVE_UP,
        ),
        Service=(
            ("Type", "notify"),
            ("ExecStart", _command(house, "proxy")),
            ("Sockets", sockets),
            *_restart(house),
            ("WatchdogSec", "30"),
            ("TimeoutStartSec", "120"),
            ("TimeoutStopSec", "30"),
            *RESTRICTED,
            *writable(house.data),
            ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
            ("MemoryMax", "2G"),
            ("TasksMax", "1024"),
            ("LimitNOFILE", "65536"),
        ),
        Install=_AT_BOOT,
    )


def _pages(house: House, what: str, words: str, listen: Listen) -> str:
    within = ipaddress.ip_address(listen[0]).is_loopback
    return unit(
        Unit=(
            ("Description", f"Carrel: {what}"),
            ("Wants", "carrel-proxy.service"),
            ("After", "carrel-proxy.service"),  # which makes the database
            *_NEVER_GIVE_UP,
        ),
        Service=(
            ("Type", "exec"),
            ("ExecStart", _command(house, words)),
            *_restart(house),
            ("TimeoutStopSec", "15"),
            *RESTRICTED,
            *NO_NEW_CODE,
            *writable(house.data),
            *without_keys(house.data),
            ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
            *((("IPAddressDeny", "any"), ("IPAddressAllow", "localhost")) if within else ()),
            ("MemoryMax", "1G"),
            ("TasksMax", "128"),
            ("LimitNOFILE", "4096"),
        ),
        Install=_AT_BOOT,
    )


def _sent_out(house: House, what: str, words: str) -> str:
    return unit(
        Unit=(
            ("Description", f"Carrel: {what}"),
            ("Wants", "network-online.target"),
            ("After", "network-online.target nss-lookup.target"),
        ),
        Service=(
            *_once(house, words),
            *RESTRICTED,
            *NO_NEW_CODE,
            *writable(house.data),
            *without_keys(house.data),
            ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
            ("MemoryMax", "1G"),
            ("TasksMax", "64"),
        ),
    )


def _purge(house: House) -> str:
    return unit(
        Unit=(("Description", "Carrel: delete what is older than carrel.toml allows"),),
        Service=(
            *_once(house, "purge --expired"),
            *RESTRICTED,
            *NO_NEW_CODE,
            *writable(house.data),
            *without_keys(house.data),
            ("PrivateNetwork", "yes"),
            ("IPAddressDeny", "any"),
            ("RestrictAddressFamilies", "AF_UNIX"),
            ("MemoryMax", "1G"),
            ("TasksMax", "64"),
        ),
    )


_AT_BOOT: Lines = (("WantedBy", "multi-user.target"),)
_NEVER_GIVE_UP: Lines = (("StartLimitIntervalSec", "0"),)
"""A public computer whose proxy is down has no web: later tries cost nothing."""


def _restart(house: House) -> Lines:
    if house.systemd < GROWING_DELAY:
        return (("Restart", "on-failure"), ("RestartSec", "2"))
    return (
        ("Restart", "on-failure"),
        ("RestartSec", "1"),
        ("RestartSteps", "6"),
        ("RestartMaxDelaySec", "60"),
    )


def _once(house: House, command: str) -> Lines:
    return (
        ("Type", "oneshot"),
        ("ExecStart", _command(house, command)),
        ("TimeoutStartSec", "15min"),
        ("Nice", "19"),
        ("IOSchedulingClass", "idle"),
    )


def _socket(what: str, name: str, listen: Listen) -> str:
    return unit(
        Unit=(("Description", f"Carrel: {what}"),),
        Socket=(
            ("ListenStream", address(listen)),
            ("FileDescriptorName", name),
            ("Service", "carrel-proxy.service"),
            ("BindIPv6Only", "ipv6-only"),
            ("FreeBind", "yes"),  # the address may come later than this
            ("Backlog", "1024"),
        ),
        Install=(("WantedBy", "sockets.target"),),
    )


def _timer(what: str, calendar: str, spread: str) -> str:
    return unit(
        Unit=(("Description", f"Carrel: {what}"),),
        Timer=(("OnCalendar", calendar), ("RandomizedDelaySec", spread), ("Persistent", "yes")),
        Install=(("WantedBy", "timers.target"),),
    )


def _sysusers(house: House) -> str:
    home = house.data if " " not in str(house.data) else Path("/")
    return f'u {USER} - "Carrel, the library\'s proxy" {home} /usr/sbin/nologin\n'


def _tmpfiles(house: House) -> str:
    """Owners, also of what somebody made there as root."""
    data = quoted(house.data)
    return (
        f"d {data} 0700 {USER} {USER}\nZ {data} - {USER} {USER}\n"
        f"d {quoted(house.config.parent)} 0755 root root\nz {quoted(house.config)} 0640 root {USER}\n"
    )


def _command(house: House, words: str) -> str:
    return f"{quoted(house.program)} {words} --config {quoted(house.config)}"
