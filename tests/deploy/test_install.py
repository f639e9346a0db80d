"""Installing below a folder, and what would be run on a machine whose systemd is a stand-in that says what we want."""

from __future__ import annotations

import os
import socket
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest
from click.testing import CliRunner

from addons.settings import Data, Desk, Settings
from deploy import first_config, install, location, manager, uninstall, units
from deploy.cli_install import install as command
from deploy.cli_install import uninstall as remove
from deploy.install import File
from deploy.location import LocationError
from deploy.service_config import CONFIG, InstallError, at, first_text, is_carrels
from deploy.units import UNITS

PROGRAM = Path("/opt/carrel/venv/bin/carrel")
WORDS = ["--program", str(PROGRAM)]
CONFIGURED = """
[data]
dir = "/var/lib/carrel"
[[site]]
id = "catalog"
domains = ["catalog.test"]
"""

needs_systemctl = pytest.mark.skipif(which("systemctl") is None, reason="no systemctl: apt install systemd")


def ran(root: Path, *words: str, program: bool = True) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["--root", str(root), *(WORDS if program else []), *words])
    return result.exit_code, result.output


def removed(root: Path, *words: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(remove, ["--root", str(root), *words], input=answer)
    return result.exit_code, result.output


def tree(root: Path) -> dict[str, tuple[int, str | bytes]]:
    """Every file with its mode and content, every link with its target."""
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mode,
            os.readlink(path) if path.is_symlink() else path.read_bytes(),
        )
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def configured(root: Path, text: str = CONFIGURED) -> Path:
    file = at(root, CONFIG)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return root


def test_the_first_time_everything_is_written_and_nothing_starts(tmp_path: Path) -> None:
    status, said = ran(tmp_path)
    assert (status, "next step: edit" in said) == (0, True)
    found = tree(tmp_path)
    assert {"etc/carrel/carrel.toml", "etc/sysusers.d/carrel.conf", "etc/tmpfiles.d/carrel.conf"} < found.keys()
    assert not any("wants" in name for name in found)
    assert f"ExecStart={PROGRAM} proxy --config {CONFIG}\n" in at(tmp_path, UNITS / "carrel-proxy.service").read_text()


def test_the_first_configuration_is_ordinary_and_keeps_its_data_in_the_services_folder() -> None:
    assert tomllib.loads(first_text())["data"] == {"dir": "/var/lib/carrel"}
    changed = set(first_text().splitlines()) ^ set(first_config.TEXT.splitlines())
    assert len(changed) == 2


def test_the_configuration_may_hold_a_hash_and_is_not_for_everybody(tmp_path: Path) -> None:
    ran(tmp_path)
    assert stat.S_IMODE(at(tmp_path, CONFIG).stat().st_mode) == 0o640
    assert stat.S_IMODE(at(tmp_path, units.TMPFILES).stat().st_mode) == 0o644


@needs_systemctl
def test_once_it_is_edited_the_units_start_with_the_machine(tmp_path: Path) -> None:
    ran(configured(tmp_path))
    wants = sorted(path.name for path in at(tmp_path, UNITS).glob("*.wants/*"))
    assert wants == sorted(
        f"carrel-{name}"
        for name in ("dashboard.service", "lists.timer", "proxy.service", "proxy.socket", "purge.timer")
    )


def test_a_second_time_changes_nothing_and_says_so(tmp_path: Path) -> None:
    ran(configured(tmp_path))
    before = tree(tmp_path)
    status, said = ran(tmp_path)
    assert (status, said.splitlines()[0]) == (0, "nothing to change: the service is installed as it should be")
    assert tree(tmp_path) == before


def test_the_dry_run_shows_every_file_in_full_and_writes_none(tmp_path: Path) -> None:
    shown = ran(configured(tmp_path), "--dry-run")[1]
    assert list(tree(tmp_path)) == ["etc/carrel/carrel.toml"]
    ran(tmp_path)
    for name, (mode, content) in tree(tmp_path).items():
        if stat.S_ISREG(mode):
            assert isinstance(content, bytes)
            assert f"--- /{name} (" in shown
            assert content.decode() in shown


def test_a_changed_port_changes_the_socket_and_a_desk_that_goes_takes_its_own_along(tmp_path: Path) -> None:
    ran(configured(tmp_path, CONFIGURED + '[desk]\nlisten = "10.0.0.5:80"\n'))
    assert at(tmp_path, UNITS / "carrel-desk.socket").exists()
    configured(tmp_path, CONFIGURED + '[proxy]\nlisten = "10.0.0.5:3128"\n')
    said = ran(tmp_path)[1]
    assert "remove /etc/systemd/system/carrel-desk.socket" in said
    assert "ListenStream=10.0.0.5:3128" in at(tmp_path, UNITS / "carrel-proxy.socket").read_text()
    assert not list(at(tmp_path, UNITS).rglob("carrel-desk*"))


def test_lists_need_not_be_fetched(tmp_path: Path) -> None:
    ran(configured(tmp_path))
    ran(tmp_path, "--without-lists")
    assert not list(at(tmp_path, UNITS).rglob("carrel-lists*"))


