"""`carrel verify`: whether a sealed report is what it was when it was made."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deploy.arguments import one_line


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option(
    "--signers", type=click.Path(path_type=Path, dir_okay=False),
    help="File with the keys that you know, a line for each: NAME PUBLIC-KEY (as of ssh-keygen, allowed_signers).",
)  # fmt: skip
@click.option("--signer", default="", help="The name in that file.  [default: the one to whom the key belongs]")
def verify(archive: Path, signers: Path | None, signer: str) -> None:
    """Check a sealed report, one line per check; exit status 1 if something is wrong. Needs no set-up.

    It checks each file's hash and the signature, makes the report again from the rows in it, and compares.

    Example: carrel verify sciencedirect-report.zip --signers allowed_signers
    """
    from deploy import verifying

    with one_line():
        if signer and not signers:
            raise ValueError("--signer is a name in a file: name the file with --signers")
        sys.exit(verifying.run(archive, signers, signer, click.echo))
