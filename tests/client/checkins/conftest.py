"""Hypothesis without deadlines: a slow machine fails no test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("checkins", deadline=None)
settings.load_profile("checkins")
