"""Each built-in format from its first phase to its last, over the wire, with what domain.md says of it."""

from __future__ import annotations

from collections.abc import Sequence

from evenly_client import pairing
from evenly_protocol import agenda, airtime
from evenly_protocol.actions import in_review
from evenly_protocol.agenda import StartPhase
from evenly_protocol.exchange import AddPost, MeetAsk, open_asks
from evenly_protocol.members import takes_part
from evenly_protocol.pairs import SetPairs, met_times
from evenly_protocol.sealed import FieldKind
from evenly_protocol.turns import Finish, GiveFloor, Speak
from evenly_protocol.words import ActionState, FloorMode, Intent, PostKind

from tests.end_to_end.stage_of_formats import MINUTE, SECOND, Stage, staged

QUEUE, ROUND, SOLO = FloorMode.QUEUE, FloorMode.ROUND, FloorMode.SOLO
QUESTIONS, OPEN, SILENCE = FloorMode.QUESTIONS, FloorMode.OPEN, FloorMode.SILENCE
COMMITTED, DOING, DONE = ActionState.COMMITTED, ActionState.DOING, ActionState.DONE


async def posts(stage: Stage, name: str, kind: PostKind, text: str, reply_to: bytes = b"") -> bytes:
    """Something goes on the exchange. Its id."""
    member = stage.people[name]
    id = member.new_id()
    await stage.ask(name, AddPost(kind, member.seal(FieldKind.POST, text, id), reply_to=reply_to), id)
    return id


async def talk_in_pairs(stage: Stage, minutes: int, already: Sequence[frozenset[int]] = ()) -> list[frozenset[int]]:
    """Pairs are drawn, talk until the bell, and are called back. Who met whom."""
    groups = pairing.draw(takes_part(stage.room), met_times(stage.room), seed=1, already=already)
    member = stage.lead
    id = member.new_id()
    opener = member.seal(FieldKind.QUESTION, pairing.OPENERS[0], id)
    await stage.ask(stage.name(member.seat), SetPairs(groups, minutes, opener), id)
    await stage.passes(minutes * MINUTE - 1)
    assert stage.session.pairs is not None
    assert not stage.session.pairs.over
    await stage.passes(1)
    assert stage.session.pairs is not None
    assert stage.session.pairs.over
    return list(pairing.pairs_of(groups))


