"""What plain lines say of check-ins by themselves: how to answer, who is waited for, what came of my own part.

That one is open or closed, and its result, is told by narration, like all that happens; this adds what only this
machine knows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from evenly_protocol.checkins import CheckIn, CheckInOpened, CheckInWithdrawn, check_in_with, open_check_in
from evenly_protocol.issues import waiting_issues
from evenly_protocol.room import Entry
from evenly_protocol.words import CheckInState

from evenly_client import phrases
from evenly_client.checkins import wording
from evenly_client.checkins.chosen import free_number, most_chosen
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.checkins.verdict import Verdict
from evenly_client.narration.check_ins import (
    TAKEN_BACK,
    opened_sentence,
    result_lines,
    result_of,
    result_sentence,
)
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.plain.answering import how_to_answer
from evenly_client.plain.spelling import as_typed, spelled
from evenly_client.translation import _, ngettext

ENDED = (CheckInState.RECORDED, CheckInState.GIVEN_UP, CheckInState.WITHDRAWN)


class CheckInNews:
    """Remembers what was said of which check-in.

    Attributes:
        left_out: the check-ins from which this member had the own answer left out.
        words: the three words as they were told last.
    """

    def __init__(
        self, peer: Peer, check_ins: CheckIns, say: Callable[[str], None], lists: dict[str, list[bytes]]
    ) -> None:
        """`say` is given each line; `lists`: what the numbers in lines mean, by the name of the list."""
        self._peer, self._check_ins, self._say, self._lists = peer, check_ins, say, lists
        self.left_out: set[bytes] = set()
        self._opened = b""
        self._promised = (b"", 0)
        self._waited_for = ""
        self._few = b""
        self._compared = 0
        self.words: tuple[str, ...] = ()

    # -- while it is open, and while it closes -------------------------------------------------------------------

    def moved(self) -> None:
        """Something may stand differently: says what has not been said."""
        self._say_open()
        self._say_promise()
        self._say_waiting()
        self._say_few()
        self._say_words()

    def _say_open(self) -> None:
        """For whoever comes while one is open; those who were there have heard it happen."""
        check_in = open_check_in(self._peer.room)
        if check_in is not None and check_in.id != self._opened:
            self._opened = check_in.id
            self._say(opened_sentence(self._peer, check_in, self._peer.now()))

    def _say_promise(self) -> None:
        """Once the keys are there: who can see what, and how to answer. Then how many take part, when that changes."""
        check_in, people = self._check_ins.open, people_in(self._peer, self._check_ins)
        if check_in is None or not people:
            return
        told, before = self._promised
        if told != check_in.id:
            compared, at_gateway = self._check_ins.mine.compared, self._peer.at_gateway
            self._say(wording.before_answering(people, compared=compared, at_gateway=at_gateway))
            for line in how_to_answer(self._peer, check_in):
                self._say(line)
        elif people != before:
            now = ngettext("{n} person takes part now.", "{n} people take part now.", people).format(n=people)
            self._say(" ".join(filter(None, (now, wording.how_little(people)))))
        self._promised = (check_in.id, people)

    def _say_waiting(self) -> None:
        closing = self._check_ins.closing
        if closing is None:
            self._waited_for = ""
            return
        mine = self._check_ins.mine
        progress, left_out = mine.progress(closing.id), mine.left_out(closing.id)
        if not left_out and (progress is None or progress.have >= progress.of):
            return
        said = wording.closing_words(progress, left_out)
        if said != self._waited_for:
            self._waited_for = said
            self._say(said)

    def _say_few(self) -> None:
        asked = self._check_ins.mine.asks_few
        for check_in, people in asked.items():
            if check_in != self._few:
                self._few = check_in
                # Translators: {asked} are sentences: how little so few answers hide, and whether yours shall go in
                said = _(
                    "{asked} Type `go on`, or `leave out`. Without an answer within half a minute yours is left out."
                )
                self._say(spelled(said).format(asked=wording.fewer_now(people)))

    def _say_words(self) -> None:
        epoch = self._check_ins.mine.epoch
        if not self._check_ins.comparing or epoch is None or epoch.number == self._compared:
            return
        self._compared = epoch.number
        self.words = epoch.words
        self._say(_("Compare these three words: {words}.").format(words=" ".join(epoch.words)))
        # Translators: {compare} is a sentence: how to compare the three words
        self._say(spelled(_("{compare} Type `words same`, or `words differ`.")).format(compare=wording.COMPARE))

    # -- what came of it -----------------------------------------------------------------------------------------

    def happening(self, entry: Entry) -> None:
        """An entry is about to be told: what it opens has been heard of."""
        if any(isinstance(event, CheckInOpened) for event in entry.events):
            self._opened = entry.id

    def happened(self, entry: Entry) -> None:
        """An entry was told: adds what came of check-ins, for this member."""
        self._say_gone(entry)
        for event in entry.events:
            check_in = check_in_with(self._peer.room, getattr(event, "check_in", b""))
            if check_in is not None and check_in.state in ENDED and not isinstance(event, CheckInWithdrawn):
                for line in came_of(self._peer, self._check_ins, check_in, self.left_out):
                    self._say(line)
                self._say_chosen(check_in)

    def _say_gone(self, entry: Entry) -> None:
        """A phase that is taken back takes the check-in that it had opened with it."""
        heard = check_in_with(self._peer.room, self._opened)
        if heard is None or heard.state is not CheckInState.WITHDRAWN:
            return
        self._opened = b""
        if not any(isinstance(event, CheckInWithdrawn) for event in entry.events):
            self._say(TAKEN_BACK)

    def _say_chosen(self, check_in: CheckIn) -> None:
        look, chosen = Outlook(self._peer), most_chosen(self._peer, check_in)
        if not chosen or not look.leads or look.session is None:
            return
        waiting = self._lists["issues"] = [i.id for i in waiting_issues(look.room)]
        nth = free_number(look.session)
        as_nth = f" {nth}" if nth != 1 else ""
        typed = [as_typed(f"issue choose {waiting.index(issue) + 1}{as_nth}") for issue in chosen if issue in waiting]
        if len(typed) == 1:
            self._say(_("To take what was chosen most, type: {line}").format(line=typed[0]))
        elif typed:
            n = len(typed)
            # Translators: issues to choose from; {lines} is what can be typed: “issue choose 1 or issue choose 2”
            said = ngettext(
                "{n} were chosen equally often. To take one, type: {lines}",
                "{n} were chosen equally often. To take one, type: {lines}",
                n,
            )
            self._say(said.format(n=n, lines=phrases.either(typed)))


def people_in(peer: Peer, check_ins: CheckIns) -> int:
    """How many take part as things stand; 0 while the keys are not there, or are those of others."""
    return check_ins.mine.people if peer.key.public in check_ins.mine.members else 0


def came_of(peer: Peer, check_ins: CheckIns, check_in: CheckIn, left_out: Collection[bytes]) -> Iterator[str]:
    """What came of a check-in beside its sentence: each answer, and what it is to this member.

    `left_out`: the check-ins in which this member did not want to be.
    """
    mine = check_ins.mine
    result = result_of(peer, check_in)
    if result is not None:
        yield from result_lines(result)
    verdict = mine.verdicts.get(check_in.id, Verdict.ABSENT)
    if verdict is Verdict.NOT_IN and check_in.id in left_out:
        yield _("Your answer is not in it, as you wished.")
    elif wording.VERDICTS[verdict]:
        yield wording.VERDICTS[verdict]
    own = result_of(peer, check_in, mine.own_results[check_in.id]) if check_in.id in mine.own_results else None
    if own is not None:
        # Translators: {result} is a sentence: what another computer made of a check-in
        yield _("Here it came to this: {result}").format(result=result_sentence(own))
        yield from result_lines(own)
