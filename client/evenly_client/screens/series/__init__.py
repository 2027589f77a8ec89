"""The series as questions one after another, then a command: planning, dates, who leads, pairs.

`flows` is their table; `asking` is what they share. Only screens may import this.
"""
