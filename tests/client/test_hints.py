"""The light hint to the asker: closed, advice in disguise, several at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from evenly_client.errors import explained
from evenly_client.hints import Hint, HintsError, Kind, Rules, chosen, hint, languages, load, read
from evenly_client.hints.hinting import LONGEST
from hypothesis import given
from hypothesis import strategies as st

ENGLISH = load("en")
GERMAN = load("de")

GOOD_FILE = """
leads = ["und"]
good = ["Was brauchst du?"]
[say]
closed = "Geht auch mit ja oder nein."
[[rule]]
kind = "closed"
openings = ["hast|bist du"]
yes = ["Hast du es versucht?", "Und bist du müde?"]
no = ["Was hast du versucht?"]
"""


def _kind(text: str, rules: Rules = ENGLISH) -> Kind | None:
    said = hint(text, rules)
    return None if said is None else said.kind


def _file(folder: Path, text: str, name: str = "de.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _without(line: str) -> str:
    """The good file without the line that begins so."""
    return "\n".join(kept for kept in GOOD_FILE.splitlines() if not kept.startswith(line))


def _of_one_rule(folder: Path, opening: str, *, yes: str, no: str) -> Rules:
    examples = f'openings = ["{opening}"]\nyes = ["{yes}"]\nno = ["{no}"]\n'
    return read(_file(folder, f'[say]\nclosed = "x"\n[[rule]]\nkind = "closed"\n{examples}'))


@pytest.mark.parametrize("language", languages())
def test_every_rule_of_every_shipped_language_holds_on_its_examples(language: str) -> None:
    """The table's examples are its tests; every rule has both sorts."""
    rules = load(language)
    assert rules.wrong_examples() == []
    assert all(rule.yes and rule.no for rule in rules.rules)
    assert {rule.kind for rule in rules.rules} == set(Kind)


@pytest.mark.parametrize(
    ("text", "rules", "lead"),
    [*((text, ENGLISH, "And") for text in ENGLISH.good), *((text, GERMAN, "Und") for text in GERMAN.good)],
    ids=lambda value: None if isinstance(value, str) else value.language,
)
def test_a_good_open_question_gets_no_hint(text: str, rules: Rules, lead: str) -> None:
    """In capitals, or with something in front of it, as little."""
    assert _kind(text, rules) is None
    assert _kind(text.upper(), rules) is None
    assert _kind(f"  {lead} {text} ", rules) is None


@pytest.mark.parametrize("rules", [ENGLISH, GERMAN], ids=lambda rules: rules.language)
def test_there_are_many_good_questions_to_be_quiet_about(rules: Rules) -> None:
    """A false alarm costs more than a hint is worth."""
    assert len(set(rules.good)) >= 30


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Have you talked to her?", Kind.CLOSED),
        ("What have you talked about?", None),
        ("Have you thought of talking to her?", Kind.ADVICE),
        ("Why don’t you talk to her?", Kind.ADVICE),
        ("Wouldn't it be better to wait, and what would it cost?", Kind.ADVICE),
        ("Did it work? And what did you learn from it?", Kind.CLOSED),
        ("What worked? And what did you learn from it?", Kind.SEVERAL),
        ("And so, OK, did it work?", Kind.CLOSED),
        ("“did it work?”", Kind.CLOSED),
        ("‘Did it work?’", Kind.CLOSED),
        ("\t DID\n it", Kind.CLOSED),
        ("… did it work", Kind.CLOSED),
        ("dont you think so", Kind.ADVICE),
        ("Was hast du versucht?", Kind.CLOSED),
        ("ты пробовал?", None),
        ("どうしますか？", None),
        ("हम क्या करें?", None),
        ("", None),
        (" ", None),
        ("?!,", None),
        ("and", None),
        ("🙂🙂", None),
    ],
)
def test_what_is_said_of_what_is_typed(text: str, kind: Kind | None) -> None:
    """Advice goes before closed, closed before several; what stands in front does not matter."""
    assert _kind(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hast du mit ihr gesprochen?", Kind.CLOSED),
        ("Worüber hast du mit ihr gesprochen?", None),
        ("Hast du schon mal daran gedacht, mit ihr zu sprechen?", Kind.ADVICE),
        ("Warum sprichst du nicht mit ihr?", Kind.ADVICE),
        ("Warum hast du nicht mit ihr gesprochen?", None),
        ("Wäre es nicht besser zu warten, und was würde es kosten?", Kind.ADVICE),
        ("Hat es geklappt? Und was hast du daraus gelernt?", Kind.CLOSED),
        ("Was hat geklappt? Und was hast du daraus gelernt?", Kind.SEVERAL),
        ("Welche Wege siehst du, und welchen gehst du?", Kind.SEVERAL),
        ("Das war schwer, oder?", Kind.CLOSED),
        ("Ist es Angst oder etwas anderes?", None),
        ("Weißt du, was sie denkt?", None),
        ("Weißt du davon?", Kind.CLOSED),
        ("WEISST DU DAVON?", Kind.CLOSED),
        ("Schläfst du?", Kind.CLOSED),
        ("Also, ähm, „schläfst du?“", Kind.CLOSED),
        ("Kannst du das beschreiben?", None),
        ("Kannst du das?", Kind.CLOSED),
        ("Redet ihr miteinander?", Kind.CLOSED),
        ("Mit ihr?", None),
        ("Könnte es sein, dass er dich nicht versteht?", Kind.CLOSED),
        ("Wovor hast du Angst?", None),
        ("Have you slept?", None),
        ("Was", None),
        ("und", None),
    ],
)
def test_what_is_said_of_what_is_typed_in_german(text: str, kind: Kind | None) -> None:
    """Where the verb stands first, and where a clause after a comma asks openly."""
    assert _kind(text, GERMAN) == kind


