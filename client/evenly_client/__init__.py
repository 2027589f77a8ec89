"""The members' side: link, sealing, screens, plain lines, command line. It imports the protocol, never the server.

The programmatic client is `evenly_client.peer.Peer`; see docs/programmatic-client.md.
"""
