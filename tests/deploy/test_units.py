"""systemd itself reads the units; what it thinks of their restrictions is measured."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from addons.settings import Alerts, Dashboard, Data, Desk, Proxy, Settings
from deploy import manager, units
from deploy.units import UNITS, House, enabled, files, house

needs_systemd = pytest.mark.skipif(which("systemd-analyze") is None, reason="no systemd-analyze: apt install systemd")

PROGRAM = Path("/bin/true")
"""`verify` wants a program that is there."""


def built(settings: Settings | None = None, *, systemd: int = manager.version(), lists: bool = True) -> House:
    settings = settings or Settings(data=Data(Path("/var/lib/carrel")))
    return house(settings, PROGRAM, Path("/etc/carrel/carrel.toml"), "1.2.3", systemd, lists=lists)


HOUSES = {
    "ordinary": built(),
    "with a desk's port": built(
        Settings(data=Data(Path("/var/lib/carrel")), desk=Desk(listen=("::", 80)), proxy=Proxy(listen=("::", 3128)))
    ),
    "without lists": built(lists=False),
    "with alerts": built(Settings(data=Data(Path("/var/lib/carrel")), alerts=Alerts(to=("json://127.0.0.1",)))),
    "with the public's page": built(
        Settings(data=Data(Path("/var/lib/carrel")), dashboard=Dashboard(public=("10.0.0.5", 8002)))
    ),
    "data elsewhere": built(Settings(data=Data(Path("/srv/our library/100%")))),
    "open dashboard": built(
        Settings(data=Data(Path("/var/lib/carrel")), dashboard=Dashboard(listen=("10.0.0.5", 8001)))
    ),
}


def written(house: House, folder: Path) -> list[str]:
    for path, text in files(house).items():
        if path.parent == UNITS:
            (folder / path.name).write_text(text)
    return [str(path) for path in sorted(folder.iterdir())]


def unit(house: House, name: str) -> dict[str, list[str]]:
    """The lines of one unit, by key."""
    found: dict[str, list[str]] = {}
    for line in files(house)[UNITS / name].splitlines():
        key, is_line, value = line.partition("=")
        if is_line and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize("one", [pytest.param(house, id=name) for name, house in HOUSES.items()])
def test_systemd_finds_nothing_to_say_of_them(one: House, tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *written(one, tmp_path)], capture_output=True, text=True, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "carrel" in line]
    assert (done.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize(
    ("name", "limit"),
    [
        pytest.param("carrel-proxy.service", 1.5, id="proxy"),
        pytest.param("carrel-dashboard.service", 1.3, id="dashboard"),
        pytest.param("carrel-lists.service", 1.3, id="lists"),
        pytest.param("carrel-purge.service", 0.6, id="purge"),
    ],
)
def test_their_exposure_is_low(name: str, limit: float, tmp_path: Path) -> None:
    """Of 10; systemd calls anything below 2 OK."""
    written(HOUSES["ordinary"], tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    if found is None:
        pytest.skip("this systemd-analyze cannot weigh units that are not installed (version 250 or newer can)")
    assert float(found[1]) <= limit


@needs_systemd
def test_sysusers_makes_the_user(tmp_path: Path) -> None:
    file = tmp_path / "etc/sysusers.d/carrel.conf"
    file.parent.mkdir(parents=True)
    file.write_text(files(HOUSES["ordinary"])[units.SYSUSERS])
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], check=True, capture_output=True)
    entry = (tmp_path / "etc/passwd").read_text().splitlines()[-1].split(":")
    assert (entry[0], entry[5], entry[6]) == ("carrel", "/var/lib/carrel", "/usr/sbin/nologin")


@pytest.mark.parametrize("name", ["proxy", "dashboard", "lists", "purge"])
def test_no_program_keeps_a_right_or_writes_outside_its_folder(name: str) -> None:
    lines = unit(HOUSES["ordinary"], f"carrel-{name}.service")
    assert lines["User"] == ["carrel"]
    assert lines["CapabilityBoundingSet"] == lines["AmbientCapabilities"] == [""]
    assert lines["NoNewPrivileges"] == ["yes"]
    assert lines["ProtectSystem"] == ["strict"]
    assert (lines["StateDirectory"], "ReadWritePaths" in lines) == (["carrel"], False)


@pytest.mark.parametrize("name", ["proxy", "dashboard", "lists", "purge"])
def test_memory_never_reaches_a_disk(name: str) -> None:
    lines = unit(HOUSES["ordinary"], f"carrel-{name}.service")
    assert (lines["LimitCORE"], lines["MemorySwapMax"]) == (["0"], ["0"])


@pytest.mark.parametrize("name", ["dashboard", "lists", "purge"])
def test_only_the_proxy_sees_the_keys_and_makes_code_at_run_time(name: str) -> None:
    lines = unit(HOUSES["ordinary"], f"carrel-{name}.service")
    assert lines["InaccessiblePaths"] == ["-/var/lib/carrel/ca"]
    assert lines["MemoryDenyWriteExecute"] == ["yes"]
    proxy = unit(HOUSES["ordinary"], "carrel-proxy.service")
    assert not {"InaccessiblePaths", "MemoryDenyWriteExecute"} & proxy.keys()


def test_a_dashboard_on_this_computer_reaches_nothing_beyond_it() -> None:
    assert unit(HOUSES["ordinary"], "carrel-dashboard.service")["IPAddressDeny"] == ["any"]
    assert "IPAddressDeny" not in unit(HOUSES["open dashboard"], "carrel-dashboard.service")


def test_the_page_for_the_public_is_a_program_of_its_own() -> None:
    lines = unit(HOUSES["with the public's page"], "carrel-public.service")
    assert lines["ExecStart"] == ["/bin/true dashboard --public --config /etc/carrel/carrel.toml"]
    assert (lines["User"], lines["InaccessiblePaths"]) == (["carrel"], ["-/var/lib/carrel/ca"])
    assert "carrel-public.service" in enabled(HOUSES["with the public's page"])
    assert UNITS / "carrel-public.service" not in files(HOUSES["ordinary"])


def test_the_sockets_are_the_configured_ones() -> None:
    both = HOUSES["with a desk's port"]
    assert unit(both, "carrel-proxy.socket")["ListenStream"] == ["[::]:3128"]
    desk = unit(both, "carrel-desk.socket")
    assert (desk["ListenStream"], desk["Service"]) == (["[::]:80"], ["carrel-proxy.service"])
    assert unit(both, "carrel-proxy.service")["Sockets"] == ["carrel-proxy.socket carrel-desk.socket"]
    assert UNITS / "carrel-desk.socket" not in files(HOUSES["ordinary"])


def test_a_data_folder_elsewhere_is_quoted_and_the_only_one_that_can_be_written() -> None:
    lines = unit(HOUSES["data elsewhere"], "carrel-proxy.service")
    assert (lines["ReadWritePaths"], "StateDirectory" in lines) == (['"/srv/our library/100%%"'], False)
    assert 'd "/srv/our library/100%%" 0700 carrel carrel' in files(HOUSES["data elsewhere"])[units.TMPFILES]


def test_timers_start_with_the_machine_and_their_programs_do_not() -> None:
    assert enabled(HOUSES["ordinary"]) == (
        "carrel-proxy.socket",
        "carrel-proxy.service",
        "carrel-dashboard.service",
        "carrel-lists.timer",
        "carrel-purge.timer",
    )
    assert not any("lists" in name for name in enabled(HOUSES["without lists"]))


def test_alerts_are_sent_only_where_somebody_is_to_be_told() -> None:
    assert not any("alerts" in path.name for path in files(HOUSES["ordinary"]))
    assert "carrel-alerts.timer" in enabled(HOUSES["with alerts"])
    lines = unit(HOUSES["with alerts"], "carrel-alerts.service")
    assert lines["ExecStart"] == ["/bin/true alerts send --config /etc/carrel/carrel.toml"]
    assert (lines["InaccessiblePaths"], lines["ProtectSystem"]) == (["-/var/lib/carrel/ca"], ["strict"])
    assert not any("127.0.0.1" in text for path, text in files(HOUSES["with alerts"]).items() if "alerts" in path.name)


def test_a_growing_delay_is_asked_only_of_a_systemd_that_knows_it() -> None:
    old, new = (unit(built(systemd=number), "carrel-proxy.service") for number in (252, 256))
    assert ("RestartSteps" in old, "RestartSteps" in new) == (False, True)
    assert old["Restart"] == new["Restart"] == ["on-failure"]


def test_an_upgrade_starts_programs_anew_and_leaves_the_port_open() -> None:
    before, after = files(built()), files(replace(built(), version="1.2.4"))
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed == {"carrel-proxy.service", "carrel-dashboard.service"}


def test_every_file_says_whose_it_is() -> None:
    for one in HOUSES.values():
        assert all(text.startswith(units.MARK) and text.endswith("\n") for text in files(one).values())
