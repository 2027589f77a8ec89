"""Whether the server in this container answers on its port: exit status 0, or 1. `healthy.py [PORT]`."""

import ssl
import sys
import urllib.request

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 7447
WITHIN_S = 2.0
# It is asked on loopback, where its certificate's name is another one.
TRUSTING = ssl._create_unverified_context()


def answers(scheme: str) -> bool:
    """Whether `/healthz` says that all is well."""
    try:
        with urllib.request.urlopen(f"{scheme}://127.0.0.1:{PORT}/healthz", timeout=WITHIN_S, context=TRUSTING) as said:
            return said.read().strip() == b"ok"
    except OSError:
        return False


sys.exit(not any(answers(scheme) for scheme in ("https", "http")))
