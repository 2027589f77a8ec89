"""The self-signed certificate of a server that `evenly open` starts: made on first use, named by the link's PIN."""

from __future__ import annotations

import datetime
import os
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

YEARS = 20


def certificate_in(directory: Path) -> tuple[Path, Path, bytes]:
    """The files of the certificate and of its private key, and the PIN: its SHA-256, first 16 bytes."""
    certificate, private_key = directory / "certificate.pem", directory / "certificate.key"
    if not (certificate.exists() and private_key.exists()):
        _make(certificate, private_key)
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return certificate, private_key, sha256(loaded.public_bytes(serialization.Encoding.DER)).digest()[:16]


def _make(certificate: Path, private_key: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "evenly")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write_private(private_key, pem)
    _write_private(certificate, made.public_bytes(serialization.Encoding.PEM))


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
