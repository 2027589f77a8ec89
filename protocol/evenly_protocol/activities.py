"""The activities a phase can be, and what each is unless a format says otherwise. Source: domain.md, "Formats".

One table: the server reads it (a check-out keeps its time, a break has no turns), the member's side prints it.
"""

from __future__ import annotations

from typing import NamedTuple

from evenly_protocol.texts import N_
from evenly_protocol.words import FloorMode


class Activity(NamedTuple):
    """What an activity is by itself.

    Attributes:
        title: its name for people; a phase without a title of its own is called this.
        mode: the floor mode that it begins with.
        guidance: a line or two for the facilitator.
        counted: whether talk in it counts towards equal air time.
        with_facilitators: whether facilitators speak in its round.
        issue: it belongs to one member's issue, and has an issue-holder.
        keeps_time: its minutes are never given to another phase.
    """

    title: str
    mode: FloorMode
    guidance: str
    counted: bool = True
    with_facilitators: bool = False
    issue: bool = False
    keeps_time: bool = False


ACTIVITIES: dict[str, Activity] = {
    "talk": Activity(N_("Session"), FloorMode.QUEUE, N_("Hands and turns. Let those who have said least come first.")),
    "agreement": Activity(
        N_("Agreement"),
        FloorMode.QUEUE,
        N_("Read the agreement aloud in one line and ask whether it still holds."),
    ),
    "check_in": Activity(
        N_("Check-in round"),
        FloorMode.ROUND,
        N_("How is everybody here today? A sentence each; nobody answers or asks."),
        with_facilitators=True,
    ),
    "engagement": Activity(
        N_("Engagement check-in"),
        FloorMode.QUEUE,
        N_("Each answers on their own screen, and nobody can tell whose is whose. Then: what do you make of it?"),
        with_facilitators=True,
    ),
    "progress": Activity(
        N_("Progress since last time"),
        FloorMode.ROUND,
        N_("Owner by owner, the last issue-holder first: what happened, what did you learn? No blame for not yet."),
    ),
    "feedback": Activity(
        N_("Feedback from the last issue-holder"),
        FloorMode.SOLO,
        N_("What did you do with what you heard, what happened, what did you learn?"),
        issue=True,
    ),
    "issue": Activity(
        N_("Issue presented"),
        FloorMode.SOLO,
        N_("The issue-holder tells it uninterrupted: what it is, why it matters, what help is wanted."),
        issue=True,
    ),
    "clarify": Activity(
        N_("Clarifying questions"),
        FloorMode.QUESTIONS,
        N_("Only questions about facts, short ones. Anyone may ask anyone."),
        issue=True,
    ),
    "questions": Activity(
        N_("Open questions"),
        FloorMode.QUESTIONS,
        N_("Open questions only, one at a time; statements only as answers. No advice yet."),
        issue=True,
    ),
    "hot_seat": Activity(
        N_("Hot seat"),
        FloorMode.QUEUE,
        N_("First questions, then ideas. Ask the issue-holder every now and then what is useful."),
        issue=True,
    ),
    "summary": Activity(
        N_("Issue-holder's summary"),
        FloorMode.SOLO,
        N_("The issue-holder sums up: what is clearer now, what comes next?"),
        issue=True,
    ),
    "reflection": Activity(
        N_("Reflection"), FloorMode.SILENCE, N_("Silence. Everybody writes down what stands out for them.")
    ),
    "resources": Activity(
        N_("Resources and offers"),
        FloorMode.QUEUE,
        N_("Who has something, or knows somebody? Put it on the exchange."),
        issue=True,
    ),
    "actions": Activity(
        N_("Actions"),
        FloorMode.ROUND,
        N_("Each says one thing: by next session I will … Type it in, and find a buddy who will ask."),
    ),
    "commitments": Activity(
        N_("Commitments"),
        FloorMode.ROUND,
        N_("Each says one thing: by next session I will … Type it in, and find a buddy who will ask."),
    ),
    "process_review": Activity(
        N_("Process review"), FloorMode.QUEUE, N_("How did we work, not on what: what helped, what got in the way?")
    ),
    "expert": Activity(
        N_("Expert speaker"),
        FloorMode.SOLO,
        N_("One voice. Hands collect meanwhile and are called when the talk is over."),
        counted=False,
    ),
    "discussion": Activity(N_("Discussion"), FloorMode.QUEUE, N_("The module's questions, one at a time.")),
    "wins": Activity(N_("Wins"), FloorMode.ROUND, N_("Something that went well since last time, in a sentence each.")),
    "help_wanted": Activity(
        N_("Help wanted"), FloorMode.QUEUE, N_("Where is somebody stuck? Asks and offers go to the exchange.")
    ),
    "networking": Activity(
        N_("Networking"),
        FloorMode.OPEN,
        N_("Draw pairs, copy them for the call's breakout rooms, call everybody back at the time shown."),
        counted=False,
    ),
    "break": Activity(N_("Break"), FloorMode.OPEN, N_("Say when it goes on; the screens show it too."), counted=False),
    "check_out": Activity(
        N_("Check-out round"),
        FloorMode.ROUND,
        N_("A word or a sentence each to close with. It keeps its time, however late it is."),
        with_facilitators=True,
        keeps_time=True,
    ),
    "informal": Activity(
        N_("Informal talk"),
        FloorMode.OPEN,
        N_("The session is over; whoever likes stays. Nothing is counted."),
        counted=False,
    ),
}
"""Every activity, by the word that formats and the wire have for it. Printed into docs/protocol.md."""


def keeps_time(activity: str) -> bool:
    """Whether a phase of this activity never gives its minutes away."""
    known = ACTIVITIES.get(activity)
    return known is not None and known.keeps_time
