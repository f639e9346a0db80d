"""What the doctor says of a service, from real unit files below a folder and from states as systemd gives them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from addons import settings as configuration
from addons.settings import Settings
from deploy import doctor_service, manager, units
from deploy.cli_install import install as command
from deploy.doctor_service import checks, files, installed_program, running, timers
from deploy.install import not_owned
from deploy.manager import State
from deploy.service_config import CONFIG, at
from deploy.units import UNITS

PROGRAM = Path("/opt/carrel 100%/bin/carrel")
RUNS = State(enabled=True, active=True, active_state="active", result="success")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    config = at(tmp_path, CONFIG)
    config.parent.mkdir(parents=True)
    config.write_text('[data]\ndir = "/var/lib/carrel"\n')
    assert CliRunner().invoke(command, ["--root", str(tmp_path), "--program", str(PROGRAM)]).exit_code == 0
    return tmp_path


@pytest.fixture
def settings(installed: Path) -> Settings:
    return configuration.load(at(installed, CONFIG))


@pytest.fixture
def house(settings: Settings) -> units.House:
    return units.house(settings, PROGRAM, CONFIG, "1.2.3", 252)


def test_without_a_service_there_is_one_note(tmp_path: Path) -> None:
    (only,) = checks(Settings(), tmp_path)
    assert (only.ok, only.message) == (None, "not installed as a service")


def test_the_installed_program_is_read_from_its_unit(installed: Path) -> None:
    assert installed_program(installed) == PROGRAM


def test_fresh_files_are_as_they_should_be(installed: Path, settings: Settings) -> None:
    assert files(settings, PROGRAM, installed).ok is True


def test_a_port_changed_since_is_seen(installed: Path) -> None:
    file = at(installed, CONFIG)
    file.write_text(file.read_text() + '[proxy]\nlisten = "127.0.0.1:3128"\n')
    found = files(configuration.load(file), PROGRAM, installed)
    assert (found.ok, "carrel-proxy.socket" in found.message) == (False, True)


def test_a_unit_that_somebody_changed_is_seen(installed: Path, settings: Settings) -> None:
    unit = at(installed, UNITS / "carrel-purge.service")
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=no"))
    assert "carrel-purge.service" in files(settings, PROGRAM, installed).message


def test_another_configuration_is_not_compared(installed: Path) -> None:
    assert files(Settings(), PROGRAM, installed).ok is None


def test_what_runs_is_well(house: units.House) -> None:
    assert running(house, dict.fromkeys(units.ALL_UNITS, RUNS)).ok is True


@pytest.mark.parametrize(
    ("state", "ok", "message"),
    [
        pytest.param(State(True, False, "failed"), False, "does not run: carrel-proxy.service (failed)", id="failed"),
        pytest.param(State(False, True, "active"), False, "will not after a restart", id="not enabled"),
        pytest.param(State(True, True, "active", restarts=3), None, "restarted 3 times", id="restarted"),
    ],
)
def test_what_does_not_run_well_is_named(house: units.House, state: State, ok: bool | None, message: str) -> None:
    found = running(house, {**dict.fromkeys(units.ALL_UNITS, RUNS), "carrel-proxy.service": state})
    assert (found.ok, message in found.message) == (ok, True)


def test_a_unit_that_systemd_does_not_know_is_missing(house: units.House) -> None:
    assert "(missing)" in running(house, {}).message


def test_a_purge_that_failed_is_worse_than_lists_that_are_old() -> None:
    bad = State(False, False, "failed", "exit-code")
    found = {check.message.split()[0]: check.ok for check in timers(dict.fromkeys(units.ALL_UNITS, bad))}
    assert found == {"deleting": False, "fetching": None}
    assert not list(timers(dict.fromkeys(units.ALL_UNITS, RUNS)))


def test_files_of_others_in_the_data_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "carrel.db").touch()
    assert not_owned(tmp_path, os.getuid()) == []
    assert not_owned(tmp_path, os.getuid() + 1) == [tmp_path, tmp_path / "carrel.db"]


@pytest.mark.skipif(manager.runs(), reason="systemd runs here")
def test_without_systemd_only_files_are_looked_at(installed: Path, settings: Settings) -> None:
    found = {check.name: check.ok for check in checks(settings, installed)}
    assert found == {"service files": True, "service": None}


def test_the_clocks_upkeep_is_a_note_at_worst() -> None:
    assert doctor_service.clock_upkeep().ok is not False
