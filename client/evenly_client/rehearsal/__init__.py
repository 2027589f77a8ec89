"""Rehearsal members: ordinary clients with different temperaments, for trying a session, or a whole series, alone.

passing.py      time, and what is planned when          temperament.py   how they are
member.py       having the floor and asking for it      boards.py        what they write
leading.py      a facilitator's chores                  texts.py         every text
answers.py      what they answer to check-ins           at_rest.py       when time stands still for those
improvised.py   a session without a plan                by_format.py     a session of any format
course.py       a whole series                          transcript.py    what is printed
"""

from evenly_client.rehearsal.by_format import ByFormat
from evenly_client.rehearsal.improvised import Improvised
from evenly_client.rehearsal.leading import Leading
from evenly_client.rehearsal.member import RehearsalMember
from evenly_client.rehearsal.passing import Rehearsal
from evenly_client.rehearsal.temperament import FAY, MEMBERS, Temperament

__all__ = ["FAY", "MEMBERS", "ByFormat", "Improvised", "Leading", "Rehearsal", "RehearsalMember", "Temperament"]
