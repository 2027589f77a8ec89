"""The room itself: its call, labels, what is said here, undoing, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.agreement import SetCallLink
from evenly_protocol.labels import LabelItem
from evenly_protocol.sealed import FieldKind
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import Label

from evenly_client import narration, opened
from evenly_client.call_links import NotALink, checked
from evenly_client.plain import check_ins
from evenly_client.plain.spelling import NOBODY, all_meant, arguments, form, meant, spelled
from evenly_client.plain.word import Unclear, Word, is_number, listed, sealed
from evenly_client.text import one_line
from evenly_client.translation import _, ngettext, pgettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

_LABELLED = {"action": "actions", "post": "exchange", "issue": "issues"}


async def _call(lines: PlainLines, words: list[str]) -> None:
    if not words:
        link = opened.call_link(lines.peer.sealer, lines.peer.room)
        lines.say(link or spelled(_("No link to the call is kept. Those who lead type: `call` and the link.")))
    elif meant(words[0]) in NOBODY:
        await lines.do(SetCallLink(b""), _("The link to the call is taken away."))
    else:
        try:
            link = checked(" ".join(words))
        except NotALink as error:
            raise Unclear(str(error)) from None
        await sealed(lines, FieldKind.LINK, link, lambda link: SetCallLink(link), _("The link to the call is kept."))


async def _label(lines: PlainLines, words: list[str]) -> None:
    kind = _LABELLED.get(meant(words[0])) if words else None
    rest = words[1:] if kind is not None else words
    name = kind or lines.last_list
    if name not in _LABELLED.values():
        unclear = _("Type `actions`, `exchange` or `issues` first; then `label`, the number, and how far it may go.")
        raise Unclear(spelled(unclear))
    far = meant(rest[1]) if len(rest) > 1 else ""
    if not is_number(rest) or far not in list(Label):
        raise Unclear(spelled(_("Type: `label`, its number, and one of: {labels}.")).format(labels=arguments(Label)))
    level = Label(far)
    item = listed(lines, name, rest, name)
    said = {
        Label.ROOM: _("It stays here."),
        Label.TAKEAWAY: _("Members may take it home."),
        Label.SHAREABLE: _("Anybody may have it."),
    }[level]
    await lines.do(LabelItem(item, level), said)


async def _notes(lines: PlainLines, words: list[str]) -> None:
    notes = lines.notes.all()
    lines.list_("notes", [n.id for n in notes])
    n = len(notes)
    count = ngettext("{n} private note, on this machine alone.", "{n} private notes, on this machine alone.", n)
    none = spelled(_("0 private notes, on this machine alone. Type: `note` and your words."))
    lines.say(count.format(n=n) if notes else none)
    for index, note in enumerate(notes, 1):
        lines.say(f"{index}: {one_line(note.text)}")


async def _note(lines: PlainLines, words: list[str]) -> None:
    from evenly_client.notes import NoteTooLong

    if not words:
        raise Unclear(spelled(_("Type: `note` and your words. Nobody else reads them.")))
    verb = meant(words[0]) if is_number(words[1:]) else ""
    try:
        if verb == "delete" and len(words) == 2:
            lines.notes.delete(listed(lines, "notes", words[1:], "notes"))
            lines.say(_("The note is deleted."))
        elif verb == "edit" and len(words) > 2:
            id = listed(lines, "notes", words[1:], "notes")
            lines.notes.keep(" ".join(words[2:]), lines.look.now, id)
            lines.say(_("The note has these words."))
        else:
            lines.notes.keep(" ".join(words), lines.look.now)
            lines.say(_("Noted, for you alone."))
    except NoteTooLong as error:
        raise Unclear(f"{error.title} {error.advice}") from None


async def _undo(lines: PlainLines, words: list[str]) -> None:
    step = last_step(lines.peer.room, lines.peer.seat)
    if step is None:
        raise Unclear(_("There is nothing to undo."))
    if all_meant(words) != ["yes"]:
        what = narration.QUIET_WORDS.get(step.what, _("the last step"))
        # Translators: {what} is one of the steps that can be undone, “giving the floor”
        raise Unclear(spelled(_("That takes back: {what}. Type: `undo yes`")).format(what=what))
    await lines.do(Undo(step.id))


async def _quiet(lines: PlainLines, words: list[str]) -> None:
    lines.everything = False
    lines.say(_("Only what concerns you is said."))


async def _all(lines: PlainLines, words: list[str]) -> None:
    lines.everything = True
    lines.say(_("Everything that happens is said."))


async def _leave(lines: PlainLines, words: list[str]) -> None:
    if all_meant(words) == ["out"]:
        check_ins.agree_to_few(lines, agree=False)
        return
    lines.left = True
    lines.say(_("You have left. Join again whenever you like."))


WORDS: dict[str, Word] = {
    "call": Word(
        "", "", _("the link to the call"), False, _call, ((form("LINK|none"), _("those who lead: keep it here")),)
    ),
    "label": Word(
        "",
        form(f"K {'|'.join(Label)}"),
        spelled(_("how far your own action, post or issue may go in reports; `K` as you last read it")),
        False,
        _label,
        ((form(f"action|post|issue K {'|'.join(Label)}"), _("the same, of a list that was not the last")),),
    ),
    "note": Word(
        "",
        form("TEXT"),
        _("a private note; it stays on this machine"),
        False,
        _note,
        (
            (form("edit K TEXT"), spelled(_("put a note in other words; `K` is its number in `notes`"))),
            (form("delete K"), _("delete it")),
        ),
    ),
    "notes": Word("", "", _("your private notes"), False, _notes),
    "quiet": Word("", "", _("say only what concerns me"), False, _quiet),
    "all": Word("", "", _("say everything that happens"), False, _all),
    "undo": Word("u", "", _("take the last step back"), True, _undo),
    "leave": Word(
        "x",
        "",
        pgettext("what a command does", "leave"),
        False,
        _leave,
        ((form("out"), _("few take part now: your answer is left out")),),
    ),
}
