"""`python -m deploy.healthy proxy|dashboard FILE`: exit status 0 if that one answers here, for containers.

The doctor checks everything and needs both programs in reach; a container holds one of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from addons import settings as configuration
from addons.settings import DESK, Settings
from deploy import probe


def answers(which: str, settings: Settings) -> bool:
    """Raises OSError where nothing answers."""
    if which == "proxy":
        # 403: Carrel answers, to somebody who is not in [proxy] clients.
        reply = probe.get(probe.reachable(settings.proxy.listen), f"http://{DESK}/", DESK)
        return reply.is_carrels and reply.status in (200, 403)
    server = probe.reachable(settings.dashboard.listen)
    return probe.get(server, "/", f"{server[0]}:{server[1]}").status < 500


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("proxy", "dashboard"):
        print("say which, proxy or dashboard, and name carrel.toml", file=sys.stderr)
        return 2
    try:
        return 0 if answers(arguments[0], configuration.load(Path(arguments[1]))) else 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
