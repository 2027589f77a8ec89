"""Known answers for every derivation of an anonymous check-in: writes anonymity.json beside it.

    python tests/vectors/make_anonymity.py

They are worked out in a straight line from anonymity.md, section 2, with `cryptography` and the standard library and
with nothing of Evenly's own, so that the code, and another implementation, can be held against them. Bytes are in
hexadecimal; a number is in as many bytes, little endian, as the document gives it. A place counts from 1.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from mnemonic import Mnemonic

FILE = Path(__file__).with_name("anonymity.json")


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the file."""


class MemberVector(Known, frozen=True):
    """A member's keys, and what it says when keys are exchanged."""

    device_private: str
    ik: str
    x25519_private: str
    xk: str
    nonce: str
    commitment: str
    key_message: str
    key_signature: str


class RootVector(Known, frozen=True):
    """What two members share, by their places."""

    places: list[int]
    x25519: str
    root: str


class EpochVector(Known, frozen=True):
    """The keys of the first so many members: T, the three words, and what each two of them share."""

    people: int
    T: str
    code: str
    first_33_bits: int
    words: list[str]
    roots: list[RootVector]


class QuestionVector(Known, frozen=True):
    """A question as it stands inside its seals, its hash, and qk."""

    kind: str
    question: str
    options: list[str]
    hash: str
    qk: str


class BallotVector(Known, frozen=True):
    """An answer in numbers (counted from 0; none: an abstention) of a question with so many options."""

    kind: str
    options: int
    chosen: list[int]
    ballot: str


class BlockVector(Known, frozen=True):
    """An answer in words, and the block that it is written as."""

    kind: str
    text: str
    nonce: str
    plain: str
    block: str


class PadVector(Known, frozen=True):
    """m_uv of two members, by their places."""

    places: list[int]
    pad: str


class PartVector(Known, frozen=True):
    """One member's part in an attempt: its vector x, its secrets, MASK and OPEN.

    `shares` and `blobs` are in roster order: the share that each is to have, and as it is sealed for that one.
    """

    x: str
    seed: str
    coefficients: list[str]
    own_pad: str
    y: str
    y_hash: str
    com: str
    shares: list[str]
    blobs: list[str]
    shares_hash: str
    mask_message: str
    mask_signature: str
    open_message: str
    open_signature: str


class RestoredVector(Known, frozen=True):
    """The seed of a member whose OPEN is missing, from the shares of these members."""

    missing: int
    places: list[int]
    shares: list[str]
    seed: str


class RoundVector(Known, frozen=True):
    """One attempt of the first so many members. `question` counts from 0; `slots` are those of stage A."""

    people: int
    question: int
    stage: str
    k: int
    length: int
    bind: str
    ctx: str
    group_pad: str
    pair_pads: list[PadVector]
    parts: list[PartVector]
    total: str
    h1: str
    restored: list[RestoredVector]
    result: str
    slots: list[int]
    ballot_key: str
    blocks: list[BlockVector]
    canonical: str
    sealed_result: str


class Vectors(Known, frozen=True):
    """The whole file."""

    secret: str
    room_key: str
    room: str
    session: int
    check_in: str
    p: str
    members: list[MemberVector]
    epochs: list[EpochVector]
    questions: list[QuestionVector]
    ballots: list[BallotVector]
    blocks: list[BlockVector]
    rounds: list[RoundVector]


# -- the notation of the document ----------------------------------------------------------------------------------

p = 2**255 - 19
SECRET, ROOM, SESSION, CHECK_IN = bytes(range(16)), bytes(range(16, 32)), 7, bytes(range(32, 48))


def lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def H(tag: str, *parts: bytes) -> bytes:
    return hashlib.sha256(lp(b"evenly/1/" + tag.encode(), *parts)).digest()


def expand(k: bytes, info: bytes) -> bytes:
    return hmac.new(k, b"evenly/1/" + info + b"\x01", hashlib.sha256).digest()


def PRG(k: bytes, L: int) -> int:
    return int.from_bytes(Cipher(algorithms.ChaCha20(k, bytes(16)), mode=None).encryptor().update(bytes(L)), "little")


def u32(n: int) -> bytes:
    return n.to_bytes(4, "big")


def hexadecimal(n: int, size: int) -> str:
    return n.to_bytes(size, "little").hex()


def drawn(what: str) -> int:
    """A number that stands for a random one."""
    return int.from_bytes(hashlib.sha512(what.encode()).digest(), "big") % p


K_room = expand(hashlib.sha256(b"evenly/1/secret" + SECRET).digest(), b"room")


