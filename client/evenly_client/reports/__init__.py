"""Reports, made on a member's own machine from the room's log: what happened (chronicle.py), what a reader may have
of it (allowed.py), the three reports as plain data (report.py), and renderers that know nothing of rooms.

Imported by the commands and the screen that shows a report; imports no screen and no connection.
"""
