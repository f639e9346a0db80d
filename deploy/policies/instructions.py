"""A kind's files with the words that go with them: printed, or written to a folder. Only `write` touches the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deploy.policies import File, Maker, Terminal
from deploy.policies.chromeos import chromeos
from deploy.policies.chromium import chrome, edge
from deploy.policies.firefox import firefox
from deploy.policies.macos import macos
from deploy.policies.terminals import PolicyError
from deploy.policies.windows import windows

MAKERS: dict[str, Maker] = {
    "firefox": firefox,
    "chrome": chrome,
    "edge": edge,
    "windows": windows,
    "macos": macos,
    "chromeos": chromeos,
}
README = "READ-ME-FIRST.txt"


def files(kind: str, terminal: Terminal) -> tuple[File, ...]:
    made = MAKERS[kind](terminal)
    return (File(README, _words(made, terminal), ("read it first",), "what to do with these files"), *made)


def shown(made: Sequence[File]) -> str:
    return "\n".join(f"===== {file.name}\n{file.text}" for file in made)


def write(made: Sequence[File], folder: Path) -> list[Path]:
    """The files, over those of an earlier time. Raises PolicyError."""
    written = []
    for file in made:
        path = folder / file.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8", newline=file.newline)
        except OSError as error:
            raise PolicyError(f"{path}: cannot be written ({error.strerror}); name another folder with --to") from None
        written.append(path)
    return written


def _words(made: Sequence[File], terminal: Terminal) -> str:
    blocks = []
    for file in made:
        places = "\n".join(f"  - {place}" for place in file.places)
        blocks.append(f"{file.name}\n  What it does: {file.does}.\n  Where it goes:\n{places}")
    return _TEXT.format(
        proxy=terminal.proxy,
        fingerprint=terminal.fingerprint,
        files="\n\n".join(blocks),
        lasting=_LASTING[terminal.rules.route],
    )


_LASTING = {
    "sites": """\
The files hold the list of sites ([proxy] route = "sites"). Make them anew, and put them on the terminals again, when a
site is added to carrel.toml, when Carrel is upgraded, or when [proxy] or the root certificate changes.""",
    "all": """\
The files hold no list of sites: a site added to carrel.toml needs nothing on the terminals. Make them anew when
Carrel's address, [proxy] route, on_failure or upstream, or the root certificate changes.""",
}

_TEXT = """\
Carrel on public computers
==========================

These files make the browsers of a terminal use the proxy {proxy} and trust its root certificate.
The certificate's SHA-256 fingerprint, to compare with what Carrel printed:
{fingerprint}

THE FILES

{files}

If a file of that name, or another policy for the same settings, is there already, merge them by hand.

What else the files set, and why: no QUIC (HTTP/3) and no DNS over HTTPS, so that connections take the proxy's way and
the library's own name service; no connections made in advance, which patrons did not ask for and which blur the counts.
What browsers block by themselves stays as it is.

HOW TO SEE THAT IT WORKS

Start the browser anew. about:policies (Firefox), chrome://policy or edge://policy lists the settings without an error;
https://carrel.internal/ shows the library's notice without a warning; a page of the catalog counts on the dashboard.

HOW LONG IT LASTS

{lasting}
The root certificate lasts ten years. Carrel's other certificates are renewed on its own computer: terminals see nothing
of that, as long as the root stays (`carrel ca renew`). A new root (`carrel ca new`) means new files on all terminals.

FROZEN COMPUTERS (Deep Freeze, Reboot Restore, Unified Write Filter and their kind)

What is changed while a computer is frozen is gone after its next start. So:
1. Thaw one computer (Deep Freeze: "Boot Thawed"; Unified Write Filter: uwfmgr filter disable, then restart).
2. Put the files in place as administrator, for the machine and not for a user: patrons' profiles are wiped, and all of
   these policies are read anew at every start of a browser.
3. Restart it once more, still thawed, log in as a patron would, and look as said above.
4. Check that the clock is right and set from the network: certificates are refused by a clock that is years off.
5. Freeze it, restart, look again. Only then do the others, by your imaging or management tool, or in the maintenance
   window of the freezing program.
Group policy, Intune or Jamf set the same again at every start, frozen or not: where you have them, prefer them.

HOW TO TAKE IT OUT AGAIN

Delete the files from their places (Windows: carrel.ps1 -Remove), remove the certificate, restart the browser.
Thaw first, freeze after.
"""
