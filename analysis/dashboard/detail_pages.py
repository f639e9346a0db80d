"""The pages of one site and of one third party, and the report that a reader takes from a site's page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from datasette.utils.asgi import Forbidden, NotFound, Response

from analysis import asked, detail, disclosed, heat, parties, party_detail, periods, protection, wording
from analysis.dashboard import papers, staff
from analysis.dashboard.pages import Asker, Rows, named, site_address
from analysis.documents import formats

NOT_OURS = "This form was not sent from this dashboard, or it was open for too long. Please send it again."
TYPES = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "json": "application/json", "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


async def site(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    name = named(request, "site")
    facts = await asker.ask("evidence_site", site=name)
    if not facts:
        raise NotFound(f"There is no site called {name!r}; the front page lists those that were watched.")

    async def ask(question: str) -> Rows:
        # What kind of site it is was chosen for pages about several.
        return await asker.chosen(question, site=name, kind="")

    counts = await ask("sites")
    seen, exposed = await ask("third_parties_seen"), await ask("received_at_least")
    page = detail.site_page(
        facts[0],
        counts[0] if counts else {"loads": 0, "with_third_party": 0, "first_period": "", "last_period": ""},
        await ask("page_loads_by_section"),
        seen,
        await ask("how_seen"),
        await ask("unlisted"),
        await ask("page_loads_by_month"),
        await ask("page_loads_by_day"),
        exposed=exposed,
        consents=await ask("page_loads_by_consent"),
        by_consent=await ask("third_parties_by_consent"),
        cookies=await ask("cookies"),
        sign_ins=await ask("sign_ins"),
        lookalikes=await ask("lookalikes"),
        unknown=await ask("unresolved"),
        protection=await _protection(asker, name, seen, exposed),
        heat=heat.best(await ask("seen_by_week"), await ask("seen_by_month")),
        disclosed=await _disclosed(asker, name, seen),
        requests=asked.build(
            await asker.ask("evidence_requests", site=name),
            await asker.ask("evidence_answers", site=name),
            date.today(),
        ),
    )
    return await asker.show(
        "site.html",
        page=page,
        chooser=await asker.chooser("category"),
        formats=formats.FORMATS if papers.papers_for(datasette) else (),
        disclosed_sorts=disclosed.SORTS,
    )


async def _disclosed(asker: Asker, site: str, seen: Rows) -> disclosed.Comparison:
    """As the report compares: third parties, what is behind own names, and the vendor's group."""
    offered = papers.papers_for(asker.datasette)
    permitted, declared = offered.agreed(site) if offered else ((), ())
    observed = [line.party for line in parties.lines(seen) if line.stands != "own" or line.relation == "group"]
    rows = [await asker.ask(f"evidence_{name}", site=site) for name in ("documents", "mentions", "verdicts")]
    return disclosed.build(observed, *rows, permitted=permitted, disclosed=declared)


async def _protection(asker: Asker, site: str, seen: Rows, prevented: Rows) -> protection.Protection:
    names = ("protections", "dry_runs", "contacted_lately", "stopped", "decisions", "breakages")
    standings, dry_runs, lately, stopped, decisions, signs = [
        await asker.chosen(name, site=site, kind="") for name in names
    ]
    now = datetime.now().astimezone()
    return protection.build(
        site, standings, dry_runs, lately, stopped, prevented, decisions, signs, known=seen, now=now
    )


async def third_party(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    domain = named(request, "domain")
    if domain in wording.BUCKETS:
        raise NotFound(f"{domain} stands for names that are not known, so it has no page. {wording.BUCKETS[domain]}")
    who = await asker.ask("third_party", third_party=domain)
    if not who:
        raise NotFound(f"{domain!r} was not seen, or is no longer kept.")

    async def ask(question: str) -> Rows:
        return await asker.chosen(question, third_party=domain, category="")

    page = party_detail.party_page(
        who[0],
        await ask("sites_of_third_party"),
        await ask("how_seen"),
        await ask("sites"),
        await ask("third_party_by_month"),
        await ask("received_at_least"),
    )
    return await asker.show("third_party.html", page=page, chooser=await asker.chooser("kind"))


async def report(datasette: Any, request: Any) -> Any:
    """Make the report that the form asks for, and hand it over as one file. Whoever may read the page may."""
    asker = Asker(datasette, request)
    await asker.check()
    offered, name = papers.papers_for(datasette), named(request, "site")
    if offered is None or not await asker.ask("evidence_site", site=name):
        raise NotFound("There is no such page.")
    form = await request.post_vars() if request.method == "POST" else {}
    if not staff.is_genuine(request, form):
        raise Forbidden(NOT_OURS)
    chosen = [one for one in formats.FORMATS if form.get(f"format-{one}")]
    try:
        if not chosen:
            raise papers.PapersError("Choose at least one format.")
        since, until = periods.window(form.get("since"), form.get("until"))
        first, last = (date.fromisoformat(day) if day else None for day in (since, until))
        file, content = await offered.made(name, first, last, chosen)
    except ValueError as error:
        datasette.add_message(request, f"No report was made: {error}", datasette.ERROR)
        return Response.redirect(f"{site_address(datasette, name)}#make-report")
    headers = {
        "content-disposition": f"attachment; filename=\"{file}\"; filename*=UTF-8''{quote(file)}",
        "cache-control": "no-store",
    }
    kind = TYPES.get(file.rpartition(".")[2], "application/octet-stream")
    return Response(content, headers=headers, content_type=kind)
