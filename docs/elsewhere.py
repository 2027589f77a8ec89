"""Looks through the built pages: they load nothing from another host. Then lists where their links lead outside.

    python docs/elsewhere.py build/docs

Exits with 1 if a page, a style or a script of ours would fetch something. Whether the links outside still lead
somewhere is not looked at: that needs a network, and others' servers to be up.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

LOADS = {"src", "srcset", "data", "poster", "background", "action"}
"""Attributes whose address a browser fetches; `href` is one only in some elements."""

FETCHED_BY_HREF = {"link", "image", "use", "base"}
NO_RESOURCE = {"canonical", "author", "license", "search", "next", "prev", "index"}
"""Kinds of `<link>` that point somewhere without loading anything."""

_IN_STYLES = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class Page(HTMLParser):
    """What one page loads, and where it links to, as addresses with a host."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sorts an element's addresses."""
        self._style = tag == "style"
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            name = name.removeprefix("xlink:")
            if name == "style":
                self.loads += styled(value)
            elif name in LOADS or (name == "href" and self._fetched(tag, given)):
                self.loads += [part.split()[0] for part in value.split(",") if is_outside(part.strip())]
            elif name == "href" and is_outside(value):
                self.links.append(value)

    def handle_data(self, data: str) -> None:
        """Styles inside of the page."""
        if self._style:
            self.loads += styled(data)

    @staticmethod
    def _fetched(tag: str, given: dict[str, str]) -> bool:
        return tag in FETCHED_BY_HREF and not (tag == "link" and given.get("rel") in NO_RESOURCE)


def is_outside(address: str) -> bool:
    """Whether this is on another host; `data:` and fragments are not."""
    return bool(urlsplit(address).netloc)


def styled(css: str) -> list[str]:
    """What a style fetches from another host."""
    return [a for found in _IN_STYLES.findall(css) for a in found if a and is_outside(a)]


def looked_through(built: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """What is loaded from elsewhere, and what is linked to, each with the pages that do."""
    loads: defaultdict[str, set[str]] = defaultdict(set)
    links: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted(p for p in built.rglob("*") if p.suffix in (".html", ".css", ".svg")):
        text = path.read_text("utf-8")
        name = str(path.relative_to(built))
        page = Page("" if path.suffix == ".css" else text)
        for address in styled(text) if path.suffix == ".css" else page.loads:
            loads[address].add(name)
        for address in page.links:
            links[address].add(name)
    return loads, links


def main() -> None:
    """The command line."""
    loads, links = looked_through(Path(sys.argv[1]))
    print(f"{len(links)} links lead outside (listed, not followed):")
    for address, pages in sorted(links.items()):
        print(f"    {address}   {', '.join(sorted(pages)) if len(pages) < 3 else f'{len(pages)} pages'}")
    if loads:
        sys.exit("\n".join(f"{', '.join(sorted(pages))} loads {address}" for address, pages in sorted(loads.items())))
    print("No page loads anything from another host.")


if __name__ == "__main__":
    main()
