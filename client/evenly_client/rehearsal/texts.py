"""What rehearsal members say and write: every text of a rehearsal, and the decks that they are drawn from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from evenly_protocol.words import ActionState, PostKind

ISSUES: Final = (
    "My team agrees in every meeting and does something else afterwards. How do I find out what they really think?",
    "I have been asked to lead people who were my peers until last month.",
    "Our best customer wants us to drop everything else for them. It would pay, and it frightens me.",
    "I say yes too often. My own work happens after eight in the evening.",
    "Two people I depend on do not talk to each other, and everything goes through me.",
    "We have grown to twelve, and what worked with five does not work any more.",
    "I want to leave the part of my work that I am known for.",
    "A project of mine has been nearly done for half a year.",
)
QUESTIONS: Final = (
    "What would you lose if you waited?",
    "Who else has a say in it?",
    "How would you notice that it got better?",
    "What is the part that you can change?",
    "What are you hoping nobody asks you?",
    "What has worked before, even a little?",
    "What would somebody who knows you well say about this?",
    "When is it not a problem?",
    "What are you protecting?",
    "What would be the smallest step that counts?",
    "What does the other side see?",
    "What makes this your question, and not somebody else's?",
    "How long have you known?",
    "What happens if nothing happens?",
    "What would you do if it were certain to go well?",
)
CLARIFYING: Final = (
    "Since when?",
    "How many people are concerned?",
    "Who decides in the end?",
    "What exactly did they say?",
    "What have you told them so far?",
    "By when does it have to be settled?",
    "What is written down, and what is not?",
)
POINTS: Final = (
    "I see it differently",
    "one number on that",
    "something that helped us",
    "an example from last month",
    "what I would miss",
    "to add to what was said",
    "",
)
HOT_SEAT: Final = (
    "who could try it with you",
    "what I did in your place",
    "an idea, take it or leave it",
    "what I heard between the lines",
    "somebody you could call",
)
PROCESS: Final = (
    "we answered before we had understood",
    "the silence helped",
    "could we take shorter turns?",
    "two of us have not been asked yet",
    "I noticed how few of us gave advice",
)
PROGRESS_WORDS: Final = ("what came of it", "half of it", "not yet, and why")
ACTIONS: Final = (
    "Ask each of the four what they need, one after the other",
    "Write the letter and leave it for a night",
    "Say no to one thing by Wednesday",
    "Have lunch with the person I avoid",
    "Draw up the two figures that decide it",
    "Hand over the Monday meeting",
    "Call the customer before they call me",
    "Block two mornings, and keep them",
    "Tell the team what I do not know yet",
    "Try the small version with one client",
    "Find out who has done this before",
    "Ask my deputy to chair once",
    "Put the decision in one sentence",
    "Read the contract, all of it",
    "Take Friday afternoon off to think",
    "Show the draft to somebody who will not like it",
    "Ask for the money that is owed",
    "Visit the customer instead of writing",
    "Cancel the report that nobody reads",
    "Let the new colleague lead the next meeting",
    "Write down what a good year would look like",
    "Ring the colleague who left, and ask why",
    "Give the feedback that I have been keeping",
    "Put a date on it, and tell two people",
)
LEARNT: Final = (
    "It took ten minutes. I had put it off for weeks.",
    "They had been waiting for me to ask.",
    "I learnt that I explain too much.",
    "It went differently than I thought, and well.",
    "Writing it down was the useful part.",
    "The answer was no, and now I know.",
    "Somebody else had the same question.",
)
NOT_YET: Final = (
    "Not yet: the week was fuller than I thought.",
    "Begun, and then I lost the thread.",
    "I find that I do not want to, and wonder why.",
    "It needs one more talk first.",
)
OFFERS: Final = (
    "An hour to read somebody's draft",
    "My notes from the negotiation course",
    "I can introduce you to somebody who has done this twice",
    "A quiet desk on Thursdays",
    "I will ask you on Friday how it went",
    "Half an hour on the phone, any evening",
)
ASKS: Final = (
    "Who knows a good mediator?",
    "Does anybody have a template for a first meeting?",
    "Who has changed their prices lately and would talk about it?",
    "Somebody to practise a hard conversation with",
    "A second pair of eyes on a contract",
)
RESOURCES: Final = (
    ("A short paper on asking before telling", "https://example.org/asking-first"),
    ("The checklist we use before we hand something over", "https://example.org/handing-over"),
    ("An interview about leading former peers", "https://example.org/former-peers"),
    ("A one-page canvas for decisions", "https://example.org/one-page"),
)
REPLIES: Final = (
    "Yes, gladly. I will write to you.",
    "I know somebody: let me ask them first.",
    "We had the same; call me.",
    "Try it, and tell us how it went.",
)
INSIGHTS: Final = (
    "The question I did not want was the one that helped.",
    "I had two problems and called them one.",
    "Nobody had asked me what I want.",
    "It is not about time.",
    "I can begin without being certain.",
    "What I took for patience was avoiding it.",
)
WINS: Final = (
    "A talk that I had feared went well",
    "Two evenings a week without the computer",
    "The new colleague stayed",
    "We said no to a job, and slept better",
    "The first month in which the figures were ready on time",
)
BUDDY_NOTES: Final = (
    "How is it going?",
    "I thought of you on Monday: did it work out?",
    "Shall we talk for ten minutes?",
)
IN_A_WORD: Final = (
    "lighter",
    "thoughtful",
    "tired",
    "curious",
    "grateful",
    "clearer",
    "a bit restless",
    "ready to start",
    "calm",
    "hopeful",
)
IN_A_SENTENCE: Final = (
    "I would have liked one more question before the advice.",
    "It helped that nobody hurried.",
    "I said less than I wanted to, and that was my own doing.",
    "The second half was worth the whole hour.",
    "Could we begin with the hard part next time?",
    "I leave with one thing to do, which is enough.",
    "I am not sure that we talked about what matters most.",
)

POSTS: Final[dict[PostKind, Sequence[str]]] = {
    PostKind.ASK: ASKS,
    PostKind.OFFER: OFFERS,
    PostKind.RESOURCE: tuple(text for text, _ in RESOURCES),
    PostKind.INSIGHT: INSIGHTS,
    PostKind.WIN: WINS,
}
LINKS: Final = dict(RESOURCES)
NOTES: Final[dict[ActionState, Sequence[str]]] = {
    ActionState.DONE: LEARNT,
    ActionState.DOING: NOT_YET,
    ActionState.BLOCKED: NOT_YET,
}


class Decks:
    """Texts in an order drawn from a seed; none comes twice before all others have come once."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._decks: dict[int, list[str]] = {}

    def take(self, texts: Sequence[str]) -> str:
        """The next text of these."""
        deck = self._decks.setdefault(id(texts), [])
        if not deck:
            deck.extend(texts)
            self._draw.shuffle(deck)
        return deck.pop()
