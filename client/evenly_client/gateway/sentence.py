"""What taking part through a gateway means: one sentence, the same wherever it is said.

Said on the first screen, and again before an anonymous check-in. Source: anonymity.md, section 3.
"""

from __future__ import annotations

from evenly_client.translation import _

GATEWAY_SENTENCE = _(
    "This runs on the gateway's computer: whoever runs it could read what you type; install Evenly for full privacy."
)
