"""Plain lines: actions, the exchange, issues, labels, private notes, what waits, pairs."""

from __future__ import annotations

from evenly_protocol.words import ActionState, Label

from tests.client.spoken import table


async def test_an_action_is_committed_to_and_followed_to_its_end() -> None:
    """Typed as one says it; numbered as last read; state, note, cheer, due, buddy, words."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ben.type(
            "action call three suppliers by next session buddy 3",
            "Your action: call three suppliers, by the next session, buddy Cleo",
        )
        await ben.type(
            "action what's left to say, stand by the group",
            "Your action: what's left to say, stand by the group, by the next session",
        )
        await ben.type("action write it up / in two weeks / buddy ana", "Your action: write it up, by .*, buddy Ana")
        await ben.type("action pay / yesterday", "That is in the past")
        await ben.type("action 1 done", "Type actions first")
        await ben.type(
            "actions",
            "^3 actions of yours",
            "^1: call three suppliers, by the next session, buddy Cleo",
            "^2: ",
            "^3: write it up, by ",
        )
        await ben.type("action 4 done", "Number 4 is not in that list")
        await ben.type("action 1 finish", "Action 1: which\\? Type one of: done")
        assert [a.state for a in ben.peer.room.actions] == [ActionState.COMMITTED] * 3
        await ben.type("action 1 doing", "under way")
        await ben.type("action 1 done all three answered", "^Done\\.")
        await ben.type("action 2 words say it", "It has these words")
        await ben.type("action 2 due in a week", r"It is due by \w+day \d+ \w+")
        await ben.type("action 2 buddy none", "Nobody will ask")
        await t.caught_up()
        await cleo.type(
            "actions all",
            "^3 actions in all",
            r"^1: Ben: say it, by \w+day \d+ \w+",
            "^2: Ben: write it up",
            "^3: Ben: call three suppliers, .*, done, buddy You, 1 note",
        )
        await cleo.type("action 3", "call three suppliers", "Ben learnt: all three answered")
        await cleo.type("action 3 cheer", "you cheer")
        await cleo.type("action 3 note well done", "Noted")
        await cleo.type("action 1 note not mine", "That belongs to somebody else")
        await ana.type("actions due", "due by the next session")


async def test_what_was_carried_over_is_reviewed_and_asked_about_in_private() -> None:
    """After two carry-overs its owner is asked; kept, turned into an ask, or let go; others hear nothing of it."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ben.type("action learn to say no", "Your action")
        await ben.type("action tidy the shed", "Your action")
        for number in (1, 2):
            await ana.type("start open 30")
            await t.everybody_says(f"Session {number} begins")
            await cleo.type("review", "^2 actions to look back on", "^1: Ben: learn to say no")
            await ana.type("end yes")
            await t.everybody_says("The session has ended")
        assert cleo.never_said("carried")
        await ben.type("waits", "^3 things wait", "Carried over 2 times, still worth doing. “")
        await ben.type("actions mine", "^1: learn to say no, by the next session, carried over twice")
        await ben.type("action 1 worth", "worth keep, worth drop, or worth help")
        await ben.type("action 1 worth keep", "It stays")
        await ben.type("action 2 worth help who has a spare saturday", "The group is asked")
        await t.caught_up()
        await cleo.type("exchange asks", "^1: ask, Ben: who has a spare saturday")
        await ben.type("action 2 worth drop", "It is let go")
        await ben.type("actions", "^1 action of yours")
        await ben.type("waits", "^1 thing waits for you", "1 of your actions is due")


async def test_what_is_typed_for_somebody_is_theirs_once_they_confirm() -> None:
    """Told by itself, in its words, to its owner alone; confirmed or declined without a number."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await cleo.type("action ask for a week off / for ben", "Ben is asked: ask for a week off")
        await ben.says("Cleo has typed an action for you: “ask for a week off”, by the next session")
        await ben.says("Type: action confirm, or action decline")
        await t.caught_up()
        assert ana.never_said("week off")
        await cleo.type("action confirm", "Nothing was typed for you")
        await ben.type("action confirm", "It is yours")
        await cleo.type("action sleep / for ben")
        await ben.says("“sleep”")
        await ben.type("action decline", "It is taken away")
        await cleo.says("Ben would rather not: the action “sleep” is gone.")
        await t.caught_up()
        assert ana.never_said("rather not")
        assert [a.state for a in ben.peer.room.actions] == [ActionState.COMMITTED]


async def test_the_exchange_from_an_ask_to_its_end() -> None:
    """Asked, answered, met, taken back, labelled; a wrong number changes nothing."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ben.type("ask who knows a printer in Ghent", "Your ask is on the exchange")
        await ben.type("resource a good read https://example.org/a", "It is on the exchange")
        await t.caught_up()
        await cleo.type("reply 1 I do", "Type exchange first")
        await cleo.type(
            "exchange",
            "^2 posts",
            "^1: ask, Ben: who knows a printer in Ghent",
            "^2: resource, Ben: a good read https://example.org/a",
        )
        await cleo.type("reply 1 I do", "Your reply is on the exchange")
        await ben.says("^Cleo answers you on the exchange.")
        await t.caught_up()
        assert ana.never_said("answers")
        await ben.type("exchange asks", "^1 ask on", "^1: ask, You: who", "^2: reply, Cleo: I do")
        await ben.type("met 1", "^By whom. Type: met")
        await ben.type("met 1 cleo introduced", "It is met")
        await ben.type("take back 2", "That belongs to somebody else")
        await ben.type("exchange insights", "^0 insights")
        await ben.type("take back 1", "Number 1 is not in that list")
        await ben.type("exchange", "^2 posts", "met by Cleo making people known to each other", "reply", "resource")
        await ben.type("label 3 takeaway", "Members may take it home")
        await ben.type("label 3 everybody", "one of: room, takeaway, shareable")
        await ben.type("take back 3", "taken back, for everybody")
        await t.caught_up()
        posts = ana.peer.room.posts
        assert [(p.label, p.taken_back) for p in posts] == [
            (Label.ROOM, False),
            (Label.TAKEAWAY, True),
            (Label.ROOM, False),
        ]
        assert ana.peer.room.introductions == 1