async def test_action_learning() -> None:
    """Rounds, one issue, answers that count for nobody; the next session brings what was owed and what was promised."""
    async with staged("Fay", "Ana", "Ben", "Cleo", "Dov") as stage:
        await stage.start("action-learning", holders={1: "Cleo"})
        assert stage.plan == [
            ("Agreement and check-in round", 10, ROUND),
            ("Progress since last time", 10, ROUND),
            ("Issue presented", 5, SOLO),
            ("Clarifying questions", 10, QUESTIONS),
            ("Open questions", 15, QUESTIONS),
            ("Issue-holder's summary", 2, SOLO),
            ("Resources and offers", 5, QUEUE),
            ("Actions", 5, ROUND),
            ("Process review", 5, QUEUE),
            ("Check-out round", 5, ROUND),
        ]
        assert stage.starts == [0, 10, 20, 25, 35, 50, 52, 57, 62, 67]
        await stage.round("Fay", "Ana", "Ben", "Cleo", "Dov")
        await stage.next("Progress since last time", at=10)
        await stage.round("Ana", "Ben", "Cleo", "Dov")

        await stage.next("Issue presented", at=20)
        before = stage.everything_counted()
        assert before == {"Ana": 270, "Ben": 270, "Cleo": 270, "Dov": 270}
        assert stage.eligible == ["Ana", "Ben", "Dov"]
        await stage.solo("Cleo")
        assert stage.everything_counted() == before

        await stage.next("Clarifying questions", at=25)
        await stage.asks("Ben", "Since when?", asking=10, answering=190)
        await stage.asks("Ana", "Who decides?", asking=10, answering=190)
        await stage.asks("Dov", "How many people?", asking=10, answering=190)
        assert stage.questions_put() == {"Ana": 1, "Ben": 1, "Dov": 1}
        await stage.next("Open questions", at=35)
        assert stage.questions_put() == {}
        await stage.asks("Ben", "What have you not tried?", asking=10, answering=170)
        for name, words in (("Ben", "And what else?"), ("Dov", "What do you want?"), ("Ana", "What would be enough?")):
            await stage.raises(name, Intent.QUESTION, words)
        await stage.is_answered("Dov", asking=10, answering=230)  # no question yet, and up before Ana's
        await stage.is_answered("Ana", asking=10, answering=230)
        await stage.is_answered("Ben", asking=10, answering=230)
        assert stage.questions_put() == {"Ana": 1, "Ben": 2, "Dov": 1}
        assert [asked for _, asked in stage.questions()][-2:] == ["What would be enough?", "And what else?"]
        assert stage.counted("Cleo") == 270
        assert stage.counted("Ben") == 300

        await stage.next("Issue-holder's summary", at=50)
        await stage.solo("Cleo")
        await stage.next("Resources and offers", at=52)
        await stage.speaks("Ben", 120)
        await stage.replies("Cleo", 60)
        await stage.speaks("Dov", 120)
        assert stage.counted("Cleo") == 270
        await stage.next("Actions", at=57)
        assert "Cleo" in stage.eligible
        promised = {name: await stage.commits(name, f"What {name} will do") for name in ("Ana", "Ben", "Cleo", "Dov")}
        await stage.round("Ana", "Ben", "Cleo", "Dov")
        await stage.next("Process review", at=62)
        await stage.speaks("Ben", 100, Intent.PROCESS)
        await stage.speaks("Ana", 200)
        await stage.next("Check-out round", at=67)
        await stage.round("Fay", "Ana", "Ben", "Cleo", "Dov")
        assert stage.minute == 72
        assert stage.everything_counted() == {"Ana": 625, "Ben": 555, "Cleo": 405, "Dov": 545}
        await stage.end()

        await stage.passes(14 * 24 * 60 * MINUTE)
        assert in_review(stage.room)[0].owner == stage.seat("Cleo")
        await stage.start("action-learning", holders={1: "Ben"})
        # Half of what each was short of: Cleo 50 s, Ben 3⅓ s, Dov 13⅓ s.
        assert {stage.name(s): ms for s, ms in stage.room.carry.items()} == {
            "Ben": -1_666,
            "Cleo": -25_000,
            "Dov": -6_666,
        }
        await stage.round("Ana", "Ben", "Cleo", "Dov", "Fay")
        await stage.next("Progress since last time", at=10)
        assert [stage.name(a.owner) for a in in_review(stage.room)] == ["Cleo", "Ana", "Ben", "Dov"]
        await stage.says_of("Cleo", promised["Cleo"], DONE, "They had been waiting for me to ask.")
        await stage.says_of("Ana", promised["Ana"], DOING, "Half of it.")
        await stage.round("Cleo", "Dov", "Ana", "Ben")
        await stage.next("Issue presented", at=20)
        await stage.solo("Ben")
        await stage.end()
        assert {name: stage.action(id).carried for name, id in promised.items()} == {
            "Ana": 1,
            "Ben": 1,
            "Cleo": 0,
            "Dov": 1,
        }
        assert [s.state for s in stage.action(promised["Cleo"]).history] == [COMMITTED, DONE]
        assert [(s.session, s.state, s.carried) for s in stage.action(promised["Ana"]).history] == [
            (1, COMMITTED, 0),
            (2, DOING, 0),
            (2, DOING, 1),
        ]
        await stage.same_everywhere()


