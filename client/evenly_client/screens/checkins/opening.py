"""Opening a check-in: a question that groups ask often, which issue to take, or one of one's own."""

from __future__ import annotations

from typing import Final

from evenly_protocol.checkins import OPTIONS, OpenCheckIn, electorate
from evenly_protocol.facts import Command
from evenly_protocol.floor import ChangeMode
from evenly_protocol.issues import waiting_issues
from evenly_protocol.refusals import Refusal
from evenly_protocol.words import CheckInKind, FloorMode

from evenly_client import phrases
from evenly_client.checkins.asking import about_issues, open_command
from evenly_client.checkins.question import BadQuestion, Question, checked
from evenly_client.checkins.results import labels
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.checkins.wording import KINDS, ending_of
from evenly_client.peer import Peer
from evenly_client.screens.boards.asking import ANY_TEXT, sent
from evenly_client.screens.checkins.host import CheckInHost
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext

QUESTION_DRAFT: Final = "check_in.question"
OPTIONS_DRAFT: Final = "check_in.options"
OFTEN: Final = tuple(TEMPLATES.items())
MINUTES_OFFERED: Final = (1, 2, 5, 10)
NUMBERS: Final = "123456789"


def may_open(s: Situation, kind: CheckInKind = CheckInKind.YESNO) -> Refusal | None:
    """Why a check-in of this kind cannot be opened now; None when it can."""
    options = [ANY_TEXT] * min(OPTIONS.get(kind, (0,)))
    return s.refusal(OpenCheckIn(kind, ANY_TEXT, options))


def named_round(s: Situation) -> Command:
    """What is offered in place of a check-in: everybody who would have answered says it, by name."""
    return ChangeMode(FloorMode.ROUND, with_facilitators=s.outlook.room.settings.facilitators_answer)


async def open_check_in(host: CheckInHost) -> None:
    """Open a check-in; where none can be opened, a round by name."""
    refusal = may_open(host.situation())
    if refusal is not None:
        await _refused(host, refusal, None)
        return
    question = await _asked(host)
    while question is not None:
        refusal = may_open(host.situation(), question.kind)
        if refusal is None:
            await _confirmed(host, question)
            return
        question = await _refused(host, refusal, question)


# -- where none can be opened ------------------------------------------------------------------------------------


async def _refused(host: CheckInHost, refusal: Refusal, question: Question | None) -> Question | None:
    """Says why not, and what can be done in its place: another question to go on with, or None."""
    if refusal.code == "too_few":
        await _round_instead(host, phrases.refusal_words(refusal))
        return None
    if refusal.code == "too_many" and question is not None:
        return await _choice_instead(host, phrases.refusal_words(refusal), question)
    host.say(phrases.refusal_words(refusal))
    return None


async def _round_instead(host: CheckInHost, why: str) -> None:
    s = host.situation()
    if s.refusal(named_round(s)) is not None:
        host.say(why)
        return
    go = await host.choose(
        _("A round by name instead?"),
        [
            Choice(True, _("a round, by name"), _("everybody on the call speaks once"), "y"),
            Choice(False, _("no"), "", "n"),
        ],
        body=why,
    )
    if go:
        host.do(named_round(host.situation()))


async def _choice_instead(host: CheckInHost, why: str, question: Question) -> Question | None:
    go = await host.choose(
        _("A choice of answers instead?"),
        [Choice(True, _("offer a choice"), _("you write the answers"), "y"), Choice(False, _("no"), "", "n")],
        body=why,
    )
    return await _with_options(host, CheckInKind.CHOICE, question.text) if go else None


# -- what is asked -----------------------------------------------------------------------------------------------


async def _asked(host: CheckInHost) -> Question | None:
    choices = [Choice(word, title, question.text, NUMBERS[i]) for i, (word, (title, question)) in enumerate(OFTEN)]
    if len(waiting_issues(host.situation().outlook.room)) > 1:
        choices.append(Choice("issues", _("Which issue"), _("those that wait"), "i"))
    choices.append(Choice("own", _("a question of your own"), "", "o"))
    word = await host.choose(_("A check-in: what do you ask?"), choices)
    if word == "own":
        return await _own(host)
    if word == "issues":
        return _issues(host)
    return None if word is None else TEMPLATES[word][1]


