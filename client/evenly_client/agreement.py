"""The agreement that a new room begins with; a group changes it as it likes."""

from evenly_client.translation import _

TEMPLATE = _("""\
What is said here stays here. What I learn I may take home; who said it I may not.
Nobody records: no recording, no screenshots, no AI note-takers, unless all of us have said yes.
Everyone is heard about evenly. Evenly shows how the time was shared; it never says who talked too much.
We ask before we advise. Listening is taking part.
Anybody may pause everything at any time, and need not say why.
Evenly's server keeps order without reading: it knows no names, no words, no answers.""")
