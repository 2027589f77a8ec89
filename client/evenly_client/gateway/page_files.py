"""The page as it is served: the few files that there are, by their addresses, with the headers that fence them in.

Nothing is looked up on the disk by what a request says: an address is one of these, or there is nothing there.

Why the policy of the page is as it is: xterm.js makes its own <style> elements, so the page's script gives these the
nonce of this answer (page/styles.js, which also says how it does without `unsafe-inline`). The addresses for the
WebSocket are spelled out for browsers that do not count them among 'self'. Scripts come from files here and from
nowhere else, and none can be made of text (trusted types).
"""

from __future__ import annotations

import gzip
import http
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import jinja2
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from evenly_client.gateway.page_words import page_words
from evenly_client.translation import language

FILES: Final = {
    "page.js": "text/javascript",
    "styles.js": "text/javascript",
    "page.css": "text/css",
    "xterm.mjs": "text/javascript",
    "xterm.css": "text/css",
    "addon-fit.mjs": "text/javascript",
    "addon-unicode-graphemes.mjs": "text/javascript",
    "LICENCES.txt": "text/plain",
}
"""The files as they are, and their types."""

ON_EVERY_ANSWER: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_FOLDER = Path(__file__).parent / "page"


class _File(NamedTuple):
    type: str
    content: bytes
    packed: bytes
    tag: str


class PageFiles:
    """The page and its files, read once; they do not change while a gateway runs."""

    def __init__(self, gateway: str) -> None:
        """`gateway`: tells what browsers keep for this one from what they keep for another at the same address."""
        self._gateway = gateway
        self._files = {f"/{name}": _read(name, kind) for name, kind in FILES.items()}
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        self._page = environment.from_string((_FOLDER / "index.html").read_text(encoding="utf-8"))

    def answer(self, path: str, request: Request, host: str) -> Response | None:
        """What is at a path, None if nothing is. `host`: by which name and port the visitor reaches the gateway."""
        if path == "/":
            return self._index(host)
        file = self._files.get(path)
        return None if file is None else _served(file, request)

    def _index(self, host: str) -> Response:
        nonce = secrets.token_urlsafe(16)
        words = page_words()
        html = self._page.render(
            w=words, words=words, nonce=nonce, gateway=self._gateway, language=language().replace("_", "-")
        )
        policy = (
            "default-src 'none'; script-src 'self'; "  # no words: a header
            f"style-src 'self' 'nonce-{nonce}'; connect-src 'self' ws://{host} wss://{host}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        )
        return respond(http.HTTPStatus.OK, "text/html", html.encode(), {"Content-Security-Policy": policy})


def respond(status: http.HTTPStatus, kind: str, body: bytes, more: dict[str, str] | None = None) -> Response:
    """An answer with all the headers that every answer has; `more` go before them."""
    headers = Headers(
        ON_EVERY_ANSWER
        | {"Content-Type": kind + "; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
        | (more or {})
    )
    return Response(status.value, status.phrase, headers, body)


def _served(file: _File, request: Request) -> Response:
    # Asked about anew each time, and not sent again while it is the same.
    fresh = {"Cache-Control": "no-cache", "ETag": file.tag, "Vary": "Accept-Encoding"}
    if file.tag in request.headers.get_all("If-None-Match"):
        return respond(http.HTTPStatus.NOT_MODIFIED, file.type, b"", fresh)
    if any("gzip" in said for said in request.headers.get_all("Accept-Encoding")):
        return respond(http.HTTPStatus.OK, file.type, file.packed, fresh | {"Content-Encoding": "gzip"})
    return respond(http.HTTPStatus.OK, file.type, file.content, fresh)


def _read(name: str, kind: str) -> _File:
    content = (_FOLDER / name).read_bytes()
    return _File(kind, content, gzip.compress(content, mtime=0), f'"{sha256(content).hexdigest()[:32]}"')
