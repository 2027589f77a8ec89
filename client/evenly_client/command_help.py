"""What `--help` shows, in the reader's language: cli.py registers its commands here instead of with cyclopts.

A command's docstring is one message, its parameters included: the headings and names in it stay as they are. Of
cyclopts' own words those are said here that it lets one set; "Usage", "default" and its errors it keeps to itself.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Any, TypeVar

from cyclopts import App, Group

from evenly_client.translation import ENGLISH, _, language

Function = TypeVar("Function", bound=Callable[..., None])


def command(app: App, **options: Any) -> Callable[[Function], Function]:
    """`app.command(…)`, of a function whose docstring is said in the reader's language."""

    def registered(function: Function) -> Function:
        if language() != ENGLISH and function.__doc__:
            function.__doc__ = _(cleandoc(function.__doc__))
        return app.command(**options)(function)

    return registered


def told(app: App) -> App:
    """The app, with cyclopts' own words in the reader's language."""
    if language() == ENGLISH:
        return app
    app.group_commands = Group.create_default_commands(_("Commands"))
    app.group_arguments = Group.create_default_arguments(_("Arguments"))
    app.group_parameters = Group.create_default_parameters(_("Parameters"))
    for flag, words in (
        ("--help", _("Display this message and exit.")),
        ("--version", _("Display application version.")),
    ):
        if flag in app:
            app[flag].help = words
    return app
