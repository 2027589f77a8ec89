"""The screens for a terminal (Textual). Only the command that opens one imports anything from here.

`app.EvenlyApp` is a session's screen, `stage.StageApp` a screen to share in the call. What is shown is worked out
without Textual, from an `Outlook`, in `situation`, `keys`, `deeds`, `looks` and `parts`; the widgets only paint it.
"""
