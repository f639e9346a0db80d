"""The shared scene of the round-trip tests: one running program, and the names that its patrons can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.demo.run import free_port
from tests.addons import world
from tests.addons.program import Program
from tests.addons.world import Origins

SITE, OTHER_SITE, H2_SITE = "vendor.test", "catalog.test", "h2.vendor.test"
SEALED = "elsewhere.test"


@dataclass(slots=True)
class Town:
    program: Program
    origins: Origins
    dashboard: int
    """A port on which the test listens in the dashboard's place."""
    pins: dict[str, int]
    """Which loopback port each name leads to."""

    @property
    def address(self) -> tuple[str, int]:
        return self.program.address


def build(
    origins: Origins, folder: Path, *, listen: str = "127.0.0.1", extra: str = "", pins: dict[str, str] | None = None
) -> Town:
    """Start origins and program. Loopback is allowed as a destination, but 127.0.0.9 is not."""
    port, dashboard = free_port(), origins.serve(world.echo)
    serve, tls = origins.serve, origins.tls
    ports = {
        # Sites
        SITE: serve(origins.http, tls=tls(SITE)),
        OTHER_SITE: serve(origins.http, tls=tls(OTHER_SITE)),
        H2_SITE: serve(origins.either, tls=tls(H2_SITE, "h2", "http/1.1")),
        "badcert.vendor.test": serve(origins.http, tls=tls("badcert.vendor.test", authority=origins.stranger)),
        "wrongname.vendor.test": serve(origins.http, tls=tls("another.test")),
        "plain.vendor.test": serve(world.echo),
        "badh2.vendor.test": serve(origins.bad_http2, tls=tls("badh2.vendor.test", "h2")),
        "reset.vendor.test": serve(world.reset_at_once),
        "down.vendor.test": free_port(),
        # Plain HTTP
        "plain.test": serve(origins.http),
        "vendorplain.vendor.test": serve(origins.http),
        # Everything else
        SEALED: serve(origins.http, tls=tls(SEALED)),
        "echo.test": serve(world.echo),
        "greet.test": serve(world.greet),
        "finish.test": serve(world.finish_first),
        "sum.test": serve(world.sum_up),
        "deaf.test": serve(world.never_read),
        "pour.test": serve(world.pour),
        "rude.test": serve(world.reset_at_once),
        "down.test": free_port(),
        # What the proxy must not be led to
        "self.test": port,
        "board.test": dashboard,
    }
    hosts = "\n".join(f'"{name}" = "127.0.0.1:{number}"' for name, number in ports.items())
    hosts += "".join(f'\n"{name}" = "{target}"' for name, target in (pins or {}).items())
    configuration = f"""
[library]
name = "Loopback library"
[proxy]
listen = "{f"[{listen}]" if ":" in listen else listen}:{port}"
clients = ["127.0.0.1/32", "::1/128"]
destinations = ["127.0.0.1/32", "::1/128"]
trust = "{origins.authority.root}"
{extra}
[proxy.hosts]
{hosts}
"inside.test" = "127.0.0.9:{ports["echo.test"]}"
"inside.vendor.test" = "127.0.0.9:{ports["echo.test"]}"
"mapped.test" = "[::ffff:127.0.0.9]:{ports["echo.test"]}"
[privacy]
k = 1
rare = 1
[dashboard]
listen = "127.0.0.1:{dashboard}"
[data]
dir = "@DATA@"
[directory]
use = false
[[site]]
id = "vendor"
domains = ["{SITE}"]
[[site]]
id = "catalog"
domains = ["{OTHER_SITE}"]
"""
    return Town(Program(folder, configuration, (listen, port)), origins, dashboard, ports)
