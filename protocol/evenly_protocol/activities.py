"""The activities a phase can be, and what each is unless a format says otherwise. Source: domain.md, "Formats".

One table: the server reads it (a check-out keeps its time, a break has no turns), the member's side prints it.
"""

from __future__ import annotations

from typing import NamedTuple

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
    "talk": Activity("Session", FloorMode.QUEUE, "Hands and turns. Let those who have said least come first."),
    "agreement": Activity(
        "Agreement",
        FloorMode.QUEUE,
        "Read the agreement aloud in one line and ask whether it still holds.",
    ),
    "check_in": Activity(
        "Check-in round",
        FloorMode.ROUND,
        "How is everybody here today? A sentence each; nobody answers or asks.",
        with_facilitators=True,
    ),
    "engagement": Activity(
        "Engagement check-in",
        FloorMode.QUEUE,
        "Each answers on their own screen, and nobody can tell whose is whose. Then: what do you make of it?",
        with_facilitators=True,
    ),
    "progress": Activity(
        "Progress since last time",
        FloorMode.ROUND,
        "Owner by owner, the last issue-holder first: what happened, what did you learn? No blame for not yet.",
    ),
    "feedback": Activity(
        "Feedback from the last issue-holder",
        FloorMode.SOLO,
        "What did you do with what you heard, what happened, what did you learn?",
        issue=True,
    ),
    "issue": Activity(
        "Issue presented",
        FloorMode.SOLO,
        "The issue-holder tells it uninterrupted: what it is, why it matters, what help is wanted.",
        issue=True,
    ),
    "clarify": Activity(
        "Clarifying questions",
        FloorMode.QUESTIONS,
        "Only questions about facts, short ones. Anyone may ask anyone.",
        issue=True,
    ),
    "questions": Activity(
        "Open questions",
        FloorMode.QUESTIONS,
        "Open questions only, one at a time; statements only as answers. No advice yet.",
        issue=True,
    ),
    "hot_seat": Activity(
        "Hot seat",
        FloorMode.QUEUE,
        "First questions, then ideas. Ask the issue-holder every now and then what is useful.",
        issue=True,
    ),
    "summary": Activity(
        "Issue-holder's summary",
        FloorMode.SOLO,
        "The issue-holder sums up: what is clearer now, what comes next?",
        issue=True,
    ),
    "reflection": Activity("Reflection", FloorMode.SILENCE, "Silence. Everybody writes down what stands out for them."),
    "resources": Activity(
        "Resources and offers",
        FloorMode.QUEUE,
        "Who has something, or knows somebody? Put it on the exchange.",
        issue=True,
    ),
    "actions": Activity(
        "Actions",
        FloorMode.ROUND,
        "Each says one thing: by next session I will … Type it in, and find a buddy who will ask.",
    ),
    "commitments": Activity(
        "Commitments",
        FloorMode.ROUND,
        "Each says one thing: by next session I will … Type it in, and find a buddy who will ask.",
    ),
    "process_review": Activity(
        "Process review", FloorMode.QUEUE, "How did we work, not on what: what helped, what got in the way?"
    ),
    "expert": Activity(
        "Expert speaker",
        FloorMode.SOLO,
        "One voice. Hands collect meanwhile and are called when the talk is over.",
        counted=False,
    ),
    "discussion": Activity("Discussion", FloorMode.QUEUE, "The module's questions, one at a time."),
    "wins": Activity("Wins", FloorMode.ROUND, "Something that went well since last time, in a sentence each."),
    "help_wanted": Activity(
        "Help wanted", FloorMode.QUEUE, "Where is somebody stuck? Asks and offers go to the exchange."
    ),
    "networking": Activity(
        "Networking",
        FloorMode.OPEN,
        "Draw pairs, copy them for the call's breakout rooms, call everybody back at the time shown.",
        counted=False,
    ),
    "break": Activity("Break", FloorMode.OPEN, "Say when it goes on; the screens show it too.", counted=False),
    "check_out": Activity(
        "Check-out round",
        FloorMode.ROUND,
        "A word or a sentence each to close with. It keeps its time, however late it is.",
        with_facilitators=True,
        keeps_time=True,
    ),
    "informal": Activity(
        "Informal talk", FloorMode.OPEN, "The session is over; whoever likes stays. Nothing is counted.", counted=False
    ),
}
"""Every activity, by the word that formats and the wire have for it. Printed into docs/protocol.md."""


def keeps_time(activity: str) -> bool:
    """Whether a phase of this activity never gives its minutes away."""
    known = ACTIVITIES.get(activity)
    return known is not None and known.keeps_time
