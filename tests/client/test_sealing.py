"""Sealed text and device keys, against known answers and against everything that can go wrong.

The known answers in tests/vectors/sealing.json are computed here a second time, in a straight line from
anonymity.md, section 1, with nothing of Evenly's own. `python tests/client/test_sealing.py` writes them anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from evenly_client.sealing import UNREADABLE, DeviceKey, RoomKeys, Sealer, TextTooLong, expand, verify
from evenly_client.text import cell_width, clean
from evenly_protocol.hashing import hello_message, profile_message
from evenly_protocol.sealed import LARGEST, FieldKind, allowed_length
from evenly_server.signatures import verify as server_verify
from hypothesis import given
from hypothesis import strategies as st

FILE = Path(__file__).parents[1] / "vectors" / "sealing.json"

SECRET, ROOM, AUTHOR, OBJECT, NONCE = bytes(range(16)), b"R" * 16, b"A" * 32, b"O" * 16, b"N" * 12
KEYS = RoomKeys.from_secret(SECRET)
SEALER = Sealer(KEYS, ROOM)
NAME, NOTE = FieldKind.NAME, FieldKind.NOTE


class SealedVector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text and its seal; bytes in hexadecimal."""

    kind: str
    text: str
    author_ik: str
    object_id: str
    nonce: str
    padded: str
    aad: str
    sealed: str


class Vectors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; bytes in hexadecimal."""

    secret: str
    room: str
    root: str
    invite_token: str
    room_key: str
    text_key: str
    device_private: str
    ik: str
    server_name: str
    server_bytes: str
    client_bytes: str
    hello_message: str
    hello_signature: str
    profile_message: str
    profile_signature: str
    sealed: list[SealedVector]


def computed() -> Vectors:
    """The document's formulas, one after the other."""

    def prefixed(*parts: bytes) -> bytes:
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    secret, room = bytes(range(16)), bytes(range(16, 32))
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
    ik = private.public_key().public_bytes_raw()
    root = hashlib.sha256(b"evenly/1/secret" + secret).digest()
    invite_token = hmac.new(root, b"evenly/1/invite\x01", hashlib.sha256).digest()
    room_key = hmac.new(root, b"evenly/1/room\x01", hashlib.sha256).digest()
    text_key = hmac.new(room_key, b"evenly/1/text\x01", hashlib.sha256).digest()
    sealed: list[SealedVector] = []
    for number, (kind, text, size) in enumerate(
        [
            ("name", "Zoë", 32),
            ("title", "", 32),
            ("option", "x" * 30, 32),
            ("room", "x" * 31, 64),
            ("question", "How are you, really? 👩‍🚀", 64),
            ("issue", "first line\nsecond line " + "é" * 100, 256),
            ("agreement", "a" * 4094, 4096),
        ]
    ):
        object_id, nonce = bytes([100 + number]) * 16, bytes([200 + number]) * 12
        encoded = text.encode()
        padded = len(encoded).to_bytes(2, "big") + encoded
        padded += bytes(size - len(padded))
        aad = prefixed(b"\0", room, kind.encode(), ik, object_id)
        whole = b"\0" + nonce + ChaCha20Poly1305(text_key).encrypt(nonce, padded, aad)
        sealed.append(
            SealedVector(kind, text, ik.hex(), object_id.hex(), nonce.hex(), padded.hex(), aad.hex(), whole.hex())
        )
    server_bytes, client_bytes = b"s" * 32, b"c" * 32
    hello = hashlib.sha256(
        prefixed(b"evenly/1/hello", b"evenly.example.org:7447", room, server_bytes, client_bytes)
    ).digest()
    profile = hashlib.sha256(prefixed(b"evenly/1/profile", room, bytes.fromhex(sealed[0].sealed))).digest()
    return Vectors(
        secret=secret.hex(),
        room=room.hex(),
        root=root.hex(),
        invite_token=invite_token.hex(),
        room_key=room_key.hex(),
        text_key=text_key.hex(),
        device_private=bytes(range(32, 64)).hex(),
        ik=ik.hex(),
        server_name="evenly.example.org:7447",
        server_bytes=server_bytes.hex(),
        client_bytes=client_bytes.hex(),
        hello_message=hello.hex(),
        hello_signature=private.sign(hello).hex(),
        profile_message=profile.hex(),
        profile_signature=private.sign(profile).hex(),
        sealed=sealed,
    )


def known() -> Vectors:
    """The vectors as they stand in the file."""
    return msgspec.json.decode(FILE.read_bytes(), type=Vectors)


def test_the_known_answers_are_those_of_the_document() -> None:
    """The file says what the formulas, followed by hand, come to."""
    assert known() == computed()


def test_keys_are_the_known_answers() -> None:
    """Invite token, room key and text key, from the secret."""
    vectors = known()
    keys = RoomKeys.from_secret(bytes.fromhex(vectors.secret))
    assert keys.invite_token.hex() == vectors.invite_token
    assert keys.room_key.hex() == vectors.room_key
    assert keys.text_key.hex() == vectors.text_key
    assert expand(bytes.fromhex(vectors.root), b"room").hex() == vectors.room_key