# -- keys ----------------------------------------------------------------------------------------------------------


def members() -> list[MemberVector]:
    """Five members, in the order of their device keys."""
    found: list[MemberVector] = []
    for i in range(5):
        device, exchange = bytes([0x10 + i]) * 32, bytes([0x40 + i]) * 32
        signing = Ed25519PrivateKey.from_private_bytes(device)
        ik = signing.public_key().public_bytes_raw()
        xk = X25519PrivateKey.from_private_bytes(exchange).public_key().public_bytes_raw()
        nonce = bytes([0x70 + i]) * 16
        message = H("xk", ROOM, u32(SESSION), xk)
        commit = H("commit", ROOM, u32(SESSION), ik, xk, nonce)
        every = (device, ik, exchange, xk, nonce, commit, message, signing.sign(message))
        found.append(MemberVector(*(value.hex() for value in every)))
    return sorted(found, key=lambda member: member.ik)


def epoch(those: list[MemberVector]) -> EpochVector:
    """The epoch of these members."""
    parts = [bytes.fromhex(value) for m in those for value in (m.ik, m.xk, m.nonce)]
    T = H("roster", ROOM, u32(SESSION), *parts)
    roots: list[RootVector] = []
    for u in range(len(those)):
        for v in range(u + 1, len(those)):
            xk_u, xk_v = bytes.fromhex(those[u].xk), bytes.fromhex(those[v].xk)
            private = X25519PrivateKey.from_private_bytes(bytes.fromhex(those[u].x25519_private))
            shared = private.exchange(X25519PublicKey.from_public_bytes(xk_v))
            root = hmac.new(T, lp(shared, min(xk_u, xk_v), max(xk_u, xk_v), K_room), hashlib.sha256).digest()
            roots.append(RootVector([u + 1, v + 1], shared.hex(), root.hex()))
    code = expand(T, b"code")
    bits = "".join(f"{byte:08b}" for byte in code)
    words = [Mnemonic("english").wordlist[int(bits[at : at + 11], 2)] for at in (0, 11, 22)]
    return EpochVector(len(those), T.hex(), code.hex(), int(bits[:33], 2), words, roots)


# -- questions and answers -----------------------------------------------------------------------------------------


def question(kind: str, text: str, *options: str) -> QuestionVector:
    hashed = H("question", kind.encode(), text.encode(), *(option.encode() for option in options))
    return QuestionVector(kind, text, list(options), hashed.hex(), expand(K_room, b"question" + hashed).hex())


QUESTIONS = [
    question("scale", "How much energy do you have just now?", "none", "plenty"),
    question("multi", "Which of these, élan or 勇気?", "one", "two", "three", "four"),
    question("words", "How do you leave?"),
]


def ballot(kind: str, options: int, *chosen: int) -> BallotVector:
    answers = {"scale": 5, "mood": 5, "yesno": 2, "choice": options, "multi": options, "fist": 6}[kind]
    counters = [1 if i in chosen else 0 for i in range(answers)] + [0 if chosen else 1]
    return BallotVector(kind, options, list(chosen), b"".join(c.to_bytes(4, "little") for c in counters).hex())


BALLOTS = [
    ballot("scale", 0, 4),
    ballot("scale", 2, 0),
    ballot("scale", 2),
    ballot("mood", 0, 2),
    ballot("mood", 0),
    ballot("yesno", 0, 0),
    ballot("yesno", 0, 1),
    ballot("yesno", 0),
    ballot("choice", 2, 1),
    ballot("choice", 8, 7),
    ballot("choice", 8),
    ballot("multi", 4, 0, 3),
    ballot("multi", 8, 0, 1, 2, 3, 4, 5, 6, 7),
    ballot("multi", 4),
    ballot("fist", 0, 0),
    ballot("fist", 0, 5),
    ballot("fist", 0),
]


def block(key: bytes, kind: str, text: str, number: int) -> BlockVector:
    size, nonce = {"words": 96, "text": 640}[kind], bytes([0xA0 + number]) * 12
    plain = len(text.encode()).to_bytes(2, "big") + text.encode()
    plain += bytes(size - 12 - 16 - len(plain))
    whole = nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, None)
    return BlockVector(kind, text, nonce.hex(), plain.hex(), whole.hex())


# -- an attempt ----------------------------------------------------------------------------------------------------


