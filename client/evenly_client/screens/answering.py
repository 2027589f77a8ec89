"""Answering what waits for an answer (ctrl+g): each with its own questions, or at once."""

from __future__ import annotations

from evenly_protocol.agenda import ExtendPhase

from evenly_client.screens import flows
from evenly_client.screens.attention import Waiting
from evenly_client.screens.boards.action_flows import confirm_action, still_worth
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.pauses import Pauses
from evenly_client.screens.series.dates import answer_dates
from evenly_client.translation import _


async def answer(host: BoardHost, what: str, waiting: Waiting, pauses: Pauses) -> None:
    """Answers one of what `attention.asked` names; all but the agreement, which is a screen of its own."""
    match what:
        case "invited":
            waiting.invited = False
            await flows.answer_invite(host)
        case "door":
            await flows.door(host)
        case "talk":
            waiting.talks.clear()
        case "introduce":
            waiting.introduce = False
            await flows.introduce(host)
        case "confirm":
            await confirm_action(host)
        case "dates":
            await answer_dates(host)
        case "worth":
            await still_worth(host)
        case "speaker":
            await flows.same_speaker(host)
        case "pause":
            await _pause(host, pauses)
        case _:
            pass


async def _pause(host: BoardHost, pauses: Pauses) -> None:
    keep = await host.choose(
        _("The pause moved the end. Where do its minutes come from?"),
        [Choice(False, _("later: the end moves with it"), "", "1"), Choice(True, _("keep the end"), "", "2")],
    )
    if keep:
        host.do(ExtendPhase(-pauses.asked_ms))
    pauses.settled()
