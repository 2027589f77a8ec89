"""What an operator of NATS hands out: JWTs of an operator, an account with JetStream and a user with few rights.

The form is NATS's own: https://docs.nats.io, "In Depth JWT Guide" and "NKeys".
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from pathlib import Path
from typing import Any

import nkeys

SEED, OPERATOR, ACCOUNT, USER = 18 << 3, 14 << 3, 0, 20 << 3
"""The prefixes of nkeys: each gives the first letter of its text, S, O, A, U."""


def trusting(folder: Path, publish: list[str], subscribe: list[str]) -> tuple[str, Path]:
    """A server's configuration that lets in whom this operator lets in, and the .creds file of a user with rights."""
    operator, account, system, user = (_pair(kind) for kind in (OPERATOR, ACCOUNT, ACCOUNT, USER))
    everything = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
    jetstream = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)
    limits = {account: {**everything, **jetstream, "wildcards": True}, system: {**everything, "wildcards": True}}
    accounts = {pair: _jwt(operator, pair, {"type": "account", "limits": of}) for pair, of in limits.items()}
    rights = {"pub": {"allow": publish}, "sub": {"allow": subscribe}, "subs": -1, "data": -1, "payload": -1}
    of_user = _jwt(account, user, {"type": "user", **rights})
    configuration = (
        f"operator: {_jwt(operator, operator, {'type': 'operator'})}\n"
        f"system_account: {_public(system)}\nresolver: MEMORY\n"
        f"resolver_preload: {{ {', '.join(f'{_public(pair)}: {token}' for pair, token in accounts.items())} }}\n"
    )
    credentials = folder / "evenly.creds"
    credentials.write_text(
        f"-----BEGIN NATS USER JWT-----\n{of_user}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    return configuration, credentials


def _pair(kind: int) -> nkeys.KeyPair:
    return nkeys.from_seed(bytearray(_text(bytes([SEED | kind >> 5, (kind & 31) << 3]) + secrets.token_bytes(32))))


def _public(pair: nkeys.KeyPair) -> str:
    return pair.public_key.decode()


def _text(key: bytes) -> bytes:
    return base64.b32encode(key + binascii.crc_hqx(key, 0).to_bytes(2, "little")).rstrip(b"=")


def _jwt(by: nkeys.KeyPair, of: nkeys.KeyPair, claims: dict[str, Any]) -> str:
    head = {"typ": "JWT", "alg": "ed25519-nkey"}
    body = {
        "jti": secrets.token_hex(16),
        "iat": int(time.time()),
        "iss": _public(by),
        "sub": _public(of),
        "name": claims["type"],
        "nats": {"version": 2, **claims},
    }
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (head, body))
    return f"{signed}.{_base64(by.sign(signed.encode()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