def test_a_configuration_is_taken_over_once(tmp_path: Path) -> None:
    root, own = tmp_path / "root", tmp_path / "own.toml"
    root.mkdir()
    own.write_text(CONFIGURED)
    assert ran(root, "--config", str(own))[0] == 0
    assert at(root, CONFIG).read_text() == CONFIGURED
    status, said = ran(root, "--config", str(own))
    assert (status, "stays as it is" in said) == (1, True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("[data]\n", 'write dir = "/var/lib/carrel"', id="data in a home by default"),
        pytest.param('[data]\ndir = "/home/ada/carrel"\n', "homes are hidden", id="data in a home"),
        pytest.param('[data]\ndir = "/var"\n', "not Carrel's own folder", id="data in the system's folder"),
        pytest.param('[data]\ndir = "/srv/shared"\n', "not Carrel's own folder", id="data among other things"),
        pytest.param(CONFIGURED + "[proxy]\nlsiten = 1\n", "unknown key", id="unknown key"),
        pytest.param(CONFIGURED + '[proxy]\nlisten = "127.0.0.1:0"\n', "port 0", id="no port"),
        pytest.param(CONFIGURED + '[dashboard]\nlisten = "0.0.0.0:8001"\n', "no password", id="open dashboard"),
        pytest.param("[data\n", "not valid TOML", id="no TOML"),
    ],
)
def test_what_a_service_could_not_do_is_refused_in_one_line_before_anything_is_written(
    tmp_path: Path, text: str, complaint: str
) -> None:
    shared = tmp_path / "srv/shared"
    shared.mkdir(parents=True)
    (shared / "minutes.odt").touch()
    status, said = ran(configured(tmp_path, text))
    assert (status, complaint in said, said.count("\n")) == (1, True, 1)
    assert not at(tmp_path, UNITS).exists()


def test_a_unit_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    foreign = at(configured(tmp_path), UNITS / "carrel-proxy.service")
    foreign.parent.mkdir(parents=True)
    foreign.write_text("[Service]\nExecStart=/usr/bin/somebody\n")
    status, said = ran(tmp_path)
    assert (status, "was not written by `carrel install`" in said) == (1, True)
    assert removed(tmp_path)[1] == "nothing to remove: Carrel is not installed as a service here\n"
    assert "somebody" in foreign.read_text()


def test_a_program_in_a_home_is_refused_with_the_way_to_opt(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--root", str(tmp_path), "--program", "/home/ada/.venv/bin/carrel"])
    assert (result.exit_code, "put it into /opt/carrel" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("mode", "complaint"),
    [pytest.param(0o755, "", id="for everybody"), pytest.param(0o700, "may not read", id="for its owner only")],
)
def test_a_program_must_be_within_everybodys_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, complaint: str
) -> None:
    monkeypatch.setattr(location, "HIDDEN", (Path("/home"),))
    program = tmp_path / "carrel"
    program.touch(0o755)
    program.chmod(mode)
    for parent in program.parents:  # pytest's own are for their owner only
        if not parent.stat().st_mode & 0o001:
            parent.chmod(0o755)
    if complaint:
        with pytest.raises(LocationError, match=complaint):
            location.check(program, ())
    else:
        location.check(program, ())


def test_an_interpreter_in_a_home_is_seen_behind_a_program_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(LocationError, match="UV_PROJECT_ENVIRONMENT=/opt/carrel/venv"):
        location.check(Path("/bin/sh"), [Path("/root/.pyenv/versions/3.13/bin/python3.13")])


def test_a_missing_program_is_one_line() -> None:
    with pytest.raises(LocationError, match="no such file"):
        location.check(Path("/opt/nothing/here/carrel"), ())


@pytest.mark.skipif(manager.runs(), reason="systemd runs here")
def test_without_systemd_one_line_says_what_else_there_is() -> None:
    result = CliRunner().invoke(command, [])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "systemd does not run on this machine" in result.output


def test_uninstalling_leaves_counts_and_configuration(tmp_path: Path) -> None:
    ran(configured(tmp_path))
    counts = tmp_path / "var/lib/carrel/carrel.db"
    counts.parent.mkdir(parents=True)
    counts.touch()
    assert removed(tmp_path)[0] == 0
    assert set(tree(tmp_path)) == {"etc/carrel/carrel.toml", "var/lib/carrel/carrel.db"}
    assert "nothing to remove" in removed(tmp_path)[1]


def test_uninstalling_with_data_asks_and_deletes_the_counts(tmp_path: Path) -> None:
    ran(configured(tmp_path))
    counts = tmp_path / "var/lib/carrel/carrel.db"
    counts.parent.mkdir(parents=True)
    counts.touch()
    assert removed(tmp_path, "--data", answer="n\n")[0] == 1
    assert counts.exists()
    assert at(tmp_path, UNITS / "carrel-proxy.service").exists()
    assert removed(tmp_path, "--data", "--yes")[0] == 0
    assert tree(tmp_path) == {}


