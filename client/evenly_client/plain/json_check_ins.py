"""`--json`: check-ins, which are answered on this machine and not by the server.

Out, whenever it stands differently: {"check_in": ID, "state": "open", "kind": "scale", "question": …, "answers": […],
"people": 5, "compared": false, "mine": [2], "done": true, "have": 1, "of": 5, "asks_few": 0, "verdict": "", "result":
…}; an answer is its places in `answers`, counted from 0, or words. And {"words": [three], "compare": true}.
In: {"command": "answer_check_in", "check_in": ID, "answer": [2]}, and the other commands below.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import msgspec
from evenly_protocol.checkins import CheckIn
from evenly_protocol.words import UNDER_WAY, CheckInKind, CheckInState

from evenly_client.checkins import results
from evenly_client.checkins.asked import Answer
from evenly_client.checkins.asking import open_command
from evenly_client.checkins.ballots import BadAnswer
from evenly_client.checkins.question import BadQuestion, Question
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.narration.check_ins import result_of
from evenly_client.peer import CheckInMoved, Entered, Happened, Notice, Peer, StateChanged
from evenly_client.plain.check_in_news import people_in
from evenly_client.plain.json_lines import BadLine
from evenly_client.translation import _


class Local(msgspec.Struct, frozen=True, tag_field="command", forbid_unknown_fields=True):
    """A command of this machine's own; its name is `command`."""


class AskCheckIn(Local, frozen=True, tag="ask_check_in"):
    """Open a check-in; its texts are sealed here. `seconds`: after which it closes by itself, 0 for not by itself."""

    kind: CheckInKind
    question: str
    options: list[str] = []
    seconds: int = 0


class AnswerCheckIn(Local, frozen=True, tag="answer_check_in"):
    """My answer: places in `answers` counted from 0, or words; empty for none."""

    check_in: bytes
    answer: list[int] | str


class FinishCheckIn(Local, frozen=True, tag="finish_check_in"):
    """I am done with it, answered or not."""

    check_in: bytes


class AgreeToFew(Local, frozen=True, tag="agree_to_few"):
    """Whether my answer goes in among few."""

    check_in: bytes
    agree: bool


class CompareWords(Local, frozen=True, tag="compare_words"):
    """For who leads: everybody compares the three words."""


class WordsCompared(Local, frozen=True, tag="words_compared"):
    """What was read aloud is the same as these words, which stood here, or is not."""

    words: list[str]
    same: bool


_ANY = AskCheckIn | AnswerCheckIn | FinishCheckIn | AgreeToFew | CompareWords | WordsCompared
_decoder: msgspec.json.Decoder[_ANY] = msgspec.json.Decoder(_ANY)
_NAMES = frozenset(str(kind.__struct_config__.tag) for kind in _ANY.__args__)


class JsonCheckIns:
    """One device's part in check-ins, in lines of JSON."""

    def __init__(self, peer: Peer, check_ins: CheckIns) -> None:
        self._peer, self._check_ins = peer, check_ins
        self._told: dict[bytes, str] = {}
        self._compared = 0

    # -- out -----------------------------------------------------------------------------------------------------

    def lines_of(self, notice: Notice) -> Iterator[str]:
        """A line for each check-in that stands otherwise after this notice, and for words that are to be compared."""
        if not isinstance(notice, CheckInMoved | Entered | Happened | StateChanged):
            return
        for check_in in self._peer.room.check_ins:
            if self._is_settled(check_in):
                continue
            line = json.dumps(self._told_of(check_in), separators=(",", ":"), ensure_ascii=False)
            if self._told.get(check_in.id) != line:
                self._told[check_in.id] = line
                yield line
        epoch = self._check_ins.mine.epoch
        if self._check_ins.comparing and epoch is not None and epoch.number != self._compared:
            self._compared = epoch.number
            yield json.dumps({"words": epoch.words, "compare": True}, separators=(",", ":"))

    def _is_settled(self, check_in: CheckIn) -> bool:
        """Whether nothing of it can change any more, and nothing of it was told before it ended."""
        return check_in.state not in UNDER_WAY and check_in.id not in self._told

    def _told_of(self, check_in: CheckIn) -> dict[str, Any]:
        peer, mine = self._peer, self._check_ins.mine
        options = results.options_of(peer.sealer, check_in)
        progress, verdict = mine.progress(check_in.id), mine.verdicts.get(check_in.id)
        result = result_of(peer, check_in) if check_in.state is CheckInState.RECORDED else None
        return {
            "check_in": msgspec.to_builtins(check_in.id),
            "state": check_in.state.value,
            "kind": check_in.kind.value,
            "question": results.question_of(peer.sealer, check_in),
            "answers": results.labels(check_in.kind, options),
            "people": people_in(peer, self._check_ins),
            "compared": mine.compared,
            "mine": mine.answer_of(check_in.id),
            "done": mine.is_done(check_in.id),
            "have": 0 if progress is None else progress.have,
            "of": 0 if progress is None else progress.of,
            "asks_few": mine.asks_few.get(check_in.id, 0),
            "code": check_in.code,
            "verdict": "" if verdict is None else verdict.value,
            "result": None if result is None else dataclasses.asdict(result),
        }

    # -- in ------------------------------------------------------------------------------------------------------

    def takes(self, line: str) -> bool:
        """Does what a line says, if it is a command of check-ins; whether it was.

        Raises:
            BadLine: it was one, and cannot be done.
        """
        if _name_in(line) not in _NAMES:
            return False
        try:
            self._do(_decoder.decode(line))
        except (msgspec.MsgspecError, BadQuestion, BadAnswer) as error:
            raise BadLine(str(error)) from None
        return True

    def _do(self, command: _ANY) -> None:
        check_ins = self._check_ins
        match command:
            case AskCheckIn(kind, question, options, seconds):
                id = self._peer.new_id()
                asked = Question(kind, question, tuple(options), seconds)
                self._peer.send(open_command(self._peer, asked, id), id)
            case AnswerCheckIn(check_in, answer):
                given: Answer = answer if isinstance(answer, str) else tuple(answer)
                check_ins.answer(check_in, given)
            case FinishCheckIn(check_in):
                check_ins.done(check_in)
            case AgreeToFew(check_in, agree):
                check_ins.go_on(check_in, agree=agree)
            case CompareWords():
                check_ins.compare_words()
            case WordsCompared(words, same):
                if not check_ins.words_compared(words, match=same):
                    raise BadLine(_("Other words stand here now: compare those."))


class _Named(msgspec.Struct):
    command: str = ""


_named = msgspec.json.Decoder(_Named)


def _name_in(line: str) -> str:
    """The command that a line of JSON names; empty for none."""
    try:
        return _named.decode(line).command
    except (msgspec.MsgspecError, RecursionError):
        return ""
