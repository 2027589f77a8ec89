"""`evenly completion`: what a shell needs to complete Evenly's commands, made by cyclopts of their definitions."""

from __future__ import annotations

from typing import Literal

from cyclopts import App

from evenly_client.errors import UserError
from evenly_client.translation import _

Shell = Literal["bash", "zsh", "fish"]


def completion(app: App, shell: Shell, *, install: bool) -> int:
    """See `evenly completion --help`. `app`: the command line that is completed."""
    if not install:
        print(app.generate_completion(shell=shell))
        return 0
    try:
        # Nobody's startup files are touched: of these places bash and fish load by themselves.
        path = app.install_completion(shell=shell, add_to_startup=False)
    except OSError as error:
        raise UserError(
            _("The file for {shell} cannot be written: {why}.").format(shell=shell, why=error.strerror),
            _("Print it with evenly completion {shell}, and put it where your shell looks.").format(shell=shell),
        ) from error
    print(_("{path} is there for the next shell that you open.").format(path=path))
    if shell == "bash":
        print(_("Needed for it: bash-completion, which most systems have."))
    if shell == "zsh":
        print(_("Needed for it, in ~/.zshrc before compinit:"))
        print(f"    fpath=('{path.parent}' $fpath)")  # no words: typed
    return 0
