"""The server: lets in, decides, journals, broadcasts. It reads no text and holds no key to any.

It imports the protocol and nothing of the members' side.
"""