def test_a_hint_says_something_short_and_kind() -> None:
    """One line below the field; it asks, and blames nobody."""
    assert hint("Ist es dringend?", GERMAN) == Hint(Kind.CLOSED, "Darauf genügt ein Ja oder Nein. Was … oder wie …?")
    for sentence in GERMAN.say.values():
        assert len(sentence) <= 78
        assert not {"solltest", "falsch", "nicht", "nie", "musst", "schlecht"} & set(sentence.casefold().split())
    assert hint("Is it urgent?", ENGLISH) == Hint(Kind.CLOSED, "Could be answered with yes or no. What … or how …?")
    for sentence in ENGLISH.say.values():
        assert len(sentence) <= 78
        assert not {"you should", "wrong", "don't", "never", "must", "bad"} & set(sentence.casefold().split())


@given(st.text(max_size=700))
def test_any_text_at_all_is_fine(text: str) -> None:
    """Whatever is typed, there is a hint or none."""
    said = hint(text, ENGLISH)
    assert said is None or said.say == ENGLISH.say[said.kind]


@given(st.sampled_from(["is it ", "what and ", "? a ", "why don't ", ", ", "and ", "how x and how would "]))
def test_no_more_than_the_beginning_is_looked_at(piece: str) -> None:
    """However long the text, the work is bounded."""
    long = piece * 1000
    assert hint(long, ENGLISH) == hint(long[:LONGEST], ENGLISH)
    assert _kind("x" * LONGEST + "? And what? So what then?") is None


class _Counting(str):
    """A word that counts how often it is compared."""

    count = 0
    __slots__ = ()

    def __hash__(self) -> int:
        _Counting.count += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


def test_the_work_grows_with_the_text_and_not_faster(tmp_path: Path) -> None:
    """An opening that would hold up a regular expression for ever: many gaps, and an end that never comes."""
    opening = "a " + "… a " * 12 + "never"
    rules = _of_one_rule(tmp_path, opening, yes="a " * 13 + "never", no="a")
    for length in (100, 200, 400):
        _Counting.count = 0
        assert not rules.rules[0].matches([_Counting("a")] * length)
        assert 0 < _Counting.count <= length * len(opening.split())


@pytest.mark.parametrize(
    ("opening", "yes", "no"),
    [
        ("how (very) much", "How very much?", "How very very much?"),
        ("how|what (on|in) earth", "What on earth", "What in on earth"),
        ("tell _ all", "tell me all", "tell me it all"),
        ("tell _ all", "tell us all", "tell , all"),
        ("*ing it", "Doing it", "Do it"),
        ("so … ?", "so it goes?", "so it goes"),
        ("don't", "Don’t!", "do not"),
        ("don't", "dont", "don"),
        ("well-known", "Well-known to whom?", "well known"),
    ],
)
def test_the_language_of_openings(tmp_path: Path, opening: str, yes: str, no: str) -> None:
    """Each sign of it: reading a file tries its examples, so this one holds."""
    assert _kind(yes, _of_one_rule(tmp_path, opening, yes=yes, no=no)) is Kind.CLOSED