def attempt(
    those: list[MemberVector], keys: EpochVector, asked: int, stage: str, k: int, xs: list[int], L: int, bind: bytes
) -> RoundVector:
    """MASK, OPEN and the sum, of members with these vectors; what only words have is empty."""
    n, T, qk = len(those), bytes.fromhex(keys.T), bytes.fromhex(QUESTIONS[asked].qk)
    iks, xks = [bytes.fromhex(m.ik) for m in those], [bytes.fromhex(m.xk) for m in those]
    named = [ik + xk for ik, xk in zip(iks, xks, strict=True)]
    ctx = H("ctx", ROOM, u32(SESSION), T, CHECK_IN, qk, stage.encode(), u32(k) + u32(L), bind, *named)
    d = 0 if n == 3 else max(1, n // 16)
    g = PRG(expand(K_room, b"group" + ctx), L)
    roots = {tuple(r.places): bytes.fromhex(r.root) for r in keys.roots}
    pads = {places: PRG(expand(root, b"mask" + ctx), L) for places, root in roots.items()}
    parts: list[PartVector] = []
    seeds: list[int] = []
    values: list[list[int]] = []
    ys: list[int] = []
    for u in range(1, n + 1):
        signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(those[u - 1].device_private))
        s = drawn(f"seed {n} {stage} {u}")
        coefficients = [drawn(f"coefficient {n} {stage} {u} {i}") for i in range(n - d - 1)] if d else []
        own = PRG(expand(s.to_bytes(32, "little"), b"self" + ctx), L)
        y = xs[u - 1] + own
        for v in range(u + 1, n + 1):
            y += pads[u, v]
        for v in range(1, u):
            y -= pads[v, u]
        if u == 1:
            y += g
        y %= 1 << 8 * L
        com = H("com", ctx, s.to_bytes(32, "little"))
        f = [(s + sum(a * x ** (i + 1) for i, a in enumerate(coefficients))) % p if d else 0 for x in range(1, n + 1)]
        blobs: list[bytes] = []
        for v in range(1, n + 1):
            if v == u or not d:
                blobs.append(b"")
                continue
            key = expand(roots[min(u, v), max(u, v)], b"share" + ctx + iks[u - 1])
            blobs.append(ChaCha20Poly1305(key).encrypt(bytes(12), f[v - 1].to_bytes(32, "little"), ctx))
        y_hash, shares_hash = H("y", y.to_bytes(L, "little")), H("shares", *blobs)
        message = H("mask", ctx, y_hash, com, shares_hash)
        seeds.append(s)
        values.append(f)
        ys.append(y)
        parts.append(
            PartVector(
                x=hexadecimal(xs[u - 1], L),
                seed=hexadecimal(s, 32),
                coefficients=[hexadecimal(a, 32) for a in coefficients],
                own_pad=hexadecimal(own, L),
                y=hexadecimal(y, L),
                y_hash=y_hash.hex(),
                com=com.hex(),
                shares=[hexadecimal(value, 32) for value in f] if d else [],
                blobs=[blob.hex() for blob in blobs],
                shares_hash=shares_hash.hex(),
                mask_message=message.hex(),
                mask_signature=signing.sign(message).hex(),
                open_message="",
                open_signature="",
            )
        )
    total = (sum(ys) % (1 << 8 * L)).to_bytes(L, "little")
    signatures = [bytes.fromhex(part.mask_signature) for part in parts]
    h1 = H("h1", ctx, *signatures) if stage == "N" else H("h1", ctx, H("y", total), *signatures)
    for u in range(n):
        message = H("open", h1, seeds[u].to_bytes(32, "little"))
        signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(those[u].device_private))
        parts[u] = msgspec.structs.replace(
            parts[u], open_message=message.hex(), open_signature=signing.sign(message).hex()
        )
    result = sum(ys) - g
    for s in seeds:
        result -= PRG(expand(s.to_bytes(32, "little"), b"self" + ctx), L)
    result %= 1 << 8 * L
    return RoundVector(
        people=n,
        question=asked,
        stage=stage,
        k=k,
        length=L,
        bind=bind.hex(),
        ctx=ctx.hex(),
        group_pad=hexadecimal(g, L),
        pair_pads=[PadVector(list(places), hexadecimal(pad, L)) for places, pad in pads.items()],
        parts=parts,
        total=total.hex() if stage != "N" else "",
        h1=h1.hex(),
        restored=[restored(values, missing=2)] if d else [],
        result=hexadecimal(result, L),
        slots=[],
        ballot_key="",
        blocks=[],
        canonical="",
        sealed_result="",
    )


