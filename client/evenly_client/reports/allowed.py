"""What a reader may have in a report: every rule is here, and nowhere else. Source: domain.md, "Reports".

======================================  ==============================================================================
what                                    who may have it
======================================  ==============================================================================
an item labelled `room`                 the room: it stays in a session report made for the room
an item labelled `takeaway`             members, at home too
an item labelled `shareable`            anybody
one's own items                         always in one's own record; elsewhere like a takeaway's
what nobody labels (questions, titles)  the room; titles go home with members, words of questions do not
a note on an action                     goes with the action if its owner wrote it; another's stays in the room
numbers of a check-in                   the room; members at home, if five or more answered and it chose no issue;
                                        anybody, if the question is the program's own besides
a check-in in words, or with no result  the room
questions kept by the issue-holder      the holder, in their own record
air time of all                         the room, if it is `open` (when the session ended, and now), and it is asked for
one's own air time                      the reader
how often an action was carried over    its owner and facilitators
private notes                           whoever wrote them, in their own record; never for anybody
a name                                  members; in what anybody may have, nobody is named but the reader
a session                               participants and facilitators; an observer, if they were on the call
a sponsor's summary                     anybody: it is made of numbers alone, by a module that opens no text
======================================  ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evenly_protocol.members import is_facilitator
from evenly_protocol.words import Label, Role, Visibility

from evenly_client.reports.check_ins import CheckInWent
from evenly_client.reports.chronicle import ActionWent, Asked, Chronicle, IssueHeld, NoteWritten, PostWent, SessionWent
from evenly_client.translation import _

SOMEBODY: Final = _("a member")
"""Whoever may not be named."""

_GOES: Final = {Label.ROOM: 0, Label.TAKEAWAY: 1, Label.SHAREABLE: 2}
"""How far."""

FEWEST_TO_TELL: Final = 5
"""Answers to a check-in; fewer hide so little that they stay in the room."""


def anybody_may_have(check_in: CheckInWent) -> bool:
    """Whether a check-in's numbers may go to anybody: the question is the program's own, and enough people answered."""
    return bool(check_in.built_in) and _goes_home(check_in)


def _goes_home(check_in: CheckInWent) -> bool:
    return check_in.in_numbers and check_in.answers >= FEWEST_TO_TELL and not check_in.about_issues


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose report it is, and what for.

    Attributes:
        seat: of the member for whom it is made.
        made_for: how far the report may go: it stays in the room, goes home with a member, or to anybody.
        own_record: it is the member's own record.
    """

    seat: int
    made_for: Label = Label.ROOM
    own_record: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """What of a chronicle a reader may have."""

    chronicle: Chronicle
    reader: Reader

    # -- who -----------------------------------------------------------------------------------------------------

    @property
    def observes(self) -> bool:
        """The reader only watches."""
        me = self.chronicle.room.members.get(self.reader.seat)
        return me is None or me.removed or me.role is Role.OBSERVER

    def is_mine(self, seat: int) -> bool:
        """Whether this is the reader's seat."""
        return bool(seat) and seat == self.reader.seat

    def name(self, seat: int) -> str:
        """What a seat may be called."""
        if self.reader.made_for is Label.SHAREABLE and not self.is_mine(seat):
            return SOMEBODY
        return self.chronicle.name(seat)

    @property
    def names_people(self) -> bool:
        """Whether people may be named."""
        return self.reader.made_for is not Label.SHAREABLE

    @property
    def titles(self) -> bool:
        """Whether the room's name, phases' own titles, topics and pre-work may be given: nobody labels these."""
        return self.reader.made_for is not Label.SHAREABLE

    # -- items ---------------------------------------------------------------------------------------------------

    def _item(self, seat: int, label: Label) -> bool:
        made_for, own_record = self.reader.made_for, self.reader.own_record
        if self.is_mine(seat) and self._mine_goes:
            return True
        if own_record and made_for is Label.ROOM:
            made_for = Label.TAKEAWAY  # what others said in the room stays in the session report
        return _GOES[label] >= _GOES[made_for]

    def action(self, action: ActionWent) -> bool:
        """Whether the reader may have an action."""
        return self._item(action.owner, action.label)

    def post(self, post: PostWent) -> bool:
        """Whether the reader may have something from the exchange."""
        return self._item(post.seat, post.label)

    def issue(self, issue: IssueHeld) -> bool:
        """Whether the reader may have an issue's text."""
        return self._item(issue.holder, issue.label)

    def note(self, action: ActionWent, note: NoteWritten) -> bool:
        """Whether the reader may have a note on an action."""
        if not self.action(action):
            return False
        if note.seat == action.owner:
            return True
        if self.is_mine(note.seat):
            return self._mine_goes
        return self._stays(mine=self.is_mine(action.owner))

    def question(self, question: Asked) -> bool:
        """Whether the reader may have a question's words."""
        if question.kept_by:
            return self._stays(mine=self.is_mine(question.kept_by)) and self.reader.own_record
        if self.reader.own_record:
            return self._stays(mine=self.is_mine(question.holder))
        return self.reader.made_for is Label.ROOM or (self.is_mine(question.seat) and self._mine_goes)

    def check_in(self, check_in: CheckInWent) -> bool:
        """Whether the reader may have what a check-in came to, and its question."""
        if self.reader.made_for is Label.SHAREABLE:
            return anybody_may_have(check_in)
        return self._stays(mine=False) or _goes_home(check_in)

    @property
    def _mine_goes(self) -> bool:
        """One's own words: always in one's own record; one may take them home, but not hand them to anybody unasked."""
        return self.reader.own_record or self.reader.made_for is not Label.SHAREABLE

    def _stays(self, *, mine: bool) -> bool:
        """Others' unlabelled words: in a report for the room; in the own record, those that were said to oneself."""
        return self.reader.made_for is Label.ROOM and (mine or not self.reader.own_record)

    # -- figures -------------------------------------------------------------------------------------------------

    def session(self, session: SessionWent) -> bool:
        """Whether the reader may have a report of a session."""
        return not self.observes or bool(session.attended.get(self.reader.seat))

    def air_time_of_all(self, session: SessionWent) -> bool:
        """Whether the reader may have everybody's air time, if they ask for it."""
        is_open = self.chronicle.room.settings.visibility is Visibility.OPEN and session.open_air_time
        return is_open and self.reader.made_for is Label.ROOM and not self.reader.own_record

    def carried(self, action: ActionWent) -> bool:
        """Whether the reader may know how often an action was carried over."""
        return self.is_mine(action.owner) or is_facilitator(self.chronicle.room, self.reader.seat)

    @property
    def private_notes(self) -> bool:
        """Whether the reader's private notes are in it."""
        return self.reader.own_record and self.reader.made_for is not Label.SHAREABLE
