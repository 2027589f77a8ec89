"""The whole session as lines of text: a full client, for screen readers, pipes and people who like lines.

By itself it says only: you are next, your turn, what everybody does has changed, what is asked of you, a check-in
and what came of it, paused.
Everything else when asked, the figure first. No glyphs, bars or redraws. Source: experience.md, "Plain lines".
"""
