"""The session's rules and words, and what crosses the wire: pure, no I/O, no clock, no randomness.

Both the server and the members' side import this package; it imports neither of them.
"""
