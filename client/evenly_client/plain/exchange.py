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
from evenly_client.plain.spelling import arguments, command, form, meant, spelled
from evenly_client.plain.word import Unclear, Word, is_number, listed, seat, text_and_seat
from evenly_client.text import one_line
from evenly_client.translation import _, ngettext, pgettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "exchange"
_LINK = re.compile(r"\s*\b(https?://\S+)\s*$", re.IGNORECASE)
_SAID = {
    PostKind.ASK: _("Your ask is on the exchange."),
    PostKind.OFFER: _("Your offer is on the exchange."),
    PostKind.RESOURCE: _("It is on the exchange."),
    PostKind.INSIGHT: _("It is on the exchange."),
    PostKind.WIN: _("It is on the exchange."),
}
_KINDS = {
    # Translators: what stands on the exchange, at the beginning of a line: “ask, Ana: Who knows a good printer?”
    PostKind.ASK: pgettext("kind of post", "ask"),
    PostKind.OFFER: pgettext("kind of post", "offer"),
    PostKind.RESOURCE: pgettext("kind of post", "resource"),
    PostKind.INSIGHT: pgettext("kind of post", "insight"),
    PostKind.WIN: pgettext("kind of post", "win"),
}


def _how_many(kind: PostKind | None, n: int) -> str:
    match kind:
        case None:
            said = ngettext("{n} post on the exchange.", "{n} posts on the exchange.", n)
        case PostKind.ASK:
            said = ngettext("{n} ask on the exchange.", "{n} asks on the exchange.", n)
        case PostKind.OFFER:
            said = ngettext("{n} offer on the exchange.", "{n} offers on the exchange.", n)
        case PostKind.RESOURCE:
            said = ngettext("{n} resource on the exchange.", "{n} resources on the exchange.", n)
        case PostKind.INSIGHT:
            said = ngettext("{n} insight on the exchange.", "{n} insights on the exchange.", n)
        case PostKind.WIN:
            said = ngettext("{n} win on the exchange.", "{n} wins on the exchange.", n)
    return said.format(n=n)


def _puts(kind: PostKind) -> Callable[[PlainLines, list[str]], Awaitable[None]]:
    async def put(lines: PlainLines, words: list[str]) -> None:
        text, whose = text_and_seat(lines, words)
        if not text:
            # Translators: {command} is what is typed: “offer”
            unclear = _("Type: {command} and what it is, and a link behind it if there is one.")
            raise Unclear(unclear.format(command=command(kind)))
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
    if words and meant(words[0]) not in kinds:
        unclear = spelled(_("Type: `exchange`, or `exchange` and one of: {kinds}."))
        raise Unclear(unclear.format(kinds=arguments(f"{k}s" for k in PostKind)))
    kind = kinds[meant(words[0])] if words else None
    posts = [p for p in look.room.posts if not p.reply_to and (kind is None or p.kind is kind)]
    shown = [post for top in posts for post in (top, *replies(look.room, top.id))]
    lines.list_(LIST, [p.id for p in shown])
    lines.say(_how_many(kind, len(posts)))
    for index, post in enumerate(shown, 1):
        lines.say(f"{index}: {_line(lines, post)}")


def _line(lines: PlainLines, post: Post) -> str:
    look = lines.look
    said = one_line(opened.post_text(look.peer.sealer, post))
    link = opened.post_link(look.peer.sealer, post)
    kind = pgettext("kind of post", "reply") if post.reply_to else _KINDS[post.kind]
    told = f"{kind}, {look.name(post.seat)}: {said}{f' {link}' if link and link not in said else ''}"
    if not post.met_by:
        return told
    # Translators: {ask} is an ask with its words
    met = _("{ask}, met by {name} making people known to each other") if post.introduced else _("{ask}, met by {name}")
    return met.format(ask=told, name=look.name(post.met_by))


def _chosen(lines: PlainLines, words: list[str]) -> Post:
    post = post_with(lines.peer.room, listed(lines, LIST, words, "exchange"))
    if post is None:
        raise Unclear(spelled(_("That is not on the exchange any more. Type `exchange` to read it again.")))
    return post


async def _reply(lines: PlainLines, words: list[str]) -> None:
    post = _chosen(lines, words)
    if not words[1:]:
        raise Unclear(spelled(_("Type: `reply`, its number and your words.")))
    await _post(lines, post.kind, " ".join(words[1:]), _("Your reply is on the exchange."), reply_to=post.id)


async def _met(lines: PlainLines, words: list[str]) -> None:
    post = _chosen(lines, words)
    if not words[1:]:
        raise Unclear(spelled(_("By whom? Type: `met`, the ask's number, and a seat, a name or `none`.")))
    introduced = len(words) > 2 and meant(words[-1]) == "introduced"
    who = seat(lines, words[1:-1] if introduced else words[1:], nobody=True)
    await lines.do(MeetAsk(post.id, who, introduced), _("It is met.") if who else _("It is open again."))


async def _take(lines: PlainLines, words: list[str]) -> None:
    if not words or meant(words[0]) != "back" or not is_number(words[1:]):
        raise Unclear(spelled(_("Type: `take back`, and its number in `exchange`.")))
    post = _chosen(lines, words[1:])
    await lines.do(TakeBackPost(post.id), _("It is taken back, for everybody."))


WORDS: dict[str, Word] = {
    "exchange": Word("e", form("[asks|offers|…]"), _("what is on the exchange, numbered"), False, _exchange),
    "ask": Word("", form("TEXT [LINK]"), _("ask the group for something"), False, _ask, check_ins.ASK_FORMS),
    "offer": Word("o", form("TEXT [LINK]"), _("offer something"), False, _puts(PostKind.OFFER)),
    "resource": Word("", form("TEXT [LINK]"), _("share something useful"), False, _puts(PostKind.RESOURCE)),
    "insight": Word("", form("TEXT [LINK]"), _("share what you have learnt"), False, _puts(PostKind.INSIGHT)),
    "win": Word("", form("TEXT [LINK]"), _("share what went well"), False, _puts(PostKind.WIN)),
    "reply": Word(
        "", form("K TEXT"), spelled(_("answer; `K` is its number in `exchange`, as you last read it")), False, _reply
    ),
    "met": Word(
        "",
        form("K SEAT|none [introduced]"),
        spelled(_("an ask is met, by whom; `introduced`: by whom they know")),
        False,
        _met,
    ),
    "take": Word("", form("back K"), _("take your own text back, for everybody"), False, _take),
}
