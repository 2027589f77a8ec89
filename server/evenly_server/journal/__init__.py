"""What happened, kept: the `Journal` protocol, SQLite and memory behind it, archives of a whole journal.

Bodies are opaque here. May import `evenly_protocol`; imports nothing else of the server.
"""
