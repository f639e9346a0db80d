"""The carrel.toml of the demo, as text."""

import json
from pathlib import Path

from deploy.demo.names import CATALOG, JOURNALS, READER, SITES, SUFFIX
from deploy.demo.pages import NAMES
from deploy.demo.world import World

_SITES = (
    ("Anytown catalog", "catalog", "Anytown Public Library", CATALOG, {"item": ["/item/*"], "account": ["/account"]}),
    ("Reader One", "vendor", "Vendor One", READER, {"item": ["/title/*"]}),
    ("Journals Two", "vendor", "Vendor Two", JOURNALS, {"item": ["/article/*"]}),
)


def config_text(world: World, proxy: tuple[str, int], dashboard: tuple[str, int], data: Path) -> str:
    """For this world: names pinned to loopback, and thresholds so small that a dozen pages show."""
    text = f"""# Written by `carrel demo`.
[library]
name = "Anytown Public Library (demo)"

[proxy]
listen = "{proxy[0]}:{proxy[1]}"
destinations = ["127.0.0.0/8"]
trust = {json.dumps(str(world.authority.resolve()))}
nameserver = "127.0.0.1:{world.nameserver.port}"

[proxy.hosts]
{"".join(f'{json.dumps(name)} = "127.0.0.1:{world.port}"{chr(10)}' for name in NAMES)}
[rewriting]
suffixes = ["{SUFFIX}"]

[privacy]
k = 3
rare = 1

[dashboard]
listen = "{dashboard[0]}:{dashboard[1]}"

[data]
dir = {json.dumps(str(data.resolve()))}

[directory]
use = false
"""
    for name, kind, vendor, domain, sections in _SITES:
        paths = ", ".join(f"{section} = {json.dumps(patterns)}" for section, patterns in sections.items())
        text += f"""
[[site]]
id = "{SITES[domain]}"
name = "{name}"
kind = "{kind}"
vendor = "{vendor}"
domains = ["{domain}"]
sections = {{ search = ["/search*"], {paths} }}
"""
    return text
