"""The field for an answer in words: several lines in sight, but one text; enter ends it."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from evenly_client.text import clean


class AnswerField(TextArea):
    """What is pasted into it is cleaned first."""

    class Submitted(Message):
        """Enter was pressed."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted())
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert(clean(event.text))
