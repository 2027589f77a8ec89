"""My private notes: as rows, one in full, and how they are written, changed and deleted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from evenly_client.notes import NoteTooLong, PrivateNote
from evenly_client.outlook import Outlook
from evenly_client.screens.boards.asking import pick, short
from evenly_client.screens.boards.items import Item, Told, day_words, item_of, joined
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.text import one_line
from evenly_client.translation import _


def _note(o: Outlook, note: PrivateNote, lines: int) -> Item:
    def told() -> Told:
        first, _end, rest = note.text.partition("\n")
        when = day_words(o, note.changed)
        return Told("", False, first or _("(empty)"), when if lines == 1 else "", joined((when, one_line(rest))))

    return item_of(note.id, lines, told)


def note_details(o: Outlook, note: PrivateNote) -> list[str]:
    """A note in full."""
    changed = _("changed {day}").format(day=day_words(o, note.changed)) if note.changed != note.created else ""
    written = _("written {day}").format(day=day_words(o, note.created))
    return [note.text, "", joined((written, changed, _("yours alone")))]


def listed(o: Outlook, notes: Sequence[PrivateNote], lines: int) -> list[Item]:
    """My notes in order."""
    return [_note(o, note, lines) for note in notes]


def details(o: Outlook, notes: Sequence[PrivateNote], key: Hashable) -> list[str]:
    """The note of this id in full; nothing if it is gone."""
    nothing: list[str] = []
    return next((note_details(o, n) for n in notes if n.id == key), nothing)


async def private_note(host: BoardHost) -> None:
    """A note for me alone."""
    await _write_note(host, b"", "")


async def _write_note(host: BoardHost, id: bytes, text: str) -> None:
    value, trouble = host.notes.draft(id) or text, ""
    while True:
        written = await host.write_kept(
            _("A note for you alone"),
            body=trouble or _("It stays on this machine, sealed, and is never sent."),
            value=value,
            keep=lambda half: host.notes.keep_draft("" if half == text else half, host.peer.now(), id),
        )
        if written is None:
            return
        try:
            host.notes.keep(written, host.peer.now(), id)
        except NoteTooLong as error:
            value, trouble = written, f"{error.title} {error.advice}"
            continue
        host.say(_("Kept, for you alone."))
        return


async def open_note(host: BoardHost, id: bytes) -> None:
    """A note in full; it can be changed or deleted."""
    note = host.notes.note(id)
    if note is None:
        return
    change = _("change it (half-typed)") if host.notes.draft(id) else _("change it")
    can = [("edit", change, "e"), ("delete", _("delete it"), "x")]
    match await pick(host, _("Note"), note_details(host.situation().outlook, note), can):
        case "edit":
            await _write_note(host, id, note.text)
        case "delete":
            sure = await host.choose(
                _("Delete the note?"),
                [Choice(True, _("delete it"), _("there is no other copy"), "y"), Choice(False, _("no"), "", "n")],
                body=short(note.text),
            )
            if sure:
                host.notes.delete(id)
                host.say(_("Deleted."))
        case _:
            pass
