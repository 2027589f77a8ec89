"""The boards over a session: a file for each board (its rows, and what can be done there), and the screen they are on.

`items` and `asking` are what they share; `flows` is the table of all that can be done. Only screens may import this.
"""