@pytest.mark.parametrize("vector", computed().sealed, ids=lambda vector: vector.kind)
def test_seals_are_the_known_answers(vector: SealedVector) -> None:
    """Sealing gives the known bytes, opening them the known text."""
    vectors = known()
    sealer = Sealer(RoomKeys.from_secret(bytes.fromhex(vectors.secret)), bytes.fromhex(vectors.room))
    kind, sealed = FieldKind(vector.kind), bytes.fromhex(vector.sealed)
    where = bytes.fromhex(vector.author_ik), bytes.fromhex(vector.object_id)
    assert sealer.seal(kind, vector.text, *where, nonce=bytes.fromhex(vector.nonce)) == sealed
    assert sealer.open(kind, sealed, *where, lines=True) == vector.text
    assert sealer.open_bytes(kind, sealed, *where) == vector.text.encode()


def test_signatures_are_the_known_answers() -> None:
    """The device key, what it signs, and the signatures, as both sides check them."""
    vectors = known()
    key = DeviceKey.from_bytes(bytes.fromhex(vectors.device_private))
    room = bytes.fromhex(vectors.room)
    hello = hello_message(
        vectors.server_name, room, bytes.fromhex(vectors.server_bytes), bytes.fromhex(vectors.client_bytes)
    )
    profile = profile_message(room, bytes.fromhex(vectors.sealed[0].sealed))
    assert key.public.hex() == vectors.ik
    assert (hello.hex(), profile.hex()) == (vectors.hello_message, vectors.profile_message)
    assert key.sign(hello).hex() == vectors.hello_signature
    assert key.sign(profile).hex() == vectors.profile_signature
    for check in (verify, server_verify):
        assert check(key.public, bytes.fromhex(vectors.hello_signature), hello)
        assert not check(key.public, bytes.fromhex(vectors.hello_signature), profile)


@given(st.sampled_from(list(FieldKind)), st.text(max_size=30))
def test_what_is_sealed_is_opened_again(kind: FieldKind, text: str) -> None:
    """As its cleaned text, in one of the lengths that the server lets in."""
    sealed = SEALER.seal(kind, text, AUTHOR, OBJECT)
    opened = SEALER.open(kind, sealed, AUTHOR, OBJECT, lines=True)
    assert allowed_length(kind, len(sealed))
    assert opened == SEALER.open_bytes(kind, sealed, AUTHOR, OBJECT).decode()  # type: ignore[union-attr]
    assert SEALER.open(kind, sealed, AUTHOR, OBJECT) == clean(opened)


def test_two_seals_of_one_text_differ() -> None:
    """The nonce is new each time, so that nobody sees that a text came again."""
    assert len({SEALER.seal(NOTE, "again", AUTHOR, OBJECT) for _ in range(20)}) == 20


def test_lines_stay_only_where_a_field_has_several() -> None:
    """A name or a question is one line; a note is not. A name has at most 24 cells."""
    two = "one\ntwo"
    assert SEALER.open_bytes(NOTE, SEALER.seal(NOTE, two, AUTHOR, OBJECT), AUTHOR, OBJECT) == b"one\ntwo"
    assert SEALER.open_bytes(NAME, SEALER.seal(NAME, two, AUTHOR, OBJECT), AUTHOR, OBJECT) == b"one two"
    long = SEALER.open(NAME, SEALER.seal(NAME, "漢" * 20, AUTHOR, OBJECT), AUTHOR, OBJECT)
    assert cell_width(long) == 24


def test_what_another_program_sealed_is_cleaned_for_the_screen() -> None:
    """It may have sealed anything; the bytes inside stay as they are for hashes and results."""
    sealed = forged(b"\x00\x08\x1b[2Jab\n\x07")
    assert SEALER.open(NOTE, sealed, AUTHOR, OBJECT) == "[2Jab"
    assert SEALER.open(NOTE, sealed, AUTHOR, OBJECT, cells=2) == "[2"
    assert SEALER.open_bytes(NOTE, sealed, AUTHOR, OBJECT) == b"\x1b[2Jab\n\x07"


def forged(inside: bytes, key_id: bytes = b"\0", size: int = 32) -> bytes:
    """A seal by somebody who has the key and not the manners."""
    padded = inside.ljust(size, b"\0")
    parts = (key_id, ROOM, b"note", AUTHOR, OBJECT)
    aad = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return key_id + NONCE + ChaCha20Poly1305(KEYS.text_key).encrypt(NONCE, padded, aad)