async def test_peer_coaching() -> None:
    """One issue a session; the second opens with the last issue-holder's feedback, the last has feedback alone."""
    async with staged("Fay", "Ana", "Ben", "Cleo") as stage:
        await stage.plan_series("peer-coaching")
        coming = stage.coming()
        assert [holders for holders, _, _ in coming] == [["Ana"], ["Ben"], ["Cleo"], []]
        assert [feedback for _, _, feedback in coming] == [False, False, False, True]
        assert all(host and host not in holders for holders, host, _ in coming)
        host = coming[0][1]
        asker = next(name for name in ("Ben", "Cleo") if name != host)

        await stage.start("peer-coaching", by=host)
        assert stage.plan == [
            ("Agreement", 5, QUEUE),
            ("Issue", 10, SOLO),
            ("Open questions", 25, QUESTIONS),
            ("Reflection", 5, SILENCE),
            ("By next session I will …", 5, ROUND),
            ("Engagement check-in", 3, QUEUE),
            ("Check-out round", 5, ROUND),
        ]
        assert stage.session.host == stage.seat(host)
        assert stage.eligible == sorted(("Ana", asker))  # whoever leads is owed no share
        await stage.speaks("Ana", 150)
        await stage.speaks(asker, 150)
        await stage.next("Issue", at=5)
        await stage.solo("Ana")
        await stage.next("Open questions", at=15)
        for number in range(5):
            await stage.asks(asker, f"And {number}?", asking=10, answering=290)
        assert stage.everything_counted() == {"Ana": 150, asker: 200}

        await stage.next("Reflection", at=40)
        assert stage.room.floor.mode is SILENCE
        assert await stage.refused("Fay", GiveFloor(stage.seat("Ana"))) == "wrong_mode"
        spans = len(stage.session.ledger)
        await stage.passes(5 * MINUTE)
        assert stage.everything_counted() == {"Ana": 150, asker: 200}
        await stage.next("By next session I will …", at=45)
        assert len(stage.session.ledger) == spans
        promised = {name: await stage.commits(name, f"What {name} will do") for name in ("Ana", "Ben", "Cleo")}
        await stage.round("Ana", "Ben", "Cleo")  # whoever hosts commits to something like anybody
        await stage.next("Engagement check-in", at=50)
        heard = await stage.answers(Ana=5, Ben=4, Cleo=5)
        assert (heard.question, heard.people, heard.abstained) == ("Were you heard today?", 4, 1)
        assert [bar.many for bar in heard.bars] == [0, 0, 0, 1, 2]
        await stage.speaks("Cleo", 180)
        await stage.next("Check-out round", at=53)
        await stage.round("Fay", "Ana", "Ben", "Cleo")
        assert stage.minute == 58
        await stage.end()

        await stage.start("peer-coaching", by=coming[1][1])
        assert [title for title, _, _ in stage.plan][:3] == [
            "Agreement",
            "Feedback from the last issue-holder",
            "Issue",
        ]
        assert sum(minutes for _, minutes, _ in stage.plan) == 68
        await stage.next("Feedback from the last issue-holder", at=0)
        await stage.solo("Ana")
        await stage.says_of("Ana", promised["Ana"], DONE, "It took ten minutes.")
        await stage.next("Issue", at=10)
        await stage.solo("Ben")
        await stage.end()
        assert [stage.action(promised[name]).carried for name in ("Ana", asker)] == [0, 1]

        await stage.start("peer-coaching", by=coming[2][1])
        await stage.next("Feedback from the last issue-holder")
        assert stage.has_floor == "Ben"
        await stage.next("Issue")
        await stage.end()
        await stage.start("peer-coaching", by=coming[3][1])
        assert [title for title, _, _ in stage.plan] == [
            "Agreement",
            "Feedback from the last issue-holder",
            "By next session I will …",
            "Engagement check-in",
            "Check-out round",
        ]
        await stage.next("Feedback from the last issue-holder")
        assert stage.has_floor == "Cleo"
        await stage.end()
        assert stage.coming() == []
        await stage.same_everywhere()