def _issues(host: CheckInHost) -> Question | None:
    try:
        return about_issues(host.peer)
    except BadQuestion as error:
        host.say(str(error))
        return None


async def _own(host: CheckInHost) -> Question | None:
    """A question of one's own: its kind, its words, its answers."""
    kind = await host.choose(
        _("How is it answered?"), [Choice(k, KINDS[k], "", NUMBERS[i]) for i, k in enumerate(CheckInKind)]
    )
    trouble = ""
    while kind is not None:
        text = await host.write_kept(
            _("What do you ask?"),
            body=trouble or _("Answered by {kind}. Nobody can tell whose answer is whose.").format(kind=KINDS[kind]),
            value=host.drafts.text(QUESTION_DRAFT),
            keep=lambda half: host.drafts.keep(QUESTION_DRAFT, half),
            line=True,
        )
        if text is None:
            return None
        if kind in OPTIONS:
            return await _with_options(host, kind, text)
        try:
            return checked(Question(kind, text))
        except BadQuestion as error:
            trouble = str(error)
    return None


async def _with_options(host: CheckInHost, kind: CheckInKind, text: str) -> Question | None:
    """The answers of a choice, or what a scale's ends stand for."""
    trouble = ""
    while True:
        options = await (_ends(host, trouble) if kind is CheckInKind.SCALE else _answers(host, trouble))
        if options is None:
            return None
        try:
            return checked(Question(kind, text, options))
        except BadQuestion as error:
            trouble = str(error)


async def _answers(host: CheckInHost, trouble: str) -> tuple[str, ...] | None:
    written = await host.write_kept(
        _("The answers, one a line"),
        body=trouble or _("Two to eight."),
        value=host.drafts.text(OPTIONS_DRAFT),
        keep=lambda half: host.drafts.keep(OPTIONS_DRAFT, half),
    )
    return None if written is None else tuple(line.strip() for line in written.splitlines() if line.strip())


async def _ends(host: CheckInHost, trouble: str) -> tuple[str, ...] | None:
    low = await host.write(_("What does 1 stand for?"), body=trouble or _("Or nothing: then 1 to 5 alone."), empty=True)
    if low is None:
        return None
    high = await host.write(_("What does 5 stand for?"), empty=True) if low else ""
    return None if high is None else tuple(end for end in (low, high) if end)


# -- and opened --------------------------------------------------------------------------------------------------


async def _confirmed(host: CheckInHost, question: Question) -> None:
    """Shows what will be asked; opens it, with or without an end by itself."""
    if host.following is not None and host.following.check_ins.would_show(question):
        await _round_instead(host, ending_of("asked_again"))
        return
    people = len(electorate(host.situation().outlook.room))
    taking_part = ngettext("{n} person takes part.", "{n} people take part.", people).format(n=people)
    times = [
        Choice(n * 60, ngettext("open it for {n} minute", "open it for {n} minutes", n).format(n=n), "", NUMBERS[i])
        for i, n in enumerate(MINUTES_OFFERED)
    ]
    seconds = await host.choose(
        question.text,
        [
            Choice(0, _("open it"), _("until all are done, or you close it"), "y"),
            *times,
            Choice(-1, _("not now"), "", "n"),
        ],
        body=f"{_answered_by(question)}\n{taking_part}",
    )
    if seconds is not None and seconds >= 0:
        timed = Question(question.kind, question.text, question.options, seconds, question.issues)
        await _send(host, timed)


def _answered_by(question: Question) -> str:
    kind = KINDS[question.kind]
    if not question.options:
        return _("Answered by {kind}").format(kind=kind)
    shown = labels(question.kind, question.options)
    if question.kind is CheckInKind.SCALE:
        return _("Answered by {kind}: {low} to {high}").format(kind=kind, low=shown[0], high=shown[-1])
    return _("Answered by {kind}: {answers}").format(kind=kind, answers=" · ".join(shown))


async def _send(host: CheckInHost, question: Question) -> None:
    id = Peer.new_id()
    try:
        command = open_command(host.peer, question, id)
    except BadQuestion as error:
        host.say(str(error))
        return
    outcome = await sent(host, command, id)
    if isinstance(outcome, Refusal):
        await _refused(host, outcome, None)
    else:
        host.drafts.forget(QUESTION_DRAFT, OPTIONS_DRAFT)
