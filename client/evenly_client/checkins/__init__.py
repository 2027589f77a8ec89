"""Anonymous check-ins on the member's side (anonymity.md, section 2): keys, masked sums, the ledger, and the member.

From the bottom up: `derivations`, `sharing`, `ballots` and `blocks` compute; `epoch` and `attempt` hold one exchange of
keys and one masked sum; `participant` answers the server's envelopes, without I/O; `taking_part` ties it to a peer.
"""