async def test_leadership_group() -> None:
    """An expert whose talk counts for nobody, a break, two issues with their own holders, talks in pairs."""
    everybody = ("Fay", "Ana", "Ben", "Cleo", "Dov", "Eve")
    async with staged(*everybody) as stage:
        await stage.start("leadership-group", holders={1: "Ana", 2: "Ben"})
        assert stage.starts == [0, 15, 60, 80, 95, 100, 120, 125, 130, 150, 155, 185, 195]
        await stage.round(*everybody)
        counted = stage.everything_counted()
        assert counted == dict.fromkeys(everybody[1:], 150)

        await stage.next("Expert speaker", at=15, speaker="Dov")
        await stage.raises("Eve", Intent.CLARIFY, "What does it cost?")
        await stage.solo("Dov")
        assert stage.everything_counted() == counted
        await stage.next("Questions", at=60)
        await stage.is_answered("Eve", asking=300)  # collected meanwhile; there is no issue-holder to answer
        for name in ("Ana", "Ben", "Cleo"):
            await stage.asks(name, "And with fewer people?", asking=300)
        counted = stage.everything_counted()
        assert counted == {"Ana": 450, "Ben": 450, "Cleo": 450, "Dov": 150, "Eve": 450}

        await stage.next("Break", at=80)
        await stage.ask("Ana", Speak())
        await stage.passes(15 * MINUTE)
        assert stage.everything_counted() == counted

        await stage.next("Issue 1: issue presented", at=95)
        await stage.solo("Ana")
        await stage.next("Issue 1: open questions", at=100)
        assert stage.eligible == ["Ben", "Cleo", "Dov", "Eve"]
        for name in ("Dov", "Ben", "Cleo", "Eve"):
            await stage.asks(name, "What is yours in it?", asking=10, answering=290)
        assert stage.questions_put() == {"Ben": 1, "Cleo": 1, "Dov": 1, "Eve": 1}
        await stage.next("Issue 1: issue-holder's summary", at=120)
        await stage.solo("Ana")
        await stage.next("Issue 2: issue presented", at=125)
        await stage.solo("Ben")
        await stage.next("Issue 2: open questions", at=130)
        assert stage.questions_put() == {}
        assert stage.eligible == ["Ana", "Cleo", "Dov", "Eve"]
        for name in ("Ana", "Cleo", "Dov", "Eve"):
            await stage.asks(name, "What would you keep?", asking=10, answering=290)
        await stage.next("Issue 2: issue-holder's summary", at=150)
        await stage.solo("Ben")
        counted = {"Ana": 460, "Ben": 460, "Cleo": 470, "Dov": 170, "Eve": 470}
        assert stage.everything_counted() == counted

        await stage.next("Networking", at=155)
        met = await talk_in_pairs(stage, 10)
        met += await talk_in_pairs(stage, 10, met)
        met += await talk_in_pairs(stage, 10, met)
        assert len(set(met)) == len(met) == 9
        assert met_times(stage.room) == dict.fromkeys(met, 1)
        assert stage.everything_counted() == counted
        await stage.next("Actions", at=185)
        await stage.round(*everybody[1:])
        await stage.next("Check-out round", at=195)
        await stage.round(*everybody)
        assert stage.minute == 200
        assert stage.everything_counted() == {name: seconds + 120 + 50 for name, seconds in counted.items()}
        await stage.end()
        await stage.start("leadership-group", holders={1: "Cleo", 2: "Dov"})
        assert stage.room.past[-1].held == [stage.seat("Ana"), stage.seat("Ben")]
        await stage.same_everywhere()


