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
from evenly_client.plain.word import NOBODY, Unclear, Word, is_number, listed, sealed
from evenly_client.text import one_line

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

_LABELLED = {"action": "actions", "post": "exchange", "issue": "issues"}


async def _call(lines: PlainLines, words: list[str]) -> None:
    if not words:
        link = opened.call_link(lines.peer.sealer, lines.peer.room)
        lines.say(link or "No link to the call is kept. Those who lead type: call and the link.")
    elif words[0].lower() in NOBODY:
        await lines.do(SetCallLink(b""), "The link to the call is taken away.")
    else:
        try:
            link = checked(" ".join(words))
        except NotALink as error:
            raise Unclear(str(error)) from None
        await sealed(lines, FieldKind.LINK, link, lambda link: SetCallLink(link), "The link to the call is kept.")


async def _label(lines: PlainLines, words: list[str]) -> None:
    kind = _LABELLED.get(words[0].lower()) if words else None
    rest = words[1:] if kind is not None else words
    name = kind or lines.last_list
    if name not in _LABELLED.values():
        raise Unclear("Type actions, exchange or issues first; then label, the number, and how far it may go.")
    if not is_number(rest) or rest[1:] == [] or rest[1].lower() not in list(Label):
        raise Unclear(f"Type: label, its number, and one of: {', '.join(Label)}.")
    level = Label(rest[1].lower())
    item = listed(lines, name, rest, name)
    said = {
        Label.ROOM: "It stays here.",
        Label.TAKEAWAY: "Members may take it home.",
        Label.SHAREABLE: "Anybody may have it.",
    }[level]
    await lines.do(LabelItem(item, level), said)


async def _notes(lines: PlainLines, words: list[str]) -> None:
    notes = lines.notes.all()
    lines.list_("notes", [n.id for n in notes])
    count = f"{len(notes)} private note{'' if len(notes) == 1 else 's'}, on this machine alone"
    lines.say(f"{count}." if notes else f"{count}. Type: note and your words.")
    for index, note in enumerate(notes, 1):
        lines.say(f"{index}: {one_line(note.text)}")


async def _note(lines: PlainLines, words: list[str]) -> None:
    from evenly_client.notes import NoteTooLong

    if not words:
        raise Unclear("Type: note and your words. Nobody else reads them.")
    verb = words[0].lower() if is_number(words[1:]) else ""
    try:
        if verb == "delete" and len(words) == 2:
            lines.notes.delete(listed(lines, "notes", words[1:], "notes"))
            lines.say("The note is deleted.")
        elif verb == "edit" and len(words) > 2:
            id = listed(lines, "notes", words[1:], "notes")
            lines.notes.keep(" ".join(words[2:]), lines.look.now, id)
            lines.say("The note has these words.")
        else:
            lines.notes.keep(" ".join(words), lines.look.now)
            lines.say("Noted, for you alone.")
    except NoteTooLong as error:
        raise Unclear(f"{error.title} {error.advice}") from None


async def _undo(lines: PlainLines, words: list[str]) -> None:
    step = last_step(lines.peer.room, lines.peer.seat)
    if step is None:
        raise Unclear("There is nothing to undo.")
    if words != ["yes"]:
        raise Unclear(f"That takes back: {narration.QUIET_WORDS.get(step.what, 'the last step')}. Type: undo yes")
    await lines.do(Undo(step.id))


async def _quiet(lines: PlainLines, words: list[str]) -> None:
    lines.everything = False
    lines.say("Only what concerns you is said.")


async def _all(lines: PlainLines, words: list[str]) -> None:
    lines.everything = True
    lines.say("Everything that happens is said.")


async def _leave(lines: PlainLines, words: list[str]) -> None:
    if words == ["out"]:
        check_ins.agree_to_few(lines, agree=False)
        return
    lines.left = True
    lines.say("You have left. Join again whenever you like.")


WORDS: dict[str, Word] = {
    "call": Word("", "", "the link to the call", False, _call, (("LINK|none", "those who lead: keep it here"),)),
    "label": Word(
        "",
        f"K {'|'.join(Label)}",
        "how far your own action, post or issue may go in reports; K as you last read it",
        False,
        _label,
        ((f"action|post|issue K {'|'.join(Label)}", "the same, of a list that was not the last"),),
    ),
    "note": Word(
        "",
        "TEXT",
        "a private note; it stays on this machine",
        False,
        _note,
        (("edit K TEXT", "put a note in other words; K is its number in notes"), ("delete K", "delete it")),
    ),
    "notes": Word("", "", "your private notes", False, _notes),
    "quiet": Word("", "", "say only what concerns me", False, _quiet),
    "all": Word("", "", "say everything that happens", False, _all),
    "undo": Word("u", "", "take the last step back", True, _undo),
    "leave": Word("x", "", "leave", False, _leave, (("out", "few take part now: your answer is left out"),)),
}
