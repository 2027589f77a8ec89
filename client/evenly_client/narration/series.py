"""Planned sessions and their dates."""

from __future__ import annotations

from evenly_protocol import series

from evenly_client import opened, phrases
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.outlook import Outlook
from evenly_client.series_words import asked_about, draft_words, of_session
from evenly_client.translation import _, ngettext, pgettext


def _planned(t: Telling, event: series.SeriesPlanned) -> str:
    n = len(event.sessions)
    if not n:
        return _("No sessions are planned any more.")
    following = series.next_planned(t.room)
    if following is None or not following.at:
        return ngettext("{n} session is planned.", "{n} sessions are planned.", n).format(n=n)
    # Translators: {when} is “Friday 27 November 10:00”
    said = ngettext("{n} session is planned, the next {when}.", "{n} sessions are planned, the next {when}.", n)
    return said.format(n=n, when=phrases.moment(following.at))


def _changed(t: Telling, event: series.PlannedChanged) -> str:
    # Translators: {session} is “Friday 27 November 10:00, issue: Ben, host: Ana”
    return _("Planned: {session}.").format(session=draft_words(Outlook(t.peer), event.session))


def _topic(t: Telling, event: series.TopicSet) -> str:
    planned = series.planned_with(t.room, event.planned)
    if planned is None:
        return ""
    topic = opened.topic(t.sealer, planned)
    if event.prework:
        said = _("{session} has no topic any more, and there is something to prepare.")
        if topic:
            # Translators: {session} is “The session of Friday 27 November 10:00” or “The next session”, with a capital
            said = _("{session} is about: {topic}, and there is something to prepare.")
    else:
        said = _("{session} is about: {topic}.") if topic else _("{session} has no topic any more.")
    session = pgettext("at the beginning of a sentence", "The next session")
    if planned.at:
        begin = pgettext("at the beginning of a sentence", "The session of {when}")
        session = begin.format(when=phrases.moment(planned.at))
    return said.format(session=session, topic=topic)


def _away(t: Telling, event: series.AwaySaid) -> str:
    planned = series.planned_with(t.room, event.planned)
    # Translators: {session} is “the session of Friday 27 November 10:00” or “the next session”
    said = _("{name} cannot come to {session}.") if event.away else _("{name} can come after all to {session}.")
    return said.format(name=t.name(event.seat), session=of_session(planned))


def _proposed(t: Telling, event: series.DatesProposed) -> str:
    dates = [f"{number}, {phrases.moment(at)}" for number, at in enumerate(event.dates, 1)]
    # Translators: {session} is “the session of Friday 27 November 10:00” or “the next session”
    said = _("Which dates suit you for {session}? {dates}.")
    return said.format(session=of_session(asked_about(t.room)), dates="; ".join(dates))


def _decided(t: Telling, event: series.DateDecided) -> str:
    if not event.at:
        return _("The dates are no longer asked about.")
    return _("The date is decided: {when}.").format(when=phrases.moment(event.at))


SENTENCES: Sentences = {
    series.SeriesPlanned: _planned,
    series.PlannedChanged: _changed,
    series.TopicSet: _topic,
    series.AwaySaid: _away,
    series.DatesProposed: _proposed,
    series.DatesAnswered: lambda t, e: (
        _("{name} has answered about the dates.").format(name=t.name(e.seat)) if t.leads else ""
    ),
    series.DateDecided: _decided,
}
