"""`carrel disclose`: what a vendor's documents name, beside what was seen; and the library's own verdicts."""

from __future__ import annotations

import getpass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from addons.settings import Settings
from deploy.arguments import with_settings

if TYPE_CHECKING:
    from analysis.disclosed import Comparison

_FILE = click.Path(path_type=Path, dir_okay=False)
_STATUSES = {"by-name": "by name", "by-category": "by category", "not-found": "not found"}


@click.command()
@with_settings
@click.argument("site")
@click.option("--policy", type=_FILE, help="The privacy policy: a saved page, a PDF, a DOCX or plain text.")
@click.option("--cookies", type=_FILE, help="The cookie list, or what the consent tool shows.")
@click.option("--subprocessors", type=_FILE, help="The list of subprocessors.")
@click.option("--title", default="", help="The document's title; with --verdict, the one that it rests on.")
@click.option("--version", "edition", default="", help="The version or date that the document states.")
@click.option("--address", default="", help="Where you got it, such as https://vendor.example/privacy.")
@click.option("--read-on", type=click.DateTime(["%Y-%m-%d"]), help="The day you saved it.  [default: today]")
@click.option(
    "--verdict",
    type=(str, click.Choice(list(_STATUSES))),
    metavar="DOMAIN STATUS",
    help="Your own verdict on DOMAIN: by-name, by-category or not-found. It stands above what was found.",
)
@click.option("--because", default="", help="Why; the report prints it.")
@click.option("--by", help="Who decided.  [default: your account on this computer]")
@click.option("--withdraw", metavar="DOMAIN", help="Take the verdict on DOMAIN back.")
@click.option("--forget", metavar="SHA256", help="Forget a document, by the first digits of its hash.")
def disclose(
    settings: Settings,
    site: str,
    policy: Path | None,
    cookies: Path | None,
    subprocessors: Path | None,
    title: str,
    edition: str,
    address: str,
    read_on: datetime | None,
    verdict: tuple[str, str] | None,
    because: str,
    by: str | None,
    withdraw: str | None,
    forget: str | None,
) -> None:
    """Look in a document of SITE's vendor for the names of services, companies and domains; without one, compare.

    Only the matches are kept, with the document's hash, title, version, address and date; never its text. Names are
    looked for letter by letter and nothing is understood: "we never use X" names X. Your own verdict decides.

    Example: carrel disclose sciencedirect --policy policy.pdf --title "Privacy policy" --version "1 September 2026"
    """
    files = {"policy": policy, "cookies": cookies, "subprocessors": subprocessors}
    given = {sort: file for sort, file in files.items() if file}
    if len(given) + sum(one is not None for one in (verdict, withdraw, forget)) > 1:
        raise click.UsageError("one thing at a time: a document, --verdict, --withdraw or --forget")
    for sort, file in given.items():
        day = read_on.date() if read_on else date.today()
        _read(settings, site, sort, file, title=title or file.stem, version=edition, address=address, day=day)
    if verdict:
        _decide(settings, site, *verdict, because=because, by=by or getpass.getuser(), document=title)
    elif withdraw:
        from addons import declarations

        back = declarations.withdraw(settings.data.database, site, withdraw)
        click.echo(f"The verdict on {withdraw} is taken back." if back else f"There is no verdict on {withdraw}.")
    elif forget:
        from addons import declarations

        gone = declarations.forget(settings.data.database, site, forget.lower())
        click.echo(f"Documents forgotten: {gone}.")
    elif not given:
        _compare(settings, site)


def _read(
    settings: Settings, name: str, sort: str, file: Path, *, title: str, version: str, address: str, day: date
) -> None:
    from blocklists.owners import load
    from deploy import compared, disclosing, documents

    site = compared.site_of(settings, load(), name)
    document, mentions, text = disclosing.read(
        settings, site, sort, file, title=title, version=version, address=address, read_on=day.isoformat()
    )
    click.echo(f"{document.title}: read as {document.format}, {text.words:,} words, SHA-256 {document.sha256}")
    for what, words in (
        ("service", "services"),
        ("owner", "companies"),
        ("domain", "domains"),
        ("category", "kinds of service"),
    ):
        found = sorted({mention.name for mention in mentions if mention.what == what}, key=str.casefold)
        click.echo(f"  {words}: {', '.join(found) or 'none'}")
    if text.words < documents.FEWEST_WORDS:
        click.echo(
            f"Only {text.words} words: is this the whole document? Pages may load their text by script.", err=True
        )
    click.echo(f"Compare with what was seen: carrel disclose {site.id}")


def _decide(settings: Settings, site: str, domain: str, status: str, *, because: str, by: str, document: str) -> None:
    from addons import declarations

    made = declarations.decide(
        settings.data.database,
        site,
        domain,
        _STATUSES[status],
        because=because,
        by=by,
        today=date.today().isoformat(),
        document=document,
    )
    click.echo(f"{made.third_party} on {made.site}: {made.status}, decided by {made.decided_by}: {made.because}")


def _compare(settings: Settings, name: str) -> None:
    from blocklists.owners import load
    from deploy import compared

    site = compared.site_of(settings, load(), name)
    for line in _lines(compared.compare(settings, site)):
        click.echo(line)


def _lines(found: Comparison) -> list[str]:
    from analysis.disclosed import SORTS

    lines = [
        f"{SORTS[one.sort]}: {one.words}, read on {one.read_on}, SHA-256 {one.sha256[:12]}" for one in found.documents
    ]
    lines = lines or ["No document was read yet: carrel disclose SITE --policy FILE"]
    for line in found.lines:
        names = [f"{SORTS[cell.sort]}: {cell.words}" for cell in line.cells if cell.found]
        permitted = {True: "; permitted by contract", False: "; not permitted by contract", None: ""}[line.permitted]
        who = f" ({line.party.service})" if line.party.service else ""
        lines.append(f"{line.party.domain}{who}: {line.words}{permitted}")
        lines += [f"  {name}" for name in names]
    if not found.lines:
        lines.append("No third party was seen on this site yet.")
    if found.unobserved:
        lines.append(f"Disclosed, not observed: {', '.join(one.name for one in found.unobserved)}")
    return lines
