"""What a question looks like while it is typed: closed, advice in disguise, or several at once.

A rule is a list of openings; a question that begins with one gets the hint, unless it also begins with one of the
rule's `unless`. An opening is words with single spaces between them, where

=================  =====================================================================================
`have`             is that word; with an apostrophe in it, also without (`don't`, `dont`)
`you|we`           is either
`(ever)`           may be left out; `(ever|really)` likewise
`_`                is any one word
`*ing`             is any word of this end
`, ? . ; !`        is that mark
`…`                is any words and marks, or none
=================  =====================================================================================

Small and capital letters and the kinds of apostrophes are the same. Matching goes through the text once, beside
every place in the opening that could be reached: its time is text times opening, whatever a file says, which a
regular expression could not promise. Source of the rules: domain.md, "Issues".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

from evenly_client.translation import ENGLISH, _

LONGEST: Final = 500
"""Characters of a text that are looked at."""

FOLDER: Final = "hints"
"""In the configuration's folder: one file for each language, like `de.toml`."""

_WORDS_AND_MARKS = re.compile(r"\w+(?:['-]\w+)*|[,?.;!]")
_MARKS = frozenset(",?.;!")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`＇", "'"))
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_PART = re.compile(r"(?P<maybe>\()?(?P<choices>[^\s()]+)(?(maybe)\))")


class Kind(StrEnum):
    """What a question looks like; when it looks like several, the first of these is said."""

    ADVICE = "advice"
    CLOSED = "closed"
    SEVERAL = "several"


class HintsError(Exception):
    """A file of hints cannot be used. `title` says where and why, `advice` what to do."""

    code: Final = "hints"

    def __init__(self, path: Path | str, problem: str, advice: str) -> None:
        self.path = str(path)
        self.title = f"{path}: {problem}"
        self.advice = advice
        super().__init__(f"{self.title} {advice}")


@dataclass(frozen=True, slots=True)
class Hint:
    """What the asker may be told, before the question is put."""

    kind: Kind
    say: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A place in an opening: `words` that fit (none: any word), or `gap`: anything at all, any number of times."""

    words: frozenset[str] = frozenset()
    ends: tuple[str, ...] = ()
    optional: bool = False
    gap: bool = False

    def fits(self, token: str) -> bool:
        if self.gap or token in self.words:
            return True
        if token in _MARKS:
            return False
        return token.endswith(self.ends) if self.ends else not self.words


Opening = tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table, with the examples that it is tested by: `yes` must match, `no` must not."""

    kind: Kind
    openings: tuple[Opening, ...]
    unless: tuple[Opening, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]

    def matches(self, tokens: Sequence[str]) -> bool:
        """Whether these words and marks begin with one of the openings, and with none of the exceptions."""
        return any(_begins(tokens, opening) is not None for opening in self.openings) and not any(
            _begins(tokens, opening) is not None for opening in self.unless
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """A language's table. `leads` are what may stand in front (`and`, `so`); `good` are questions without a hint."""

    language: str
    say: Mapping[Kind, str]
    rules: tuple[Rule, ...]
    leads: tuple[Opening, ...] = ()
    good: tuple[str, ...] = ()

    def wrong_examples(self) -> list[str]:
        """The examples that do not hold, each as a sentence; none when the table is right."""
        wrong: list[str] = []
        for number, rule in enumerate(self.rules, start=1):
            missed = _("rule {n} does not match “{text}”")
            taken = _("rule {n} matches “{text}”")
            wrong += [missed.format(n=number, text=t) for t in rule.yes if not self._matched(rule, t)]
            wrong += [taken.format(n=number, text=t) for t in rule.no if self._matched(rule, t)]
        found = ((text, hint(text, self)) for text in self.good)
        hinted = _("the good question “{text}” gets a hint ({kind})")
        return wrong + [hinted.format(text=text, kind=said.kind) for text, said in found if said]

    def _matched(self, rule: Rule, text: str) -> bool:
        return rule.matches(_without_leads(_tokens(text), self.leads))


def hint(text: str, rules: Rules) -> Hint | None:
    """The hint for a question as far as it is typed; None when there is nothing to say. Clarifying questions may
    well be closed: whoever calls does not ask for them."""
    tokens = _without_leads(_tokens(text), rules.leads)
    if not tokens:
        return None
    kinds = {rule.kind for rule in rules.rules if rule.matches(tokens)}
    return next((Hint(kind, rules.say[kind]) for kind in Kind if kind in kinds), None)


def _tokens(text: str) -> list[str]:
    return _WORDS_AND_MARKS.findall(text[:LONGEST].translate(_APOSTROPHES).casefold())


def _without_leads(tokens: list[str], leads: Sequence[Opening]) -> list[str]:
    """What is left without the marks and the leads in front, as long as there are words after them."""
    start = 0
    while start < len(tokens):
        rest = tokens[start:]
        passed = 1 if rest[0] in _MARKS else max((_begins(rest, lead) or 0 for lead in leads), default=0)
        if not passed:
            break
        start += passed
    return tokens[start:]


def _reached(opening: Opening, places: set[int]) -> set[int]:
    """These places, and those behind them that can be had by leaving something out."""
    reached = set(places)
    for place in range(len(opening)):
        if place in reached and (opening[place].optional or opening[place].gap):
            reached.add(place + 1)
    return reached


def _begins(tokens: Sequence[str], opening: Opening) -> int | None:
    """How many tokens the opening takes at least, when the tokens begin with it; else None."""
    places = _reached(opening, {0})
    for taken, token in enumerate(tokens):
        if len(opening) in places:
            return taken
        stepped = {place + (not opening[place].gap) for place in places if opening[place].fits(token)}
        if not stepped:
            return None
        places = _reached(opening, stepped)
    return len(tokens) if len(opening) in places else None


# ---- the files


def languages(folder: Path | None = None) -> tuple[str, ...]:
    """The languages there are hints for: the shipped, and those in the user's folder, in order."""
    shipped = (entry.name for entry in files(__package__ or "").iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted({*_own(folder), *(name.removesuffix(".toml") for name in shipped)}))


def chosen(language: str, folder: Path | None = None) -> tuple[str, ...]:
    """The languages of a reader's hints: their own, or English where there are none for it; then those that a file in
    `folder` adds. `language`: a code such as `de` or `pt_BR`."""
    known = languages(folder)
    wanted = language.replace("_", "-").lower()
    first = next((code for code in (wanted, wanted.partition("-")[0]) if code in known), ENGLISH)
    return tuple(dict.fromkeys((first, *_own(folder))))


def _own(folder: Path | None) -> list[str]:
    """The languages that the user's folder has a file for, in order."""
    return [] if folder is None or not folder.is_dir() else sorted(path.stem for path in folder.glob("*.toml"))


def load(language: str = "en", folder: Path | None = None) -> Rules:
    """The rules of a language: the user's file in `folder`, or else the shipped one.

    Raises:
        HintsError: there is no such file, or it is broken.
    """
    if not _LANGUAGE.fullmatch(language):
        raise HintsError(repr(language), _("this is no language."), _("Write a code like en or de."))
    own = None if folder is None else folder / f"{language}.toml"
    if own is not None and own.is_file():
        return read(own)
    shipped = files(__package__ or "") / f"{language}.toml"
    if shipped.is_file():
        return parse(shipped.read_text(encoding="utf-8"), language, f"{language}.toml")
    known = ", ".join(languages(folder))
    raise HintsError(
        own or f"{language}.toml",
        _("there is no such file."),
        _("There are hints for: {languages}.").format(languages=known),
    )


def read(path: Path) -> Rules:
    """The rules in one file; the language is the file's name. Its examples are tried: they must hold.

    Raises:
        HintsError: it cannot be read, is no TOML, says what is not known, or is contradicted by its own examples.
    """
    if not _LANGUAGE.fullmatch(path.stem):
        raise HintsError(path, _("the name is no language."), _("Call it like de.toml."))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or _("unknown reason")
        raise HintsError(
            path, _("it cannot be read ({reason}).").format(reason=reason), _("Make it readable for you.")
        ) from error
    except UnicodeDecodeError as error:
        raise HintsError(path, _("this is not UTF-8."), _("Save the file as UTF-8.")) from error
    rules = parse(text, path.stem, path)
    if wrong := rules.wrong_examples():
        more = len(wrong) - 1
        problem = _("{first} (and {n} more).").format(first=wrong[0], n=more) if more else f"{wrong[0]}."
        raise HintsError(path, problem, _("Change the rule or the example."))
    return rules


def parse(text: str, language: str, path: Path | str) -> Rules:
    """The rules in a file's text, its examples not tried. `path` is for what is said when it is broken.

    Raises:
        HintsError: it is no TOML, or says what is not known.
    """
    import tomllib

    try:
        said: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HintsError(
            path, _("this is not TOML: {reason}.").format(reason=error), _("en.toml, which ships, shows the form.")
        ) from error
    return _Reader(path).rules(said, language)


class _Reader:
    """Turns what a TOML file says into rules, and says what is wrong with it and where."""

    def __init__(self, path: Path | str) -> None:
        self._path = path

    def rules(self, said: Mapping[str, object], language: str) -> Rules:
        self._known(said, _("the file"), ("leads", "good", "say", "rule"))
        tables = said.get("rule", [])
        if not isinstance(tables, list) or not tables:
            raise self._wrong(_("there is no rule"), _("Write a [[rule]] with kind, openings, yes and no."))
        say = self._table(said.get("say", {}), "[say]")
        self._known(say, "[say]", tuple(Kind))
        rules = tuple(self._rule(table, number) for number, table in enumerate(cast("list[object]", tables), start=1))
        return Rules(
            language,
            {kind: self._sentence(say, kind) for kind in sorted({rule.kind for rule in rules})},
            rules,
            self._openings(said, "leads", _("the file")),
            self._texts(said, "good", _("the file")),
        )

    def _rule(self, said: object, number: int) -> Rule:
        where = _("rule {n}").format(n=number)
        table = self._table(said, where)
        self._known(table, where, ("kind", "openings", "unless", "yes", "no"))
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in tuple(Kind):
            problem = _("{place} has no kind").format(place=where)
            raise self._wrong(problem, _("Write kind = one of: {kinds}.").format(kinds=", ".join(Kind)))
        openings = self._openings(table, "openings", where)
        yes, no = self._texts(table, "yes", where), self._texts(table, "no", where)
        if not (openings and yes and no):
            missing = _("{place} has no examples: both yes and no") if openings else _("{place} has no openings")
            advice = _("A rule needs openings, and examples it is tested by.")
            raise self._wrong(missing.format(place=where), advice)
        return Rule(Kind(kind), openings, self._openings(table, "unless", where), yes, no)

    def _sentence(self, say: Mapping[str, object], kind: Kind) -> str:
        words = say.get(kind)
        if not isinstance(words, str) or not words.strip():
            problem = _("[say] has no sentence for {kind}").format(kind=kind)
            raise self._wrong(problem, _('Write {kind} = "…" below [say].').format(kind=kind))
        return " ".join(words.split())

    def _openings(self, table: Mapping[str, object], name: str, where: str) -> tuple[Opening, ...]:
        return tuple(self._opening(text, where) for text in self._texts(table, name, where))

    def _opening(self, text: str, where: str) -> Opening:
        parts = text.translate(_APOSTROPHES).casefold().split()
        opening = tuple(self._part(part, text, where) for part in parts)
        if not opening or all(part.optional or part.gap for part in opening):
            problem = _("{place} has an opening that fits every question: “{text}”").format(place=where, text=text)
            raise self._wrong(problem, _("Write a word in it."))
        return opening

    def _part(self, part: str, text: str, where: str) -> _Part:
        if part == "…":
            return _Part(gap=True)
        found = _PART.fullmatch(part)
        choices = found["choices"].split("|") if found else []
        if found is None or not all(map(_is_choice, choices)) or ("_" in choices and len(choices) > 1):
            problem = _("{place}: “{part}” in “{text}” is not understood").format(place=where, part=part, text=text)
            raise self._wrong(problem, _("en.toml, which ships, explains it."))
        words = {choice for choice in choices if choice != "_" and not choice.startswith("*")}
        words |= {word.replace("'", "") for word in words}
        ends = tuple(choice[1:] for choice in choices if choice.startswith("*"))
        return _Part(frozenset(words), ends, optional=bool(found["maybe"]))

    def _texts(self, table: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
        texts = table.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in cast("list[object]", texts)):
            problem = _("{key} of {place} is not a list of texts").format(key=name, place=where)
            raise self._wrong(problem, _('Write {key} = ["…", "…"].').format(key=name))
        return tuple(cast("list[str]", texts))

    def _table(self, said: object, where: str) -> Mapping[str, object]:
        if not isinstance(said, dict):
            raise self._wrong(
                _("{place} is not a section").format(place=where), _("en.toml, which ships, shows the form.")
            )
        return cast("dict[str, object]", said)

    def _known(self, table: Mapping[str, object], where: str, names: Sequence[str]) -> None:
        for name in table:
            if name not in names:
                problem = _("{key} is not known in {place}").format(key=name, place=where)
                raise self._wrong(problem, _("Known are: {words}.").format(words=", ".join(names)))

    def _wrong(self, problem: str, advice: str) -> HintsError:
        return HintsError(self._path, f"{problem}.", advice)


def _is_choice(choice: str) -> bool:
    word = choice.removeprefix("*")
    return choice == "_" or choice in _MARKS or ("_" not in word and bool(re.fullmatch(r"\w+(?:['-]\w+)*", word)))