async def test_issues_are_brought_changed_and_chosen() -> None:
    """A guest's by the facilitator; chosen as the session's issue."""
    async with table(2) as t:
        ana, ben = t.all
        await ana.type("guest Dora", "They are in the list")
        await ben.type("issue I never say no", "Your issue is brought")
        await ana.type("issue too many meetings / for dora", "Your issue is brought")
        await t.caught_up()
        await ben.type("issues", "^2 issues are waiting", "1: You: I never say no", "2: Dora: too many meetings")
        await ben.type("issue edit 1 I hardly ever say no", "Your issue has these words")
        await ben.type("issue edit 2 nothing", "That belongs to somebody else")
        await ana.type("start action-learning")
        await t.everybody_says("Session 1 begins")
        await ana.type("issues", "1: Ben: I hardly ever say no", "2: Dora")
        await ana.type("issue choose 1", "It is issue 1 of this session")
        await ben.type("issue withdraw 1", "Your issue is taken back")
        assert [i.seat for i in ben.peer.room.issues] == [3]


async def test_pairs_are_drawn_told_to_each_and_called_back() -> None:
    """Each member hears their own; the list is printed when asked for."""
    async with table(5) as t:
        await t.lead.type("start 30")
        await t.everybody_says("Session 1 begins")
        await t.lead.type("pairs", "No pairs are talking now")
        await t.lead.type("pairs 10 / What is new?", "^2 pairs. To copy", "^Room 1: ", "^Room 2: ", "^Back at ")
        for member in t.others:
            await member.says(r"You talk with \w+ until \d\d:\d\d\. To begin: What is new\?")
        await t.others[0].type("pairs", "^Room 1: ")
        await t.others[0].type("pairs back", "Your role does not allow that")
        await t.lead.type("pairs back")
        await t.everybody_says("Back to the group")
        await t.lead.type("pairs 10 all", "^2 pairs")


async def test_what_waits_and_private_notes() -> None:
    """Waits in words; notes stay on this machine; coaching minutes; the call's link."""
    async with table(2) as t:
        ana, ben = t.all
        await ben.type("waits", "Nothing waits for you")
        await ana.type("ask for a second pair of eyes", "Your ask is on the exchange")
        await ana.type("call https://meet.example.org/x", "The link to the call is kept")
        await t.caught_up()
        await ben.type("waits", "^1 thing waits for you", "1 open ask on the exchange")
        await ben.type("call", "^https://meet.example.org/x$")
        await ben.type("coaching ana 45", "45 minutes with Ana are added")
        await ben.type("note remember the smile", "Noted, for you alone")
        await ben.type("notes", "^1 private note", "1: remember the smile")
        await ben.type("note edit 1 remember the laugh", "these words")
        await ben.type("note delete 1", "deleted")
        await ben.type("notes", "^0 private notes")
        await t.caught_up()
        assert ana.peer.room.coaching_minutes == 45


async def test_help_is_short_and_goes_deeper_by_topic_and_word() -> None:
    """Words for those who lead are shown to them; every form of a word is found by it."""
    async with table(2) as t:
        ana, ben = t.all
        await ben.type(
            "help",
            "^speaking: hand \\(h\\), ",
            "^actions: waits \\(b\\), actions, action \\(a\\)",
            "Type help and a topic",
        )
        assert ben.never_said("undo")
        assert len(ben.said) < 15
        await ana.type("help", "undo \\(u\\)")
        await ben.type("help action", "^action TEXT \\[by DATE\\] \\(a\\): commit", "^action K done")
        await ben.type("help series", "^series plan")
        await ben.type("help frobnicate", "I do not know 'frobnicate'")
