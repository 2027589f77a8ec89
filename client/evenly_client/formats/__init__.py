"""Named agendas: what they are, how their files are read, where they lie, and how one becomes a session's plan.

Everything here may be imported by commands and screens; it imports no screen and talks to no server.
"""
