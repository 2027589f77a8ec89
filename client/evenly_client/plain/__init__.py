"""The whole session as lines of text: a full client, for screen readers, pipes and people who like lines.

By itself it says only: you are next, your turn, what everybody does has changed, paused. Everything else when
asked, in one sentence, the figure first. No glyphs, bars or redraws. Source: experience.md, "Plain lines".
"""
