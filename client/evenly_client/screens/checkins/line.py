"""What the line above the keys says of check-ins, and what ctrl+g would do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evenly_protocol.checkins import CheckIn, check_in_with, open_check_in
from evenly_protocol.words import CheckInState

from evenly_client.checkins import wording
from evenly_client.outlook import Outlook
from evenly_client.screens.checkins.following import Following
from evenly_client.screens.keys import Keymap
from evenly_client.translation import _


@dataclass(frozen=True)
class Line:
    """A line of the screen.

    Attributes:
        what: what the key for answering does: `few`, `check_in`, `words`, `result`, `answered`; empty for nothing.
        text: what is said; empty for nothing.
        check_in: which one; empty for words.
    """

    what: str = ""
    text: str = ""
    check_in: bytes = b""


NOTHING: Final = Line()


def line(following: Following, o: Outlook, keys: Keymap) -> Line:
    """What is to be said of check-ins now; what is most urgent, alone."""
    key = keys.first("answer")
    few = next((id for id in following.check_ins.mine.asks_few if following.few(id)), b"")
    if few:
        if following.few(few) == 3:
            said = _("Only three now: shall your answer go in? · {key}")
        else:
            said = _("Only four now: shall your answer go in? · {key}")
        return Line("few", said.format(key=key), few)
    check_in = open_check_in(o.room)
    if check_in is not None and following.takes_part(check_in) and not following.check_ins.mine.is_done(check_in.id):
        return Line("check_in", _open(following, check_in, key), check_in.id)
    if following.check_ins.comparing and following.check_ins.mine.epoch is not None:
        return Line("words", _("Compare three words once, read aloud · {key} shows them").format(key=key))
    if following.unseen:
        ended = check_in_with(o.room, following.unseen)
        if ended is not None and ended.state is CheckInState.RECORDED:
            said = _("The check-in has a result · {key} shows it")
        else:
            said = _("The check-in came to no result · {key} shows it")
        return Line("result", said.format(key=key), following.unseen)
    if check_in is not None:
        return _waiting(following, o, check_in, keys)
    closing = following.check_ins.closing
    if closing is not None:
        mine = following.check_ins.mine
        return Line("", wording.closing_words(mine.progress(closing.id), mine.left_out(closing.id)))
    return NOTHING


def _open(following: Following, check_in: CheckIn, key: str) -> str:
    if following.check_ins.mine.answer_of(check_in.id) is None:
        return _("Check-in open · {key} to answer").format(key=key)
    return _("Check-in: answered, not done yet · {key} opens it").format(key=key)


def _waiting(following: Following, o: Outlook, check_in: CheckIn, keys: Keymap) -> Line:
    """It is open, and I am done, or have no part in it."""
    said = [_("Check-in: answered") if following.takes_part(check_in) else _("A check-in is open")]
    done = wording.done_words(following.check_ins.mine.progress(check_in.id))
    if done:
        said.append(done)
    if following.takes_part(check_in):
        said.append(_("{key} changes it").format(key=keys.first("answer")))
        return Line("answered", " · ".join(said), check_in.id)
    if o.leads and keys.first("lead_check_in"):
        said.append(_("{key} closes it").format(key=keys.first("lead_check_in")))
    return Line("", " · ".join(said))
