"""The forms with which staff allow a third party for a time, end that, and protect a site again. No script needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from datasette.utils.asgi import Forbidden, NotFound, Response

from analysis import protection
from analysis.dashboard import pages, staff
from analysis.dashboard.pages import Asker, Rows
from analysis.dashboard.staff import Desk

LENGTHS: Final = {
    "30m": ("30 minutes", timedelta(minutes=30)),
    "2h": ("2 hours", timedelta(hours=2)),
    "1d": ("a day", timedelta(days=1)),
    "1w": ("a week", timedelta(weeks=1)),
}
LONGEST_NAME: Final = 100
NOT_STAFF: Final = (
    "Whoever may only read decides nothing here: log in as admin, or open the dashboard on the computer on which it "
    "runs. The command is: carrel allow SITE DOMAIN --for 2h --because REASON"
)
NOT_OURS: Final = "This form was not sent from this dashboard, or it was open for too long. Please send it again."


async def allow(datasette: Any, request: Any) -> Any:
    """The form, and what it sends."""
    desk, asker = await _staff(datasette, request)
    if request.method != "POST":
        return await _form(asker, request.args.get("site") or "", request.args.get("third_party") or "")
    form = await request.post_vars()
    site, domain = form.get("site", ""), form.get("third_party", "")
    owner, now = " ".join(form.get("owner", "").split()), datetime.now(UTC)
    said = ""
    if not staff.is_genuine(request, form):
        said = NOT_OURS
    elif form.get("length") not in LENGTHS:
        said = "Choose how long it is to hold."
    elif not 0 < len(owner) <= LONGEST_NAME:
        said = f"Say who decides, in at most {LONGEST_NAME} characters."
    if not said:
        until, reason = now + LENGTHS[form["length"]][1], form.get("reason", "")
        said = await _said(lambda: desk.allow(site, domain, until=until, reason=reason, owner=owner, now=now))
    if said:
        return await _form(asker, site, domain, form, said)
    return _back(datasette, request, site, f"{domain} is allowed on this site for {LENGTHS[form['length']][0]}.")


async def end(datasette: Any, request: Any) -> Any:
    """End an allow rule."""
    desk, form = await _sent(datasette, request)
    site, domain = form.get("site", ""), form.get("third_party", "")
    said = await _said(lambda: desk.end(site, domain, now=datetime.now(UTC)))
    return _back(datasette, request, site, said or f"The rule for {domain} has ended.", failed=bool(said))


async def protect(datasette: Any, request: Any) -> Any:
    """Protect a site again that was put back because its pages broke."""
    desk, form = await _sent(datasette, request)
    site = form.get("site", "")
    said = await _said(lambda: desk.protect_again(site))
    done = "This site is protected again, within seconds if the proxy runs."
    return _back(datasette, request, site, said or done, failed=bool(said))


async def _staff(datasette: Any, request: Any) -> tuple[Desk, Asker]:
    asker = Asker(datasette, request)
    await asker.check()
    desk = staff.desk_for(datasette, request)
    if desk is None:
        raise Forbidden(NOT_STAFF)
    return desk, asker


async def _sent(datasette: Any, request: Any) -> tuple[Desk, dict[str, str]]:
    """A form that is a button only."""
    desk, _ = await _staff(datasette, request)
    form = await request.post_vars() if request.method == "POST" else {}
    if not staff.is_genuine(request, form):
        raise Forbidden(NOT_OURS)
    return desk, form


async def _said(write: Callable[[], object]) -> str:
    """Why it could not be written down; '' if it was. Another program may hold the file for seconds."""
    try:
        await asyncio.to_thread(write)
    except ValueError as error:
        return str(error)
    return ""


async def _form(asker: Asker, site: str, domain: str, given: dict[str, str] | None = None, said: str = "") -> Any:
    facts = await asker.ask("evidence_site", site=site)
    if not site or not facts:
        raise NotFound(f"There is no site called {site!r}; the front page lists those that were watched.")
    if not domain:
        raise NotFound("Choose a third party on the site's page.")
    who: Rows = await asker.ask("third_party", third_party=domain)
    held = protection.rules(await asker.ask("decisions", site=site), datetime.now().astimezone())
    return await asker.show(
        "allow.html",
        status=400 if said else 200,
        site=facts[0],
        domain=domain,
        who=who[0] if who else None,
        rule=next((rule for rule in held if rule.third_party == domain), None),
        lengths={key: words for key, (words, _) in LENGTHS.items()},
        given=given or {},
        said=said,
    )


def _back(datasette: Any, request: Any, site: str, message: str, *, failed: bool = False) -> Any:
    datasette.add_message(request, message, datasette.ERROR if failed else datasette.INFO)
    return Response.redirect(f"{pages.site_address(datasette, site)}#protection")
