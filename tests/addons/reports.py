"""What browsers post: bodies as Chromium 156 and Firefox 153 ESR sent them, captured from a page at site.test."""

from __future__ import annotations

import json
from typing import Any

PAGE = "https://site.test/page?q=term"
POLICY = "default-src 'self' site.test:*; report-uri https://carrel.internal/r/T"


def body(**fields: object) -> bytes:
    """A `report-uri` body of an ordinary image; keys with `_` for `-`."""
    ordinary = chromium_uri("https://img.third.test/p.gif?q=term", "img-src")
    return json.dumps(
        {"csp-report": ordinary | {key.replace("_", "-"): value for key, value in fields.items()}}
    ).encode()


def batch(*reports: dict[str, Any]) -> bytes:
    return json.dumps(list(reports)).encode()


def chromium_uri(blocked: str, directive: str, page: str = PAGE, **further: Any) -> dict[str, Any]:
    return {
        "document-uri": page,
        "referrer": "",
        "violated-directive": directive,
        "effective-directive": directive,
        "original-policy": POLICY,
        "disposition": "report",
        "blocked-uri": blocked,
        "line-number": 1,
        "column-number": 86,
        "source-file": "https://site.test/page",
        "status-code": 200,
        "script-sample": "",
    } | further


def firefox_uri(blocked: str, directive: str, page: str = PAGE, **further: Any) -> dict[str, Any]:
    return {
        "blocked-uri": blocked,
        "column-number": 1,
        "disposition": "report",
        "document-uri": page,
        "effective-directive": directive,
        "original-policy": POLICY,
        "referrer": "",
        "status-code": 200,
        "violated-directive": directive,
    } | further


def chromium_api(blocked: str, directive: str, page: str = PAGE, **further: Any) -> dict[str, Any]:
    described = {
        "blockedURL": blocked,
        "disposition": "report",
        "documentURL": page,
        "effectiveDirective": directive,
        "originalPolicy": POLICY,
        "referrer": "",
        "sample": "",
        "statusCode": 200,
    }
    agent = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36"
    )
    return {"age": 12353, "body": described | further, "type": "csp-violation", "url": page, "user_agent": agent}


def firefox_api(blocked: str, directive: str, page: str = PAGE, **further: Any) -> dict[str, Any]:
    described = {
        "documentURL": page,
        "blockedURL": blocked,
        "referrer": None,
        "effectiveDirective": directive,
        "originalPolicy": POLICY,
        "sourceFile": None,
        "sample": None,
        "disposition": "report",
        "statusCode": 200,
        "lineNumber": None,
        "columnNumber": None,
    }
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
    return {"age": 20, "type": "csp-violation", "url": page, "user_agent": agent, "body": described | further}