@pytest.mark.parametrize(
    "sealed",
    [
        b"",
        b"\0",
        bytes(61),
        forged(b"\0\1a", key_id=b"\1"),
        forged(b"\0\2\xff\xfe"),
        forged(b"\0\3\xed\xa0\x80"),
        forged(b"\0\1ab"),
        forged(b"\0\x1f" + b"a" * 30),
        forged(b"\xff\xff" + b"a" * 30),
        forged(b"\0\1a", size=33),
        forged(b"\0\1a", size=4096),
        forged(b"\0\1a")[:-1],
        forged(b"\0\1a") + b"\0",
    ],
)
def test_what_does_not_open_says_so_and_nothing_breaks(sealed: bytes) -> None:
    """Foreign bytes, unknown keys, bad lengths, padding that is not zero, what is not UTF-8."""
    assert SEALER.open(NOTE, sealed, AUTHOR, OBJECT) == UNREADABLE == "(cannot be read)"


def test_a_well_made_seal_of_the_same_kind_does_open() -> None:
    """So the forgeries above fail for the reason they name."""
    assert SEALER.open(NOTE, forged(b"\0\1a"), AUTHOR, OBJECT) == "a"


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_noticed(place: int, change: int) -> None:
    """Key id, nonce, text or tag."""
    sealed = bytearray(SEALER.seal(NOTE, "text", AUTHOR, OBJECT))
    sealed[place] ^= change
    assert SEALER.open(NOTE, bytes(sealed), AUTHOR, OBJECT) == UNREADABLE


def test_a_seal_opens_only_where_it_was_made() -> None:
    """Another room, field, author, object or secret: not readable."""
    sealed = SEALER.seal(NOTE, "text", AUTHOR, OBJECT)
    assert SEALER.open(NOTE, sealed, AUTHOR, OBJECT) == "text"
    assert SEALER.open(FieldKind.POST, sealed, AUTHOR, OBJECT) == UNREADABLE
    assert SEALER.open(NOTE, sealed, OBJECT, AUTHOR) == UNREADABLE
    assert SEALER.open(NOTE, sealed, AUTHOR, AUTHOR) == UNREADABLE
    assert Sealer(KEYS, b"S" * 16).open(NOTE, sealed, AUTHOR, OBJECT) == UNREADABLE
    assert Sealer(RoomKeys.from_secret(ROOM), ROOM).open(NOTE, sealed, AUTHOR, OBJECT) == UNREADABLE


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind is not NAME])
def test_a_text_of_the_largest_size_is_sealed_and_one_byte_more_is_refused(kind: FieldKind) -> None:
    """The sentence says by how much it is too long."""
    largest = LARGEST[kind]
    assert len(SEALER.seal(kind, "a" * (largest - 2), AUTHOR, OBJECT)) == largest + 29
    with pytest.raises(TextTooLong, match=f"takes {largest - 1} bytes.*room for {largest - 2}") as caught:
        SEALER.seal(kind, "a" * (largest - 1), AUTHOR, OBJECT)
    assert "Shorten it by 1 byte (" in caught.value.advice
    assert caught.value.code == "text-too-long"


def test_a_name_of_few_cells_and_many_bytes_is_refused() -> None:
    """Cutting a name in cells does not make room for what families take in bytes."""
    with pytest.raises(TextTooLong):
        SEALER.seal(NAME, "👩‍👩‍👧‍👦" * 12, AUTHOR, OBJECT)


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_secret_has_sixteen_bytes(length: int) -> None:
    """A cut-off link must not open another room by accident."""
    with pytest.raises(ValueError, match="16 bytes"):
        RoomKeys.from_secret(bytes(length))


def test_keys_do_not_show_themselves() -> None:
    """A traceback or a log line gives nothing away."""
    shown = f"{KEYS!r} {KEYS} {SEALER!r} {DeviceKey.from_bytes(bytes(32))!r}"
    for key in (KEYS.invite_token, KEYS.room_key, KEYS.text_key, bytes(32)):
        assert repr(key) not in shown
        assert key.hex() not in shown


def test_a_device_key_survives_its_file() -> None:
    """The same member before and after."""
    key = DeviceKey.generate()
    again = DeviceKey.from_bytes(key.to_bytes())
    assert again.public == key.public != DeviceKey.generate().public
    assert verify(key.public, again.sign(b"message"), b"message")
    with pytest.raises(ValueError, match="32 bytes"):
        DeviceKey.from_bytes(bytes(31))


@pytest.mark.parametrize("check", [verify, server_verify])
def test_only_the_devices_own_signature_over_the_message_counts(check: object) -> None:
    """Bytes of any other shape are a no, on either side."""
    assert callable(check)
    key, other = DeviceKey.generate(), DeviceKey.generate()
    signature = key.sign(b"message")
    assert check(key.public, signature, b"message") is True
    for ik, signed, message in [
        (other.public, signature, b"message"),
        (key.public, signature, b"massage"),
        (key.public, signature[:-1], b"message"),
        (key.public, b"", b"message"),
        (key.public, bytes(64), b"message"),
        (key.public[:-1], signature, b"message"),
        (b"", signature, b"message"),
        (b"\xff" * 32, signature, b"message"),
    ]:
        assert check(ik, signed, message) is False


if __name__ == "__main__":
    FILE.write_text(json.dumps(msgspec.to_builtins(computed()), indent=1, ensure_ascii=False) + "\n")
