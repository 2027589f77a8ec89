"""Whom a gateway knows: the folders of its visitors, and which of them have ever been in the room.

An ssh key costs nothing, so whoever was never let in is forgotten when they leave: strangers would else fill the list.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from evenly_client.store import Store, StoreError, profile_directory


class Known:
    """The visitors' folders, named by their identities. What touches a visitor's files blocks: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where they lie; it may not be there yet."""
        self._folder = folder

    def __contains__(self, identity: str) -> bool:
        return self.folder_of(identity).is_dir()

    def __len__(self) -> int:
        return len(self._identities())

    def folder_of(self, identity: str) -> Path:
        """The visitor's own folder, whether it is there or not."""
        return self._folder / identity

    def welcome(self, identity: str) -> Path:
        """The visitor's own folder, made if it is not there. Raises OSError where it cannot be."""
        folder = self.folder_of(identity)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def been_in(self, identity: str) -> bool:
        """Whether this visitor's client has ever been let into the room: it keeps a room from then on."""
        profile = profile_directory(environment={"EVENLY_HOME": str(self.folder_of(identity))})
        if not (profile / "rooms.db").exists():
            return False
        try:
            with Store(profile) as store:
                return bool(store.rooms())
        except (StoreError, sqlite3.Error):
            return True  # better kept for nothing than a member's key lost

    def forget_stranger(self, identity: str) -> None:
        """Removes the folder of a visitor whose client does not run, unless they have been in the room."""
        if not self.been_in(identity):
            shutil.rmtree(self.folder_of(identity), ignore_errors=True)

    def forget_strangers(self) -> None:
        """As `forget_stranger`, for all: a gateway that was killed has left some. No client runs yet."""
        for identity in self._identities():
            self.forget_stranger(identity)

    def _identities(self) -> list[str]:
        return [folder.name for folder in self._folder.iterdir()] if self._folder.is_dir() else []
