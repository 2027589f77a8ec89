"""Which date suits: asked, answered by each, decided."""

from __future__ import annotations

from evenly_protocol import series
from evenly_protocol.series import AnswerDates, DecideDate, ProposeDates

from evenly_client import phrases
from evenly_client.due import NotADate
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import Host
from evenly_client.screens.series.asking import KEYS, give, one_planned
from evenly_client.series_words import EXAMPLE, asked_about, how_many, of_session, parse_moments, suits
from evenly_client.translation import _


async def propose_dates(host: Host) -> None:
    """Ask the group which of several dates suits."""
    # Translators: which of the planned sessions.
    planned = await one_planned(host, _("Find a date for which session?"))
    if planned is None:
        return
    # Translators: how many dates at most, and how one is written.
    about = _("Up to {most}, one on a line, like {example}.").format(most=series.DATES_AT_MOST, example=EXAMPLE)
    said, value = about, ""
    while True:
        written = await host.write_lines(_("Which dates?"), body=said, value=value)
        if written is None:
            return
        value = written
        dates = parse_moments(written, host.situation().outlook.now)
        if isinstance(dates, NotADate):
            said = f"{dates} {about}"
        elif len(dates) > series.DATES_AT_MOST:
            said = " ".join((_("These are {n} dates.").format(n=len(dates)), about))
        else:
            give(host, ProposeDates(planned.id, dates))
            return


async def answer_dates(host: Host) -> None:
    """Say which of the dates suit me: each on or off, then sent."""
    o = host.situation().outlook
    poll = o.room.poll
    if poll is None:
        host.say(_("No dates are being asked about."))
        return
    fits = set(poll.fits.get(o.seat, ()))
    while True:
        choices = [
            Choice(at, phrases.moment(at), _("suits me") if at in fits else _("does not"), KEYS[i])
            for i, at in enumerate(poll.dates)
        ]
        chosen = await host.choose(
            _("Which dates suit you?"),
            [*choices, Choice(0, _("that is my answer") if fits else _("none suits me"), "", "y")],
            # Translators: {session} is “the next session” or “the session of Friday 27 November 10:00”.
            body=_("For {session}. Each number switches its date; y sends your answer.").format(
                session=of_session(asked_about(o.room))
            ),
        )
        if chosen is None:
            return
        if not chosen:
            give(host, AnswerDates(poll.id, sorted(fits)))
            return
        fits ^= {chosen}


async def decide_date(host: Host) -> None:
    """Decide the date; how many each suits stands beside it."""
    o = host.situation().outlook
    poll = o.room.poll
    if poll is None:
        host.say(_("No dates are being asked about."))
        return
    at = await host.choose(
        _("Which date for {session}?").format(session=of_session(asked_about(o.room))),
        [
            *(Choice(d, phrases.moment(d), how_many(poll, d), KEYS[i]) for i, d in enumerate(poll.dates)),
            Choice(0, _("none: ask no longer"), "", "0"),
        ],
        body="\n".join(f"{phrases.moment(d)} {suits(o, poll, d)}" for d in poll.dates) if poll.fits else "",
    )
    if at is not None:
        give(host, DecideDate(poll.id, at))
