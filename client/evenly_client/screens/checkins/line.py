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
        many = "three" if following.few(few) == 3 else "four"
        return Line("few", f"Only {many} now: shall your answer go in? · {key}", few)
    check_in = open_check_in(o.room)
    if check_in is not None and following.takes_part(check_in) and not following.check_ins.mine.is_done(check_in.id):
        return Line("check_in", _open(following, check_in, key), check_in.id)
    if following.check_ins.comparing and following.check_ins.mine.epoch is not None:
        return Line("words", f"Compare three words once, read aloud · {key} shows them")
    if following.unseen:
        ended = check_in_with(o.room, following.unseen)
        came = "has a result" if ended is not None and ended.state is CheckInState.RECORDED else "came to no result"
        return Line("result", f"The check-in {came} · {key} shows it", following.unseen)
    if check_in is not None:
        return _waiting(following, o, check_in, keys)
    closing = following.check_ins.closing
    if closing is not None:
        mine = following.check_ins.mine
        return Line("", wording.closing_words(mine.progress(closing.id), mine.left_out(closing.id)))
    return NOTHING


def _open(following: Following, check_in: CheckIn, key: str) -> str:
    if following.check_ins.mine.answer_of(check_in.id) is None:
        return f"Check-in open · {key} to answer"
    return f"Check-in: answered, not done yet · {key} opens it"


def _waiting(following: Following, o: Outlook, check_in: CheckIn, keys: Keymap) -> Line:
    """It is open, and I am done, or have no part in it."""
    said = ["Check-in: answered" if following.takes_part(check_in) else "A check-in is open"]
    done = wording.done_words(following.check_ins.mine.progress(check_in.id))
    if done:
        said.append(done)
    if following.takes_part(check_in):
        said.append(f"{keys.first('answer')} changes it")
        return Line("answered", " · ".join(said), check_in.id)
    if o.leads and keys.first("lead_check_in"):
        said.append(f"{keys.first('lead_check_in')} closes it")
    return Line("", " · ".join(said))