def test_the_dry_run_of_uninstalling_removes_nothing(tmp_path: Path) -> None:
    ran(configured(tmp_path))
    before = tree(tmp_path)
    assert "remove /etc/systemd/system/carrel-proxy.socket" in removed(tmp_path, "--dry-run", "--data")[1]
    assert tree(tmp_path) == before


def test_only_carrels_own_folder_may_change_hands(tmp_path: Path) -> None:
    assert is_carrels(tmp_path / "none")
    assert is_carrels(tmp_path)
    (tmp_path / "letter.odt").touch()
    assert not is_carrels(tmp_path)
    (tmp_path / "ca").mkdir()
    assert is_carrels(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "ca")
    assert not is_carrels(tmp_path / "link")


# What would be run on a live machine.

Machine = Callable[[str], Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A `systemctl` that knows units only by what the test says of them."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def says(answer: str) -> Path:
        program = folder / "systemctl"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
        program.chmod(0o755)
        return program

    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return says


def alive(house: units.House, *, but: tuple[str, ...] = ()) -> str:
    return "\n\n".join(
        f"Id={unit}\nActiveState={'failed' if unit in but else 'active'}\nUnitFileState=enabled\nResult=success"
        for unit in units.enabled(house)
    )


@pytest.fixture
def house() -> units.House:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    settings = Settings(data=Data(Path("/var/lib/carrel")), desk=Desk(listen=("127.0.0.1", ports[0])))
    made = units.house(settings, PROGRAM, CONFIG, "1.2.3", 252)
    return units.House(**{**{name: getattr(made, name) for name in made.__slots__}, "proxy": ("127.0.0.1", ports[1])})


def files(house: units.House, *changed: str) -> list[File]:
    return [
        File(path, text, 0o644, "changed" if path.name in changed else "unchanged")
        for path, text in units.files(house).items()
    ]


def verbs(house: units.House, *changed: str, gone: tuple[Path, ...] = (), fresh: bool = False) -> list[str]:
    before, after = install.live_commands(house, files(house, *changed), gone, fresh=fresh)
    return [" ".join(words) for words in (*before, *after) if words[0] == "systemctl"]


def test_nothing_is_run_where_everything_runs(machine: Machine, house: units.House) -> None:
    machine(alive(house))
    assert verbs(house) == []


def test_a_changed_program_is_started_anew_and_its_port_stays_open(machine: Machine, house: units.House) -> None:
    machine(alive(house))
    assert verbs(house, "carrel-proxy.service") == [
        "systemctl daemon-reload",
        "systemctl restart carrel-proxy.service",
    ]


def test_a_changed_port_stops_the_proxy_first(machine: Machine, house: units.House) -> None:
    machine(alive(house))
    assert verbs(house, "carrel-proxy.socket")[-1] == "systemctl restart carrel-proxy.socket carrel-proxy.service"


def test_what_failed_is_started_again(machine: Machine, house: units.House) -> None:
    machine(alive(house, but=("carrel-dashboard.service",)))
    assert verbs(house) == ["systemctl restart carrel-dashboard.service"]


def test_the_first_start_enables_everything(machine: Machine, house: units.House) -> None:
    machine("")
    found = verbs(house)
    assert [one.split()[1] for one in found] == ["enable", "restart"]
    assert all(len(one.split()) == 2 + len(units.enabled(house)) for one in found)


def test_an_unedited_configuration_starts_nothing(machine: Machine, house: units.House) -> None:
    machine("")
    assert verbs(house, "carrel-proxy.service", fresh=True) == ["systemctl daemon-reload"]


def test_what_is_not_needed_any_more_is_stopped_first(machine: Machine, house: units.House) -> None:
    machine(alive(house))
    found = verbs(house, gone=(UNITS / "carrel-lists.timer",))
    assert found == ["systemctl disable --now carrel-lists.timer", "systemctl daemon-reload"]


def test_a_port_that_another_program_has_is_named_before_anything_stops(machine: Machine, house: units.House) -> None:
    with socket.create_server(house.proxy):
        machine(alive(house))
        assert verbs(house) == []  # ours
        machine(alive(house, but=("carrel-proxy.socket",)))
        with pytest.raises(InstallError, match=r"in use by another program.*\[proxy\] listen"):
            verbs(house)


def test_a_command_that_fails_is_one_line(machine: Machine) -> None:
    program = machine("")
    program.write_text("#!/bin/sh\necho 'Unit not found.' >&2\nexit 5\n")
    with pytest.raises(manager.ManagerError, match=r"`systemctl start x` failed \(Unit not found\.\); see `journalctl"):
        manager.do(("systemctl", "start", "x"))


def test_a_systemd_that_is_missing_is_taken_for_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert manager.version() == manager.UNKNOWN
    assert manager.states(["carrel-proxy.service"]) == {}
    assert manager.clock_is_kept() is None


def test_this_program_is_found_beside_its_interpreter() -> None:
    assert location.program().parent == Path(sys.executable).parent


def test_removal_of_nothing_is_empty(tmp_path: Path) -> None:
    assert uninstall.plan(root=tmp_path, data=True).is_empty