async def test_study_group() -> None:
    """Rounds and a long discussion, least heard first; more time for it leaves the check-out its own."""
    async with staged("Fay", "Ana", "Ben", "Cleo") as stage:
        await stage.start("study-group")
        assert stage.plan == [
            ("Catch-up round", 20, ROUND),
            ("Wins", 10, ROUND),
            ("Module discussion", 40, QUEUE),
            ("Help wanted", 20, QUEUE),
            ("Actions", 10, ROUND),
            ("Check-out round", 5, ROUND),
        ]
        await stage.round("Fay", "Ana", "Ben", "Cleo")
        await stage.next("Wins", at=20)
        await posts(stage, "Ben", PostKind.WIN, "The new colleague stayed")
        await stage.round("Ana", "Ben", "Cleo")

        await stage.next("Module discussion", at=30)
        await stage.speaks("Ana", 600)
        agreed = agenda.agreed_end(stage.session)
        await stage.extend(10)
        assert [ms // MINUTE for ms in stage.session.allotted] == [20, 10, 50, 13, 7, 5]
        assert agenda.agreed_end(stage.session) == agenda.projected_end(stage.session, stage.now) == agreed
        for name in ("Ana", "Ben", "Cleo"):
            await stage.raises(name)
        for name, seconds in (("Ben", 900), ("Cleo", 900), ("Ana", 600)):
            await stage.calls(name)
            for _ in range(seconds // 150):
                await stage.passes(150 * SECOND)
                await stage.ask("Fay", GiveFloor(stage.seat(name)))
            await stage.finishes()

        await stage.next("Help wanted", at=80)
        ask = await posts(stage, "Ben", PostKind.ASK, "Who knows a good mediator?")
        assert [post.id for post in open_asks(stage.room)] == [ask]
        await stage.speaks("Ben", 390)
        await posts(stage, "Cleo", PostKind.OFFER, "I do", reply_to=ask)
        await stage.ask("Cleo", MeetAsk(ask, stage.seat("Cleo"), introduced=True))
        assert open_asks(stage.room) == []
        assert stage.room.introductions == 1
        await stage.speaks("Cleo", 390)
        await stage.next("Actions", at=93)
        await stage.round("Ana", "Ben", "Cleo")
        await stage.next("Check-out round", at=100)
        assert stage.session.phase.ends_at - stage.session.phase.started == 5 * MINUTE
        await stage.round("Fay", "Ana", "Ben", "Cleo")
        assert stage.minute == 105
        assert stage.everything_counted() == {"Ana": 1915, "Ben": 2005, "Cleo": 2005}
        sums = airtime.totals(stage.session, stage.now)
        assert sum(sums.balance.values()) == 0
        assert sums.evenness_shown
        await stage.end()
        await stage.same_everywhere()


async def test_peer_network() -> None:
    """Actions reviewed, two issues with a break between, each with its holder and its questions; pairs; commitments."""
    everybody = ("Fay", "Ana", "Ben", "Cleo", "Dov")
    async with staged(*everybody) as stage:
        await stage.start("peer-network", holders={1: "Cleo", 2: "Dov"})
        assert stage.starts == [0, 5, 15, 35, 40, 65, 70, 80, 85, 110, 115, 120, 135, 145]
        await stage.speaks("Ana", 300)
        await stage.next("Check-in round", at=5)
        await stage.round(*everybody)
        await stage.next("Actions reviewed", at=15)
        await stage.round("Ana", "Ben", "Cleo", "Dov")
        counted = {"Ana": 720, "Ben": 420, "Cleo": 420, "Dov": 420}
        assert stage.everything_counted() == counted

        await stage.next("Issue 1: issue presented", at=35)
        await stage.solo("Cleo")
        await stage.next("Issue 1: open questions", at=40)
        assert stage.eligible == ["Ana", "Ben", "Dov"]
        for name in ("Ana", "Ben", "Dov", "Ana"):
            await stage.asks(name, "What else?", asking=10, answering=365)
        assert stage.questions_put() == {"Ana": 2, "Ben": 1, "Dov": 1}
        await stage.next("Issue 1: issue-holder's summary", at=65)
        await stage.solo("Cleo")
        counted = {"Ana": 740, "Ben": 430, "Cleo": 420, "Dov": 430}
        assert stage.everything_counted() == counted
        await stage.next("Break", at=70)
        await stage.ask("Ben", Speak())
        await stage.passes(10 * MINUTE)
        assert stage.everything_counted() == counted

        await stage.next("Issue 2: issue presented", at=80)
        await stage.solo("Dov")
        await stage.next("Issue 2: open questions", at=85)
        assert stage.eligible == ["Ana", "Ben", "Cleo"]
        assert stage.questions_put() == {}
        # Nobody has asked about this issue yet: the furthest under an equal share comes first, not the first hand.
        for name in ("Ana", "Cleo", "Ben"):
            await stage.raises(name, Intent.QUESTION, f"{name} asks")
        assert stage.balance("Ben") < stage.balance("Cleo") < stage.balance("Ana")
        for name in ("Ben", "Cleo", "Ana"):
            await stage.is_answered(name, asking=10, answering=365)
        await stage.asks("Cleo", "And now?", asking=10, answering=365)
        assert {q.issue for q in stage.session.questions} == {1, 2}
        await stage.next("Issue 2: issue-holder's summary", at=110)
        await stage.solo("Dov")
        await stage.next("Engagement check-in", at=115)
        assert (await stage.answers(Fay=3, Ana=3, Ben=4, Cleo=2, Dov=3)).figure == 3.0
        for name in everybody:
            await stage.speaks(name, 60)
        await stage.next("Networking", at=120)
        await talk_in_pairs(stage, 15)
        await stage.next("Commitments", at=135)
        for name in everybody[1:]:
            await stage.commits(name, f"What {name} will do")
        await stage.round("Ana", "Ben", "Cleo", "Dov")
        await stage.next("Check-out round", at=145)
        await stage.round(*everybody)
        assert stage.minute == 150
        more = 60 + 150 + 60
        assert stage.everything_counted() == {
            "Ana": 750 + more,
            "Ben": 440 + more,
            "Cleo": 440 + more,
            "Dov": 430 + more,
        }
        await stage.end()
        assert [stage.name(a.owner) for a in in_review(stage.room)] == ["Cleo", "Dov", "Ana", "Ben"]
        await stage.same_everywhere()


async def test_hot_seat() -> None:
    """Whoever is in the hot seat speaks without being counted; the next review begins with them."""
    everybody = ("Fay", "Ana", "Ben", "Cleo", "Dov", "Eve")
    async with staged(*everybody) as stage:
        await stage.start("hot-seat", holders={1: "Eve"})
        assert [(title, minutes) for title, minutes, _ in stage.plan] == [
            ("Check-in round", 10),
            ("Review", 15),
            ("Hot seat", 45),
            ("Commitments", 10),
            ("Close", 10),
        ]
        await stage.round(*everybody)
        await stage.next("Review", at=10)
        await stage.round(*everybody[1:])
        await stage.next("Hot seat", at=25)
        assert stage.eligible == ["Ana", "Ben", "Cleo", "Dov"]
        await stage.speaks("Ana", 450, Intent.CLARIFY)
        await stage.replies("Eve", 450)
        await stage.raises("Ben")
        await stage.raises("Ana", Intent.REPLY)
        await stage.raises("Cleo", Intent.PROCESS)
        for name in ("Cleo", "Ana", "Ben"):  # how we work, then a reply, then a new point
            await stage.calls(name)
            await stage.passes(150 * SECOND)
            await stage.finishes()
        await stage.replies("Eve", 450)
        await stage.speaks("Dov", 900)
        await stage.next("Commitments", at=70)
        await stage.round(*everybody[1:])
        await stage.next("Close", at=80)
        await stage.round(*everybody)
        assert stage.minute == 90
        rounds = 100 + 180 + 120 + 100
        assert stage.everything_counted() == {
            "Ana": rounds + 600,
            "Ben": rounds + 150,
            "Cleo": rounds,
            "Dov": rounds + 900,
            "Eve": rounds,
        }
        assert stage.balance("Eve") == 0  # nothing was owed to her while it was her issue
        await stage.end()
        await stage.start("hot-seat", holders={1: "Ana"})
        assert {stage.name(seat) for seat in stage.room.carry} == {"Ben", "Cleo"}
        await stage.next("Review")
        assert stage.names([stage.turn.seat, *(stage.room.floor.round.pending if stage.room.floor.round else [])]) == [
            "Eve",
            "Ana",
            "Ben",
            "Cleo",
            "Dov",
        ]
        await stage.same_everywhere()


async def test_open() -> None:
    """One phase; more time moves the end; informal talk counts for nobody, and ends with the next session."""
    async with staged("Fay", "Ana", "Ben") as stage:
        await stage.start("open")
        assert stage.plan == [("Session", 60, QUEUE)]
        for name in ("Ana", "Ben") * 3:
            await stage.speaks(name, 600)
        await stage.extend(15)
        assert agenda.projected_end(stage.session, stage.now) - stage.session.started_at == 75 * MINUTE
        await stage.speaks("Ana", 900)
        assert await stage.refused("Fay", StartPhase(1, stage.session.phase.visit)) == "no_such_phase"
        await stage.raises("Ben")
        counted = stage.everything_counted()
        assert counted == {"Ana": 2700, "Ben": 1800}

        await stage.leave_open()
        assert (stage.session.phase.activity, stage.room.floor.mode) == ("informal", OPEN)
        assert stage.room.floor.hands == []
        await stage.ask("Ben", Speak())
        await stage.ask("Ana", Speak())
        await stage.passes(20 * MINUTE)
        await stage.ask("Ben", Finish(next(t.id for t in stage.room.floor.turns if t.seat == stage.seat("Ben"))))
        assert stage.everything_counted() == counted
        assert stage.session.over_at == stage.session.started_at + 75 * MINUTE

        await stage.start("open")
        assert (stage.session.number, stage.room.floor.turns) == (2, [])
        assert stage.room.past[-1].ended_at - stage.room.past[-1].started_at == 75 * MINUTE
        assert {stage.name(s): ms for s, ms in stage.room.carry.items()} == {"Ben": -225_000}
        await stage.end()
        await stage.same_everywhere()