def restored(values: list[list[int]], missing: int) -> RestoredVector:
    """One is missing: its seed is f(0) of the polynomial through the shares of the others."""
    places = [place for place in range(1, len(values) + 1) if place != missing]
    shares = [values[missing - 1][place - 1] for place in places]
    seed = 0
    for i, x in enumerate(places):
        numerator, denominator = shares[i], 1
        for other in places:
            if other != x:
                numerator, denominator = numerator * -other, denominator * (x - other)
        seed += numerator * pow(denominator, p - 2, p)
    return RestoredVector(missing, places, [hexadecimal(s, 32) for s in shares], hexadecimal(seed % p, 32))


def sealed_result(h1: bytes, canonical: bytes, L: int) -> bytes:
    aad = lp(ROOM, b"result", CHECK_IN)
    plain = canonical + bytes(L - len(canonical))
    return b"\0" + h1[:12] + ChaCha20Poly1305(expand(K_room, b"result")).encrypt(h1[:12], plain, aad)


def in_numbers(those: list[MemberVector], keys: EpochVector, asked: int, k: int, ballots: list[str]) -> RoundVector:
    """Stage N."""
    xs = [int.from_bytes(bytes.fromhex(b), "little") for b in ballots]
    counted = attempt(those, keys, asked, "N", k, xs, len(bytes.fromhex(ballots[0])), b"")
    sealed = sealed_result(bytes.fromhex(counted.h1), bytes.fromhex(counted.result), counted.length)
    return msgspec.structs.replace(counted, canonical=counted.result, sealed_result=sealed.hex())


def in_words(
    those: list[MemberVector], keys: EpochVector, asked: int, k: int, slots: list[int], texts: list[str]
) -> list[RoundVector]:
    """Stages A and B: each member's slot, and its text."""
    n = len(those)
    S = min(2**i for i in range(20) if 2**i >= 16 * n * n)
    reserved = attempt(those, keys, asked, "A", k, [1 << 8 * slot for slot in slots], S, b"")
    occupancy = bytes.fromhex(reserved.result)
    bind = H("A", occupancy)
    key = expand(K_room, b"ballot" + bind)
    taken = [i for i in range(S) if occupancy[i] == 1]
    written = [block(key, "words", text, i) for i, text in enumerate(texts)]
    xs = [0] * n
    ordered = [b""] * n
    for u in range(n):
        r = taken.index(slots[u])
        xs[u] = int.from_bytes(bytes.fromhex(written[u].block), "little") << (8 * 96 * r)
        ordered[r] = texts[u].encode()
    counted = attempt(those, keys, asked, "B", k, xs, 96 * n, bind)
    canonical = b"".join(len(text).to_bytes(2, "big") + text for text in ordered)
    sealed = sealed_result(bytes.fromhex(counted.h1), canonical, counted.length)
    return [
        msgspec.structs.replace(reserved, slots=slots),
        msgspec.structs.replace(
            counted,
            slots=slots,
            ballot_key=key.hex(),
            blocks=written,
            canonical=canonical.hex(),
            sealed_result=sealed.hex(),
        ),
    ]


def computed() -> Vectors:
    """The document's formulas, one after the other."""
    those = members()
    three, five = epoch(those[:3]), epoch(those)
    some_key = bytes(range(100, 132))
    scale = [ballot("scale", 2, 3), ballot("scale", 2, 0), ballot("scale", 2)]
    multi = [ballot("multi", 4, *chosen) for chosen in ([0], [0, 1, 3], [], [2], [0, 1, 2, 3])]
    return Vectors(
        secret=SECRET.hex(),
        room_key=K_room.hex(),
        room=ROOM.hex(),
        session=SESSION,
        check_in=CHECK_IN.hex(),
        p=hexadecimal(p, 32),
        members=those,
        epochs=[three, five],
        questions=QUESTIONS,
        ballots=BALLOTS,
        blocks=[
            block(some_key, "words", "", 10),
            block(some_key, "words", "x" * 66, 11),
            block(some_key, "text", "Was uns fehlt, ist Zeit. 👩‍🚀", 12),
            block(some_key, "text", "é" * 305, 13),
        ],
        rounds=[
            in_numbers(those[:3], three, 0, 1, [b.ballot for b in scale]),
            *in_words(those[:3], three, 2, 2, [200, 3, 77], ["tired", "", "glad to be here"]),
            in_numbers(those, five, 1, 3, [b.ballot for b in multi]),
            *in_words(those, five, 2, 70_000, [511, 0, 130, 131, 7], ["so-so", "全く元気", "", "x" * 66, "heard"]),
        ],
    )


if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(computed()), indent=1) + b"\n")