def test_a_file_in_the_users_folder_adds_a_language_or_replaces_one(tmp_path: Path) -> None:
    """The language is the file's name."""
    _file(tmp_path, GOOD_FILE)
    assert languages(tmp_path) == ("de", "en")
    german = load("de", tmp_path)
    assert german.language == "de"
    assert hint("Und hast du geschlafen?", german) == Hint(Kind.CLOSED, "Geht auch mit ja oder nein.")
    assert load("en", tmp_path) == ENGLISH
    _file(tmp_path, GOOD_FILE, "en.toml")
    assert _kind("Have you slept?", load("en", tmp_path)) is None


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    """Most people have none."""
    assert languages(tmp_path / "none") == ("de", "en")
    assert load("en", tmp_path / "none") == ENGLISH


def test_a_reader_gets_the_hints_of_their_language_and_those_that_they_added(tmp_path: Path) -> None:
    """With or without a country; English where there are none; files of one's own come after."""
    assert chosen("en") == ("en",)
    assert chosen("de") == chosen("de_AT") == ("de",)
    assert chosen("pt_BR", tmp_path / "none") == ("en",)
    _file(tmp_path, GOOD_FILE, "fr.toml")
    assert chosen("de", tmp_path) == ("de", "fr")
    assert chosen("fr_CA", tmp_path) == ("fr",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind = ", "not TOML"),
        ("", "there is no rule"),
        ("rule = 3", "there is no rule"),
        ("rule = [3]", "rule 1 is not a section"),
        (f"colour = 1\n{GOOD_FILE}", "colour is not known in the file"),
        (GOOD_FILE.replace("yes =", "yess ="), "yess is not known in rule 1"),
        (GOOD_FILE.replace('"closed"', '"rude"'), "rule 1 has no kind"),
        (GOOD_FILE.replace('kind = "closed"', "kind = 3"), "rule 1 has no kind"),
        (_without("openings"), "rule 1 has no openings"),
        (_without("yes"), "rule 1 has no examples"),
        (_without("no ="), "rule 1 has no examples"),
        (_without("closed"), "[say] has no sentence for closed"),
        (GOOD_FILE.replace('["hast|bist du"]', '"hast du"'), "openings of rule 1 is not a list of texts"),
        (GOOD_FILE.replace('["und"]', "[1]"), "leads of the file is not a list of texts"),
        (GOOD_FILE.replace("hast|bist du", "(hast"), "“(hast” in “(hast” is not understood"),
        (GOOD_FILE.replace("hast|bist du", "hast||du"), "is not understood"),
        (GOOD_FILE.replace("hast|bist du", "^hast.*"), "is not understood"),
        (GOOD_FILE.replace("hast|bist du", "… (du)"), "fits every question"),
        (GOOD_FILE.replace("hast|bist du", ""), "fits every question"),
        (GOOD_FILE.replace("Hast du es", "Hat er es"), "rule 1 does not match “Hat er es versucht?”"),
        (GOOD_FILE.replace("Was hast du", "Hast du"), "rule 1 matches “Hast du versucht?”"),
        (GOOD_FILE.replace("Was brauchst du", "Bist du"), "the good question “Bist du?” gets a hint (closed)"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    """And with what to do; a line for a person, never a traceback."""
    path = _file(tmp_path, text)
    with pytest.raises(HintsError) as refused:
        read(path)
    assert refused.value.title.startswith(f"{path}: ")
    assert problem in refused.value.title
    assert refused.value.advice.endswith(".")
    assert explained(refused.value) == 1


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Not there, not UTF-8, or not named after a language."""
    with pytest.raises(HintsError, match="cannot be read"):
        read(tmp_path / "fr.toml")
    (tmp_path / "fr.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(HintsError, match="not UTF-8"):
        read(tmp_path / "fr.toml")
    with pytest.raises(HintsError, match="the name is no language"):
        read(_file(tmp_path, GOOD_FILE, "My German.toml"))


@pytest.mark.parametrize("language", ["tlh", "../en", "", "en/../en", "EN"])
def test_a_language_without_a_file_is_refused(tmp_path: Path, language: str) -> None:
    """Whatever is asked for, nothing outside of the folder is looked at."""
    with pytest.raises(HintsError, match=r"no such file|no language"):
        load(language, tmp_path)


def test_importing_it_reads_no_file() -> None:
    """TOML is loaded with the first file."""
    program = "import sys, evenly_client.hints; print('tomllib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
