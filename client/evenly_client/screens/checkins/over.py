"""Puts check-ins over whatever screen the member looks at: by itself only where nothing is in the way.

Nothing takes the focus from a text field, nothing comes over a turn of mine, and where it is calm (solo, silence,
rounds, a pause) only what the phase itself has asked. In all these cases a line says what waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from evenly_protocol.checkins import CheckIn, check_in_with
from textual.app import App
from textual.screen import ModalScreen, Screen

from evenly_client import narration
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.screens.checkins.dialog import CheckInDialog
from evenly_client.screens.checkins.following import Following, News
from evenly_client.screens.checkins.three_words import ThreeWords
from evenly_client.screens.help import Help
from evenly_client.screens.hosting import Hosting


class Over:
    """The check-ins over the screens of one program."""

    def __init__(
        self,
        peer: Peer,
        following: Following,
        program: Callable[[], App[None]],
        *,
        typing: Callable[[], bool],
        say: Callable[[str], None],
        take: Callable[[Sequence[bytes]], Awaitable[None] | None],
    ) -> None:
        """`typing`: a text field of the session's screen is open. `say`: a sentence. `take`: one of these issues."""
        self._peer = peer
        self._following = following
        self._program = program
        self._typing = typing
        self._say = say
        self._take = take

    def follow(self) -> None:
        """Something has happened: shows what is new and may be shown. Before one is in the room, all stays new."""
        if not isinstance(self._program().screen, (Hosting, ModalScreen)):
            return
        for news in self._following.news():
            if self._may_come(news):
                self._put(news)

    def show(self, check_in: bytes, *, asked_for: bool = True) -> None:
        """Puts a check-in over the screen, unless it is there. `asked_for`: by a key."""
        if any(isinstance(s, CheckInDialog) and s.check_in == check_in for s in self._program().screen_stack):
            return
        dialog = CheckInDialog(self._peer, self._following, check_in, take_issue=self._taken, asked_for=asked_for)
        self._program().push_screen(dialog, self._closed)

    def show_words(self) -> None:
        """Puts the three words over the screen, unless they are there."""
        if not any(isinstance(s, ThreeWords) for s in self._program().screen_stack):
            self._program().push_screen(ThreeWords(self._peer, self._following), self._closed)

    def _put(self, news: News) -> None:
        if news.what == "words":
            self.show_words()
        else:
            self.show(news.check_in, asked_for=False)

    def _taken(self, issues: Sequence[bytes]) -> None:
        self._take(issues)

    def _closed(self, said: str | None) -> None:
        if said:
            self._say(said)

    def _may_come(self, news: News) -> bool:
        o = Outlook(self._peer)
        if not _only_shows(self._program().screen) or self._typing() or o.my_turn() is not None:
            return False
        calm = o.session is not None and (o.held or narration.calm(o.floor.mode))
        return not calm or news.what == "few" or self._of_this_phase(o, check_in_with(o.room, news.check_in))

    @staticmethod
    def _of_this_phase(o: Outlook, check_in: CheckIn | None) -> bool:
        """The phase has opened it: everybody waits for it, and for nothing else."""
        session = o.session
        if check_in is None or session is None or o.held or not check_in.visit:
            return False
        return check_in.visit == session.phase.visit


def _only_shows(screen: Screen[object]) -> bool:
    """Whether a screen asks nothing: something may come over it."""
    if isinstance(screen, CheckInDialog):
        return screen.ended
    return isinstance(screen, (Hosting, Help))
