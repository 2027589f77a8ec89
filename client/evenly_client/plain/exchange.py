"""The exchange: asks, offers, resources, insights and wins."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from evenly_protocol.exchange import AddPost, MeetAsk, Post, TakeBackPost, post_with, replies
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import PostKind

from evenly_client import opened
from evenly_client.plain import check_ins
from evenly_client.plain.word import Unclear, Word, is_number, listed, seat, text_and_seat
from evenly_client.text import one_line

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "exchange"
_LINK = re.compile(r"\s*\b(https?://\S+)\s*$", re.IGNORECASE)
_SAID = {
    PostKind.ASK: "Your ask is on the exchange.",
    PostKind.OFFER: "Your offer is on the exchange.",
    PostKind.RESOURCE: "It is on the exchange.",
    PostKind.INSIGHT: "It is on the exchange.",
    PostKind.WIN: "It is on the exchange.",
}


def _puts(kind: PostKind) -> Callable[[PlainLines, list[str]], Awaitable[None]]:
    async def put(lines: PlainLines, words: list[str]) -> None:
        text, whose = text_and_seat(lines, words)
        if not text:
            raise Unclear(f"Type: {kind} and what it is, and a link behind it if there is one.")
        await _post(lines, kind, text, _SAID[kind], whose=whose)

    return put


async def _ask(lines: PlainLines, words: list[str]) -> None:
    """An ask for the exchange; for those who lead also a check-in, by its word or its kind."""
    if check_ins.asks(words, leads=lines.look.leads):
        await check_ins.ask(lines, words)
    else:
        await _puts(PostKind.ASK)(lines, words)


async def _post(
    lines: PlainLines, kind: PostKind, text: str, said: str, *, whose: int = 0, reply_to: bytes = b""
) -> None:
    found = _LINK.search(text)
    link = found[1] if found is not None else ""
    words = text[: found.start()] if found is not None else text
    id = lines.peer.new_id()
    sealed = lines.peer.seal(FieldKind.POST, words.strip() or link, id)
    await lines.do(AddPost(kind, sealed, lines.peer.seal(FieldKind.LINK, link, id), reply_to, whose), said, id)


async def _exchange(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    kinds = {f"{k}s": k for k in PostKind} | {str(k): k for k in PostKind}
    if words and words[0].lower() not in kinds:
        raise Unclear(f"Type: exchange, or exchange and one of: {', '.join(f'{k}s' for k in PostKind)}.")
    kind = kinds[words[0].lower()] if words else None
    posts = [p for p in look.room.posts if not p.reply_to and (kind is None or p.kind is kind)]
    shown = [post for top in posts for post in (top, *replies(look.room, top.id))]
    lines.list_(LIST, [p.id for p in shown])
    what = f"{kind}{'' if len(posts) == 1 else 's'}" if kind is not None else f"post{'' if len(posts) == 1 else 's'}"
    lines.say(f"{len(posts)} {what} on the exchange.")
    for index, post in enumerate(shown, 1):
        lines.say(f"{index}: {_line(lines, post)}")


def _line(lines: PlainLines, post: Post) -> str:
    look = lines.look
    said = one_line(opened.post_text(look.peer.sealer, post))
    link = opened.post_link(look.peer.sealer, post)
    met = ""
    if post.met_by:
        met = f", met by {look.name(post.met_by)}{' making people known to each other' if post.introduced else ''}"
    how = "reply" if post.reply_to else str(post.kind)
    return f"{how}, {look.name(post.seat)}: {said}{f' {link}' if link and link not in said else ''}{met}"


def _chosen(lines: PlainLines, words: list[str]) -> Post:
    post = post_with(lines.peer.room, listed(lines, LIST, words, "exchange"))
    if post is None:
        raise Unclear("That is not on the exchange any more. Type exchange to read it again.")
    return post


async def _reply(lines: PlainLines, words: list[str]) -> None:
    post = _chosen(lines, words)
    if not words[1:]:
        raise Unclear("Type: reply, its number and your words.")
    await _post(lines, post.kind, " ".join(words[1:]), "Your reply is on the exchange.", reply_to=post.id)


async def _met(lines: PlainLines, words: list[str]) -> None:
    post = _chosen(lines, words)
    if not words[1:]:
        raise Unclear("By whom? Type: met, the ask's number, and a seat, a name or none.")
    introduced = len(words) > 2 and words[-1].lower() == "introduced"
    who = seat(lines, words[1:-1] if introduced else words[1:], nobody=True)
    await lines.do(MeetAsk(post.id, who, introduced), "It is met." if who else "It is open again.")


async def _take(lines: PlainLines, words: list[str]) -> None:
    if not words or words[0].lower() != "back" or not is_number(words[1:]):
        raise Unclear("Type: take back, and its number in exchange.")
    post = _chosen(lines, words[1:])
    await lines.do(TakeBackPost(post.id), "It is taken back, for everybody.")


WORDS: dict[str, Word] = {
    "exchange": Word("e", "[asks|offers|…]", "what is on the exchange, numbered", False, _exchange),
    "ask": Word("", "TEXT [LINK]", "ask the group for something", False, _ask, check_ins.ASK_FORMS),
    "offer": Word("o", "TEXT [LINK]", "offer something", False, _puts(PostKind.OFFER)),
    "resource": Word("", "TEXT [LINK]", "share something useful", False, _puts(PostKind.RESOURCE)),
    "insight": Word("", "TEXT [LINK]", "share what you have learnt", False, _puts(PostKind.INSIGHT)),
    "win": Word("", "TEXT [LINK]", "share what went well", False, _puts(PostKind.WIN)),
    "reply": Word("", "K TEXT", "answer; K is its number in exchange, as you last read it", False, _reply),
    "met": Word("", "K SEAT|none [introduced]", "an ask is met, by whom; introduced: by whom they know", False, _met),
    "take": Word("", "back K", "take your own text back, for everybody", False, _take),
}
