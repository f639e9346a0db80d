"""Whether another process of the same user can read the program's memory, and whether it leaves a core behind.

Root can read any memory, so attacker and program run as a user without rights. The same attacks on a process that does
not defend itself must succeed, or nothing is proved.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NOBODY = 65534
ATTACK = r"""
import ctypes, os, sys
pid = int(sys.argv[1])
done = []
def tries(name, work):
    try:
        work()
        done.append(name)
    except OSError:
        pass
tries("read /proc/PID/mem", lambda: open(f"/proc/{pid}/mem", "rb").close())
tries("read /proc/PID/environ", lambda: open(f"/proc/{pid}/environ", "rb").read())
tries("list /proc/PID/fd", lambda: os.listdir(f"/proc/{pid}/fd"))
c = ctypes.CDLL(None, use_errno=True)
class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
here = ctypes.create_string_buffer(8)
local, far = Span(ctypes.addressof(here), 8), Span(0x400000, 8)
if c.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(far), 1, 0) >= 0 or ctypes.get_errno() != 1:
    done.append("process_vm_readv")
if c.ptrace(16, pid, None, None) == 0:
    os.waitpid(pid, 0x40000000)
    c.ptrace(17, pid, None, None)
    done.append("ptrace")
print("|".join(done))
"""
VICTIM = "import time; {0}; print('up', flush=True); time.sleep(60)"
DEFEND = "from addons import quiet; quiet.no_dumps()"


class Impossible(Exception):  # noqa: N818  # reads better where it is used
    """Why it cannot be tried here: the words for a skipped part."""


def reading(folder: Path) -> tuple[set[str], set[str]]:
    """What an attacker can do to a process that defends itself as Carrel does, and to one that does not."""
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        raise Impossible("root reads any memory, and there is no setpriv to become somebody else")
    return _attacked(folder, DEFEND), _attacked(folder, "pass")


def of(pid: int) -> dict[str, str]:
    """What the kernel says of a running program: the owner of its /proc files, and its limit for core files."""
    limits = Path(f"/proc/{pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()
    return {
        "core, soft": core[4],
        "core, hard": core[5],
        "owner of environ": str(Path(f"/proc/{pid}/environ").stat().st_uid),
    }


def _attacked(folder: Path, defence: str) -> set[str]:
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    outer = _reachable(folder) if become else []
    code = (
        "import subprocess, sys\n"
        f"victim = subprocess.Popen([sys.executable, '-c', {VICTIM.format(defence)!r}], stdout=subprocess.PIPE)\n"
        "victim.stdout.readline()\n"
        f"attack = [sys.executable, '-c', {ATTACK!r}, str(victim.pid)]\n"
        "found = subprocess.run(attack, stdout=subprocess.PIPE, text=True)\n"
        "victim.kill()\nprint(found.stdout, end='')\n"
    )
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [*outer, *become, sys.executable, "-c", code],
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise Impossible(f"a user without rights cannot start Python here ({done.stderr.strip().splitlines()[-1:]})")
    return {word for word in done.stdout.strip().split("|") if word}


def _reachable(folder: Path) -> list[str]:
    """Python may lie in root's home: a view of the file system in which everybody can get at it."""
    base = Path(sys.base_prefix)
    closed = next((parent for parent in reversed(base.parents) if not parent.stat().st_mode & 1), None)
    if closed is None:
        return []
    aside, script = folder / "aside", folder / "reachable.sh"
    aside.mkdir(parents=True, exist_ok=True)
    script.write_text(
        f'set -e\nmount --bind "{base}" "{aside}"\nmount -t tmpfs -o mode=755,size=1m tmpfs "{closed}"\n'
        f'mkdir -p "{base}"\nmount --bind "{aside}" "{base}"\nexec "$@"\n'
    )
    return ["unshare", "--mount", "sh", str(script)]
