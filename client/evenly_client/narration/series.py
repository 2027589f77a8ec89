"""Planned sessions and their dates."""

from __future__ import annotations

from evenly_protocol import series

from evenly_client import opened, phrases
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.outlook import Outlook
from evenly_client.series_words import asked_about, draft_words, of_session


def _planned(t: Telling, event: series.SeriesPlanned) -> str:
    count = len(event.sessions)
    if not count:
        return "No sessions are planned any more."
    following = series.next_planned(t.room)
    when = f", the next {phrases.moment(following.at)}" if following is not None and following.at else ""
    return f"{count} session{' is' if count == 1 else 's are'} planned{when}."


def _changed(t: Telling, event: series.PlannedChanged) -> str:
    return f"Planned: {draft_words(Outlook(t.peer), event.session)}."


def _topic(t: Telling, event: series.TopicSet) -> str:
    planned = series.planned_with(t.room, event.planned)
    if planned is None:
        return ""
    topic = opened.topic(t.sealer, planned)
    what = f" is about: {topic}" if topic else " has no topic any more"
    return f"{_capital(of_session(planned))}{what}{', and there is something to prepare' if event.prework else ''}."


def _away(t: Telling, event: series.AwaySaid) -> str:
    planned = series.planned_with(t.room, event.planned)
    can = "cannot come to" if event.away else "can come after all to"
    return f"{t.name(event.seat)} {can} {of_session(planned)}."


def _proposed(t: Telling, event: series.DatesProposed) -> str:
    dates = [f"{number}, {phrases.moment(at)}" for number, at in enumerate(event.dates, 1)]
    return f"Which dates suit you for {of_session(asked_about(t.room))}? {'; '.join(dates)}."


def _decided(t: Telling, event: series.DateDecided) -> str:
    return f"The date is decided: {phrases.moment(event.at)}." if event.at else "The dates are no longer asked about."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


SENTENCES: Sentences = {
    series.SeriesPlanned: _planned,
    series.PlannedChanged: _changed,
    series.TopicSet: _topic,
    series.AwaySaid: _away,
    series.DatesProposed: _proposed,
    series.DatesAnswered: lambda t, e: f"{t.name(e.seat)} has answered about the dates." if t.leads else "",
    series.DateDecided: _decided,
}
