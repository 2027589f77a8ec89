"""Check-ins on the screen: the question and its keys, the result, the three words, and what those who lead do.

The session's screen imports `following` and `line`; the dialogs are shown by it, and by nothing else.
"""
