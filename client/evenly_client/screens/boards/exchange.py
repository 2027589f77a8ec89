"""The exchange: asks, offers, resources, insights and wins; as rows, one in full, and what can be done with them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from evenly_protocol.exchange import AddPost, MeetAsk, Post, TakeBackPost, open_asks, post_with, replies
from evenly_protocol.facts import Command
from evenly_protocol.labels import LabelItem
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import Label, PostKind

from evenly_client import opened
from evenly_client.outlook import Outlook
from evenly_client.screens import flows
from evenly_client.screens.boards.asking import (
    ANY_TEXT,
    BoardFlow,
    does,
    how_far,
    one_of,
    other_label,
    pick,
    short,
    typed,
)
from evenly_client.screens.boards.items import (
    LABEL_WORDS,
    Filter,
    Item,
    Told,
    called,
    day_words,
    group,
    how_far_words,
    item_of,
    joined,
    whose,
)
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.situation import Situation
from evenly_client.sealing import TextTooLong
from evenly_client.translation import _, ngettext, pgettext


class PostWords(NamedTuple):
    """What one post of a kind is called, what several are, and what stands over one."""

    one: str
    several: str
    title: str


POST_WORDS: Final = {
    PostKind.ASK: PostWords(_("an ask"), _("asks"), _("An ask")),
    PostKind.OFFER: PostWords(_("an offer"), _("offers"), _("An offer")),
    PostKind.RESOURCE: PostWords(_("a resource"), _("resources"), _("A resource")),
    PostKind.INSIGHT: PostWords(_("an insight"), _("insights"), _("An insight")),
    PostKind.WIN: PostWords(_("a win"), _("wins"), _("A win")),
}


def listed(o: Outlook, shown: Filter, lines: int) -> list[Item]:
    found: list[Item] = []
    for kind, words in POST_WORDS.items():
        if shown.what not in ("all", kind):
            continue
        there = [p for p in o.room.posts if p.kind is kind and not p.reply_to]
        if kind is PostKind.ASK:
            unmet = [p for p in there if not p.met_by and not p.taken_back]
            others = [p for p in there if p.met_by or p.taken_back][::-1]
            note = joined((_open(len(unmet)), _met(sum(p.met_by > 0 for p in others))))
            ordered = [*unmet, *others]
        else:
            ordered, note = there[::-1], str(len(there))
        drawn = [item for p in ordered for item in (_post(o, p, lines), *_replies(o, p, lines))]
        found += group(words.several.upper(), drawn, note)
    return found


def _open(n: int) -> str:
    # Translators: so many asks.
    return ngettext("{n} open", "{n} open", n).format(n=n)


def _met(n: int) -> str:
    # Translators: so many asks.
    return ngettext("{n} met", "{n} met", n).format(n=n) if n else ""


def _answers(n: int) -> str:
    return ngettext("{n} reply", "{n} replies", n).format(n=n) if n else ""


def _replies(o: Outlook, post: Post, lines: int) -> list[Item]:
    return [_post(o, reply, 1, indent=2) for reply in replies(o.room, post.id)]


def _post(o: Outlook, post: Post, lines: int, *, indent: int = 0) -> Item:
    def told() -> Told:
        answers = len(replies(o.room, post.id))
        label = LABEL_WORDS[post.label] if post.label is not Label.ROOM else ""
        met = met_words(o, post)
        link = opened.post_link(o.peer.sealer, post)
        second = joined((met, link, _answers(answers), day_words(o, post.at), label))
        right = "" if lines > 1 else met
        text = opened.post_text(o.peer.sealer, post)
        return Told(o.name(post.seat), post.seat == o.seat, text, right, second, indent)

    return item_of(post.id, lines, told)


def met_words(o: Outlook, post: Post) -> str:
    """How an ask stands; empty for anything else."""
    if post.kind is not PostKind.ASK or post.reply_to or post.taken_back:
        return ""
    if not post.met_by:
        return pgettext("ask", "open")
    if post.introduced:
        said = _("met by {name}, who made people known to each other")
    else:
        said = _("met by {name}")
    return said.format(name=called(o, post.met_by))


def post_details(o: Outlook, post: Post) -> list[str]:
    """A post in full, with its replies."""
    sealer = o.peer.sealer
    link = opened.post_link(sealer, post)
    found = [opened.post_text(sealer, post), *([link] if link else []), ""]
    kind = _("a reply") if post.reply_to else POST_WORDS[post.kind].one
    found.append(
        joined((f"{kind}, {whose(o, post.seat)}", day_words(o, post.at), met_words(o, post), LABEL_WORDS[post.label]))
    )
    for reply in replies(o.room, post.id):
        words, its_link = opened.post_text(sealer, reply), opened.post_link(sealer, reply)
        heading = _("{name}, {day}:").format(name=o.name(reply.seat), day=day_words(o, reply.at))
        found += ["", heading, words, *([its_link] if its_link else [])]
    return found


def details(o: Outlook, key: Hashable) -> list[str]:
    """The post of this id in full; nothing if it is gone."""
    nothing: list[str] = []
    return next((post_details(o, a) for a in o.room.posts if a.id == key), nothing)


TITLES: Final = {
    PostKind.ASK: (_("I am looking for …"), _("What you need, and by when: an introduction, advice, a pair of eyes.")),
    PostKind.OFFER: (_("I can offer …"), _("What you would gladly give: time, a contact, something you know.")),
    PostKind.RESOURCE: (
        _("Worth reading, watching, using …"),
        _("What it is, and what it is good for. A link comes next."),
    ),
    PostKind.INSIGHT: (_("What I have understood …"), _("Something you see differently now.")),
    PostKind.WIN: (_("What has gone well …"), _("Small ones count.")),
}


def adds(kind: PostKind) -> BoardFlow:
    """The flow that adds something of a kind."""

    async def add(host: BoardHost) -> None:
        await write_post(host, kind, f"post.{kind}", said=_("It is on the exchange."))

    return add


async def add_post(host: BoardHost) -> None:
    """Something for the exchange: which kind?"""
    kind = await host.choose(
        _("What would you like to add?"),
        [Choice(kind, words.one, "", str(number)) for number, (kind, words) in enumerate(POST_WORDS.items(), 1)],
    )
    if kind is not None:
        await adds(kind)(host)


async def write_post(
    host: BoardHost, kind: PostKind, draft: str, *, value: str = "", reply_to: Post | None = None, said: str = ""
) -> bool:
    """A post of a kind, or a reply, half-typed under `draft`; whether it was taken, and then `said`."""
    title, body = TITLES[kind]
    answered = b""
    if reply_to is not None:
        answered = reply_to.id
        title, body = _("Your reply"), short(opened.post_text(host.peer.sealer, reply_to))
    beside = f"{draft}.link"

    async def make(text: str, id: bytes) -> Command | None:
        sealed, link = host.peer.seal(FieldKind.POST, text, id), b""
        if kind is PostKind.RESOURCE and reply_to is None:
            asked = await _ask_link(host, beside, id)
            if asked is None:
                return None
            link = host.peer.seal(FieldKind.LINK, asked, id)
        return AddPost(kind, sealed, link, answered)

    return await typed(host, title, make, draft=draft, beside=(beside,), said=said, body=body, value=value)


async def _ask_link(host: BoardHost, draft: str, id: bytes) -> str | None:
    """A link, empty for none, half-typed under `draft`; None: closed."""
    wanted = await host.choose(
        _("A link to it?"), [Choice(True, _("yes, type or paste it"), "", "1"), Choice(False, _("no link"), "", "2")]
    )
    if not wanted:
        return None if wanted is None else ""
    link, trouble = host.drafts.text(draft), ""
    while True:
        text = await host.write_kept(
            _("The link"),
            body=trouble,
            value=link,
            keep=lambda half: host.drafts.keep(draft, half),
            placeholder="https://…",  # no words: a link
            line=True,
        )
        if text is None:
            return None
        try:
            host.peer.seal(FieldKind.LINK, text, id)
        except TextTooLong as error:
            link, trouble = text, f"{error.title} {error.advice}"
            continue
        return text


async def open_post(host: BoardHost, id: bytes) -> None:
    """A post in full with its replies, and everything that can be done with it now."""
    s = host.situation()
    post = post_with(s.outlook.room, id)
    if post is None:
        host.say(_("That is not on the exchange any more."))
        return
    reply = AddPost(_reply_kind(post), ANY_TEXT, b"", id)
    can: list[tuple[str, str, str, Command]] = [("reply", pgettext("deed", "reply"), "r", reply)]
    if post.met_by:
        can.append(("open", _("it is open again"), "o", MeetAsk(id, 0)))
    else:
        met = next((MeetAsk(id, n) for n in _meeters(s, post)), MeetAsk(id, post.seat))
        can.append(("met", _("it is met"), "m", met))
    if not post.taken_back:
        words = how_far_words(post.label)
        can.append(("label", words, "l", LabelItem(id, other_label(post.label))))
        can.append(("back", _("take it back"), "x", TakeBackPost(id)))
    offered = [(name, words, key) for name, words, key, command in can if s.refusal(command) is None]
    title = _("A reply") if post.reply_to else POST_WORDS[post.kind].title
    match await pick(host, title, post_details(s.outlook, post), offered):
        case "reply":
            await write_post(host, _reply_kind(post), f"reply.{id.hex()}", reply_to=post)
        case "met":
            await _meet(host, post)
        case "open":
            await does(host, MeetAsk(id, 0))
        case "label":
            await how_far(host, id, post.label)
        case "back":
            await _take_back(host, post)
        case _:
            pass


def _reply_kind(post: Post) -> PostKind:
    """What answers an ask is an offer."""
    return PostKind.OFFER if post.kind is PostKind.ASK else post.kind


def _meeters(s: Situation, post: Post) -> list[int]:
    return [n for n in s.outlook.everybody if s.refusal(MeetAsk(post.id, n)) is None and n != post.seat]


def to_meet(s: Situation) -> list[Post]:
    """The open asks of which I may say that they are met."""
    return [p for p in open_asks(s.outlook.room) if _meeters(s, p)]


async def ask_met(host: BoardHost) -> None:
    """An ask is met."""
    o = host.situation().outlook
    post = await one_of(
        host,
        _("Which ask is met?"),
        to_meet(host.situation()),
        lambda p: (f"{o.name(p.seat)}: {short(opened.post_text(o.peer.sealer, p))}", ""),
        _("No ask is open."),
    )
    if post is not None:
        await _meet(host, post)


async def _meet(host: BoardHost, post: Post) -> None:
    body = short(opened.post_text(host.peer.sealer, post))
    by = await flows.seat(host, _("Who met it?"), _meeters(host.situation(), post), body=body)
    if by is None:
        return
    introduced = await host.choose(
        _("Did it make people known to each other?"),
        [Choice(False, _("no"), "", "n"), Choice(True, _("yes"), _("counted as an introduction, without names"), "y")],
    )
    if introduced is not None:
        await does(host, MeetAsk(post.id, by, introduced), _("Met."))


async def _take_back(host: BoardHost, post: Post) -> None:
    text = short(opened.post_text(host.peer.sealer, post))
    sure = await host.choose(
        _("Take it back?"),
        [Choice(True, _("take it back"), "", "y"), Choice(False, _("no"), "", "n")],
        body="\n\n".join((text, _("It is replaced for everybody, for good."))),
    )
    if sure:
        await does(host, TakeBackPost(post.id))
