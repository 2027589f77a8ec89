"""What can be typed, in the reader's language: every word can be translated, English always works, and none clash."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.plain.spelling import (
    ARGUMENTS,
    COMMANDS,
    PLACEHOLDERS,
    TOPICS,
    as_typed,
    form,
    key,
    meant,
    pattern,
    spelled,
)
from evenly_client.plain.vocabulary import TOPICS as TOPICS_OF_HELP
from evenly_client.plain.vocabulary import WORDS, topic_typed, word_lines, word_typed
from evenly_client.plain.word import Unclear
from evenly_protocol.words import CheckInKind, FloorMode, Intent, Label, Order, PostKind, Role

from tests.client.piped import Piped

CLIENT = Path(__file__).parents[2] / "client/evenly_client"
CATALOGUES = sorted(CLIENT.glob("languages/*/LC_MESSAGES/evenly.po"))
LETTERS = {does.letter for does in WORDS.values()} - {""}
IN_BACKTICKS = re.compile("`([^`]*)`")
TOKEN = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")


# -- the tables are whole ----------------------------------------------------------------------------------------


def test_every_command_and_every_topic_can_be_translated() -> None:
    """A new word needs a line in the tables of spelling.py."""
    assert set(COMMANDS) == set(WORDS)
    assert list(TOPICS) == list(TOPICS_OF_HELP)


def test_every_word_of_the_protocol_that_is_typed_can_be_translated() -> None:
    """Modes, orders, roles, kinds: whatever stands behind a command."""
    typed = [*FloorMode, *Order, *Role, *Label, *CheckInKind, *PostKind, *Intent, *TEMPLATES]
    assert {str(word) for word in typed} | {f"{kind}s" for kind in PostKind} <= set(ARGUMENTS)


def test_help_shows_only_words_that_can_be_translated() -> None:
    """Small letters are typed as they stand, capitals stand for something; a single capital is a number of a list."""
    forms = [after for does in WORDS.values() for after in (does.after, *(after for after, _what in does.forms))]
    tokens = {token for after in forms for token in TOKEN.findall(after) if len(token) > 1}
    assert tokens <= set(ARGUMENTS) | set(PLACEHOLDERS)


def test_nothing_that_is_compared_with_a_typed_word_is_missing() -> None:
    """Where a program asks what a word means, it asks for one that can be translated, or for a letter."""
    asked = {word for path in _sources() for word in _compared(ast.parse(path.read_text()))}
    assert {"yes", "back", "invitation", "introduced"} <= asked
    assert {word for word in asked if len(word) > 1} <= set(ARGUMENTS)


def _sources() -> list[Path]:
    return sorted((CLIENT / "plain").glob("*.py"))


def _compared(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and _asks_what_is_meant(node.left):
            for compared in node.comparators:
                yield from _strings(compared)


def _is_call(node: ast.AST, *names: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _asks_what_is_meant(node: ast.AST) -> bool:
    return any(_is_call(part, "meant", "all_meant") for part in ast.walk(node))


def _strings(node: ast.AST) -> Iterator[str]:
    constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    yield from (value for value in constants if isinstance(value, str))


# -- sentences ---------------------------------------------------------------------------------------------------


def test_in_a_sentence_what_can_be_typed_stands_in_backticks_and_is_known() -> None:
    """Else it would not be translated with the word itself."""
    texts = (text for path in _sources() for text in _messages(ast.parse(path.read_text())))
    typed = {one for text in texts for one in IN_BACKTICKS.findall(text)}
    assert {"dates none", "…words TEXT", "| for 2 minutes"} <= typed
    assert {one: bad for one in typed if (bad := _unknown(one))} == {}


def _unknown(typed: str) -> list[str]:
    words = TOKEN.findall(typed)
    if words and not typed.startswith("…") and words[0] in COMMANDS:
        words = words[1:]
    return [word for word in words if len(word) > 1 and word not in ARGUMENTS and word not in PLACEHOLDERS]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.stem)
def test_a_sentence_with_something_to_type_is_spelled(path: Path) -> None:
    """At once, or by the name that it is given; else the backticks would be shown, and the English word."""
    tree = ast.parse(path.read_text())
    spelt = [node for node in ast.walk(tree) if _is_call(node, "spelled")]
    at_once = {text for node in spelt for text in _messages(node)}
    names = {part.id for node in spelt for part in ast.walk(node) if isinstance(part, ast.Name)}
    named = {
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in names
        for text in _messages(node.value)
    }
    assert {text for text in _messages(tree) if "`" in text} <= at_once | named


def test_help_shows_no_backticks() -> None:
    """Its texts stand in tables, spelled."""
    for does in WORDS.values():
        assert "`" not in "".join((does.does, *(what for _after, what in does.forms)))


def _messages(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if _is_call(part, "_", "ngettext"):
            yield from (text for argument in part.args for text in _strings(argument))


def test_english_is_shown_as_it_is() -> None:
    """Without the backticks; fields are left for values."""
    sentence = "{who}: type `action confirm`, `| for 2 minutes` or `…words TEXT`."
    assert spelled(sentence) == "{who}: type action confirm, | for 2 minutes or words TEXT."
    assert as_typed("issue choose 2") == "issue choose 2"
    assert form("[K] confirm|decline {field}") == "[K] confirm|decline {field}"


# -- what is typed -----------------------------------------------------------------------------------------------


def test_words_are_matched_without_capitals_and_composed() -> None:
    """However a keyboard makes its letters."""
    assert key("U\u0308BER") == key("über")
    assert meant("YES") == "yes"
    assert meant("Straße") == "strasse"
    assert word_typed("HAND") == word_typed("h") == "hand"
    assert topic_typed("People") == "people"
    assert re.fullmatch(pattern("by", "for"), "BY", re.IGNORECASE)


def test_a_word_that_is_none_is_said_with_what_was_typed() -> None:
    """As it was typed, and not too much of it."""
    with pytest.raises(Unclear, match=r"I do not know 'Frobnicate'. Type help for the words"):
        word_typed("Frobnicate")


# -- catalogues --------------------------------------------------------------------------------------------------


def clashes(catalogue: Catalog) -> list[str]:
    """What is wrong with the words that can be typed in a language, a line each."""
    commands = _translated(catalogue, "command", COMMANDS)
    topics = _translated(catalogue, "topic", TOPICS)
    arguments = _translated(catalogue, "argument", ARGUMENTS)
    return [
        *_in_table(commands, LETTERS),
        *_in_table(arguments, set()),
        *_in_table(topics, set()),
        *(
            f"the topic {topic} and the command {word} are both {spelling}"
            for topic, spelling in topics.items()
            for word, typed in commands.items()
            if key(typed) == key(spelling) and word != topic
        ),
    ]


def _translated(catalogue: Catalog, context: str, table: Mapping[str, str]) -> dict[str, str]:
    found = ((word, catalogue.get(word, context)) for word in table)
    return {word: str(message.string) if message is not None and message.string else word for word, message in found}


def _in_table(spelling: Mapping[str, str], letters: set[str]) -> Iterator[str]:
    of: dict[str, str] = {word: word for word in spelling}
    for word, typed in spelling.items():
        if " " in typed.strip() or typed != typed.strip():
            yield f"{word}: {typed!r} is not one word"
        if key(typed) in letters:
            yield f"{word}: {typed!r} is short for another"
        other = of.setdefault(key(typed), word)
        if other != word:
            yield f"{word} and {other} are both {typed!r}"


def misspelled(catalogue: Catalog) -> list[str]:
    """Translations in which something else stands in backticks than in the English text."""
    wrong: list[str] = []
    for message in catalogue:
        english = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        typed = {one for text in english for one in IN_BACKTICKS.findall(text)}
        wrong += [text for text in strings if text and set(IN_BACKTICKS.findall(text)) != typed]
    return wrong


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_no_two_words_of_a_language_clash(path: Path) -> None:
    """Neither with one another, nor with an English word or letter of another meaning."""
    with path.open("rb") as file:
        assert clashes(read_po(file)) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_a_translated_sentence_says_what_can_be_typed_in_english(path: Path) -> None:
    """What stands in backticks is spelled by the program, as the word itself is translated."""
    with path.open("rb") as file:
        assert misspelled(read_po(file)) == []


def _catalogue(commands: Mapping[str, str], arguments: Mapping[str, str], sentences: Mapping[str, str]) -> Catalog:
    made = Catalog(locale="de")
    for word, typed in commands.items():
        made.add(word, typed, context="command")
    for word, typed in arguments.items():
        made.add(word, typed, context="argument")
    for english, said in sentences.items():
        made.add(english, said)
    return made


@pytest.mark.parametrize(
    ("commands", "arguments", "said"),
    [
        ({"hand": "melden", "done": "Melden"}, {}, "done and hand are both 'Melden'"),
        ({"hand": "queue"}, {}, "hand and queue are both 'queue'"),
        ({"hand": "g"}, {}, "hand: 'g' is short for another"),
        ({"take": "nimm zurück"}, {}, "take: 'nimm zurück' is not one word"),
        ({}, {"none": "no"}, "none and no are both 'no'"),
        ({"who": "session"}, {}, "the topic session and the command who are both session"),
    ],
)
def test_a_clash_is_found(commands: dict[str, str], arguments: dict[str, str], said: str) -> None:
    """With another translation, with an English word, with a letter, with a topic."""
    assert clashes(_catalogue(commands, arguments, {})) == [said]


def test_the_same_word_for_the_same_is_no_clash() -> None:
    """A word may be as in English, and a command as an argument."""
    assert clashes(_catalogue({"agenda": "Agenda", "note": "notiz"}, {"text": "Text", "note": "notiz"}, {})) == []
    assert clashes(_catalogue({}, {}, {})) == []


def test_another_word_in_backticks_is_found() -> None:
    """A translator leaves them as they are."""
    right, wrong = {"Type `down`.": "Tippe `down`."}, {"Type `down`.": "Tippe `runter`."}
    assert misspelled(_catalogue({}, {}, right)) == []
    assert misspelled(_catalogue({}, {}, wrong)) == ["Tippe `runter`."]


# -- a session in another language -------------------------------------------------------------------------------


@pytest.fixture
async def lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Piped]:
    """A facilitator in lines, in a language with a few words."""
    made = _catalogue(
        {"hand": "Übernehmen", "down": "runter", "help": "hilfe", "mode": "modus", "start": "anfangen", "end": "ende"},
        {"silence": "stille", "yes": "ja"},
        {
            "Your hand is up.": "Du bist gemeldet.",
            "Your hand is up already. Type `down` to lower it.": "Du bist schon gemeldet. Zurück mit: `down`",
            "the words": "die Wörter",
        },
    )
    folder = tmp_path / "languages/xx/LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "evenly.mo").open("wb") as file:
        write_mo(file, made)
    monkeypatch.setenv("EVENLY_CATALOGUES", str(tmp_path / "languages"))
    monkeypatch.setenv("EVENLY_LANGUAGE", "xx")
    piped = await Piped.run(tmp_path / "lead", "open", "Peer set 3", "--here", "--port", "0", "--my-name", "Fay")
    yield piped
    await piped.ends()


async def test_translated_words_and_english_ones_both_work(lead: Piped) -> None:
    """In any case and composition; sentences and help show them as they are typed."""
    await lead.says("Type hilfe for the words")
    lead.type("Anfangen 30")
    await lead.says("Session 1 begins")
    lead.type("u\u0308bernehmen")
    await lead.says("^Du bist gemeldet")
    lead.type("hand")
    await lead.says("^Du bist schon gemeldet. Zurück mit: runter$")
    lead.type("hilfe")
    await lead.says(r"^speaking: Übernehmen \(h\), runter, done \(d\)")
    lead.type("? help")
    await lead.says(r"^hilfe \[TOPIC\|WORD\|all\] \(\?\): die Wörter$")
    lead.type("mode dance")
    await lead.says("Type modus and one of: queue, round, solo, questions, open, stille")
    lead.type("modus STILLE")
    await lead.says("^Silence")
    lead.type("mode open")
    await lead.says("^Free talk")
    lead.type("end nein")
    await lead.says("Type: ende ja. It ends")
    lead.type("ende ja")
    await lead.says("The session has ended")


def test_nothing_is_told_of_what_only_those_who_lead_can_do() -> None:
    """In no line of help."""
    assert list(word_lines("remove", leads=False)) == []
