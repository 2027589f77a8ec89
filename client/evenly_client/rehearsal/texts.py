"""What rehearsal members say and write: every text of a rehearsal, and the decks that they are drawn from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from evenly_protocol.words import ActionState, PostKind

from evenly_client.translation import _, pgettext

ISSUES: Final = (
    # Translators: what members of a demonstration bring; write it as people in your language would
    _("My team agrees in every meeting and does something else afterwards. How do I find out what they really think?"),
    _("I have been asked to lead people who were my peers until last month."),
    _("Our best customer wants us to drop everything else for them. It would pay, and it frightens me."),
    _("I say yes too often. My own work happens after eight in the evening."),
    _("Two people I depend on do not talk to each other, and everything goes through me."),
    _("We have grown to twelve, and what worked with five does not work any more."),
    _("I want to leave the part of my work that I am known for."),
    _("A project of mine has been nearly done for half a year."),
)
QUESTIONS: Final = (
    _("What would you lose if you waited?"),
    _("Who else has a say in it?"),
    _("How would you notice that it got better?"),
    _("What is the part that you can change?"),
    _("What are you hoping nobody asks you?"),
    _("What has worked before, even a little?"),
    _("What would somebody who knows you well say about this?"),
    _("When is it not a problem?"),
    _("What are you protecting?"),
    _("What would be the smallest step that counts?"),
    _("What does the other side see?"),
    _("What makes this your question, and not somebody else's?"),
    _("How long have you known?"),
    _("What happens if nothing happens?"),
    _("What would you do if it were certain to go well?"),
)
CLARIFYING: Final = (
    _("Since when?"),
    _("How many people are concerned?"),
    _("Who decides in the end?"),
    _("What exactly did they say?"),
    _("What have you told them so far?"),
    _("By when does it have to be settled?"),
    _("What is written down, and what is not?"),
)
POINTS: Final = (
    # Translators: what a hand is about, in the demonstration; the screen says “on: …”
    _("I see it differently"),
    _("one number on that"),
    _("something that helped us"),
    _("an example from last month"),
    _("what I would miss"),
    _("to add to what was said"),
    "",
)
HOT_SEAT: Final = (
    # Translators: what a hand is about, in the demonstration; the screen says “on: …”
    _("who could try it with you"),
    _("what I did in your place"),
    _("an idea, take it or leave it"),
    _("what I heard between the lines"),
    _("somebody you could call"),
)
PROCESS: Final = (
    # Translators: a point about how we work, in the demonstration; the screen says “how we work: …”
    _("we answered before we had understood"),
    _("the silence helped"),
    _("could we take shorter turns?"),
    _("two of us have not been asked yet"),
    _("I noticed how few of us gave advice"),
)
PROGRESS_WORDS: Final = (
    # Translators: what a hand is about, in the demonstration; the screen says “on: …”
    _("what came of it"),
    _("half of it"),
    _("not yet, and why"),
)
ACTIONS: Final = (
    # Translators: what a member of the demonstration will do by the next session
    _("Ask each of the four what they need, one after the other"),
    _("Write the letter and leave it for a night"),
    _("Say no to one thing by Wednesday"),
    _("Have lunch with the person I avoid"),
    _("Draw up the two figures that decide it"),
    _("Hand over the Monday meeting"),
    _("Call the customer before they call me"),
    _("Block two mornings, and keep them"),
    _("Tell the team what I do not know yet"),
    _("Try the small version with one client"),
    _("Find out who has done this before"),
    _("Ask my deputy to chair once"),
    _("Put the decision in one sentence"),
    _("Read the contract, all of it"),
    _("Take Friday afternoon off to think"),
    _("Show the draft to somebody who will not like it"),
    _("Ask for the money that is owed"),
    _("Visit the customer instead of writing"),
    _("Cancel the report that nobody reads"),
    _("Let the new colleague lead the next meeting"),
    _("Write down what a good year would look like"),
    _("Ring the colleague who left, and ask why"),
    _("Give the feedback that I have been keeping"),
    _("Put a date on it, and tell two people"),
)
LEARNT: Final = (
    # Translators: what came of an action, in the demonstration
    _("It took ten minutes. I had put it off for weeks."),
    _("They had been waiting for me to ask."),
    _("I learnt that I explain too much."),
    _("It went differently than I thought, and well."),
    _("Writing it down was the useful part."),
    _("The answer was no, and now I know."),
    _("Somebody else had the same question."),
)
NOT_YET: Final = (
    # Translators: what came of an action that is not done, in the demonstration
    _("Not yet: the week was fuller than I thought."),
    _("Begun, and then I lost the thread."),
    _("I find that I do not want to, and wonder why."),
    _("It needs one more talk first."),
)
OFFERS: Final = (
    _("An hour to read somebody's draft"),
    _("My notes from the negotiation course"),
    _("I can introduce you to somebody who has done this twice"),
    _("A quiet desk on Thursdays"),
    _("I will ask you on Friday how it went"),
    _("Half an hour on the phone, any evening"),
)
ASKS: Final = (
    _("Who knows a good mediator?"),
    _("Does anybody have a template for a first meeting?"),
    _("Who has changed their prices lately and would talk about it?"),
    _("Somebody to practise a hard conversation with"),
    _("A second pair of eyes on a contract"),
)
RESOURCES: Final = (
    (_("A short paper on asking before telling"), "https://example.org/asking-first"),
    (_("The checklist we use before we hand something over"), "https://example.org/handing-over"),
    (_("An interview about leading former peers"), "https://example.org/former-peers"),
    (_("A one-page canvas for decisions"), "https://example.org/one-page"),
)
REPLIES: Final = (
    # Translators: answers to somebody who asked for something, in the demonstration
    _("Yes, gladly. I will write to you."),
    _("I know somebody: let me ask them first."),
    _("We had the same; call me."),
    _("Try it, and tell us how it went."),
)
INSIGHTS: Final = (
    _("The question I did not want was the one that helped."),
    _("I had two problems and called them one."),
    _("Nobody had asked me what I want."),
    _("It is not about time."),
    _("I can begin without being certain."),
    _("What I took for patience was avoiding it."),
)
WINS: Final = (
    _("A talk that I had feared went well"),
    _("Two evenings a week without the computer"),
    _("The new colleague stayed"),
    _("We said no to a job, and slept better"),
    _("The first month in which the figures were ready on time"),
)
BUDDY_NOTES: Final = (
    # Translators: to somebody whose action one looks after, in the demonstration
    _("How is it going?"),
    _("I thought of you on Monday: did it work out?"),
    _("Shall we talk for ten minutes?"),
)
IN_A_WORD: Final = (
    # Translators: how somebody feels, in one to three words
    pgettext("in a word", "lighter"),
    pgettext("in a word", "thoughtful"),
    pgettext("in a word", "tired"),
    pgettext("in a word", "curious"),
    pgettext("in a word", "grateful"),
    pgettext("in a word", "clearer"),
    pgettext("in a word", "a bit restless"),
    pgettext("in a word", "ready to start"),
    pgettext("in a word", "calm"),
    pgettext("in a word", "hopeful"),
)
IN_A_SENTENCE: Final = (
    _("I would have liked one more question before the advice."),
    _("It helped that nobody hurried."),
    _("I said less than I wanted to, and that was my own doing."),
    _("The second half was worth the whole hour."),
    _("Could we begin with the hard part next time?"),
    _("I leave with one thing to do, which is enough."),
    _("I am not sure that we talked about what matters most."),
)

POSTS: Final[dict[PostKind, Sequence[str]]] = {
    PostKind.ASK: ASKS,
    PostKind.OFFER: OFFERS,
    PostKind.RESOURCE: tuple(text for text, _link in RESOURCES),
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
