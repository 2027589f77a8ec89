"""Whether a device signed something: the one thing the server does with a public key."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify(ik: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is by the device key `ik` (32 bytes; Ed25519, RFC 8032).

    Bytes of a wrong length or shape are a no, never an error: they come from outside.
    """
    try:
        Ed25519PublicKey.from_public_bytes(ik).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
