"""The configuration file and what goes before it."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from evenly_client.config import Config, ConfigError, config_path, load, read

WHOLE = """
server = "evenly.example.org"
profile = "work"
theme = "paper"
motion = false
bell = false
notify = false

[keys]
raise_hand = "space"
finish_turn = ["enter", "f"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of the test lies."""
    return tmp_path / "config.toml"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """Nobody needs to write one."""
    config = load({"EVENLY_HOME": str(tmp_path)})
    assert config == Config()
    assert (config.server, config.profile, config.theme) == (None, "default", None)
    assert (config.motion, config.bell, config.notify) == (True, True, True)
    assert config.keys_of("raise_hand") == ()


def test_the_file_says_what_is_preferred(path: Path) -> None:
    """Every key, and one or several keys for an action."""
    path.write_text(WHOLE)
    config = read(path)
    assert (config.server, config.profile, config.theme) == ("evenly.example.org", "work", "paper")
    assert (config.motion, config.bell, config.notify) == (False, False, False)
    assert config.keys_of("raise_hand") == ("space",)
    assert config.keys_of("finish_turn") == ("enter", "f")


def test_the_environment_goes_before_the_file(path: Path) -> None:
    """An empty variable is as good as none."""
    path.write_text(WHOLE)
    named = {"EVENLY_CONFIG": str(path), "EVENLY_SERVER": "other:1", "EVENLY_PROFILE": "", "EVENLY_THEME": "ink"}
    config = load(named)
    assert (config.server, config.profile, config.theme) == ("other:1", "work", "ink")


def test_the_file_lies_where_it_was_said_or_in_the_platforms_place(tmp_path: Path) -> None:
    """EVENLY_CONFIG before EVENLY_HOME before the platform's own."""
    assert config_path({"EVENLY_CONFIG": "/a/b", "EVENLY_HOME": "/c"}) == Path("/a/b")
    assert config_path({"EVENLY_HOME": str(tmp_path)}) == tmp_path / "config.toml"
    assert config_path({}) == platformdirs.user_config_path("evenly", appauthor=False) / "config.toml"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("bell = true\nbel = false\n", 2, "bel is not known here. Did you mean bell?"),
        ("zzz = 1\n", 1, "Known are: server, profile"),
        ("\n[zzz]\na = 1\n", 2, "zzz is not known here"),
        ('bell = true\n\nmotion = "no"\n', 3, "motion has a value of the wrong kind. Write true or false"),
        ("theme = 1\n", 1, "theme has a value of the wrong kind. Write a text in quotes"),
        ("profile = true\n", 1, "profile has a value of the wrong kind. Write a text in quotes"),
        ("keys = 1\n", 1, "keys has a value of the wrong kind. Write a section"),
        ("bell = true\n[keys]\nraise_hand = 1\n", 2, "a key in [keys] is not a text. Write a key's name"),
        ('[keys]\nraise_hand = ["a", 1]\n', 1, "a key in [keys] is not a text. Write a text"),
        ("bell = true\nbell = yes\n", 2, "this is not TOML"),
        ("[motion]\nx = 1\n", 1, "motion has a value of the wrong kind"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_write(path: Path, text: str, line: int, words: str) -> None:
    """File, line, what is wrong, what to write instead."""
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert words in str(caught.value)
    assert caught.value.title.endswith(".")
    assert caught.value.code == "config"


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    """A typing mistake in EVENLY_CONFIG is not passed over in silence."""
    with pytest.raises(ConfigError, match="no such file") as caught:
        load({"EVENLY_CONFIG": str(tmp_path / "none.toml")})
    assert caught.value.line is None


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """A directory in its place, for one."""
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path)


def test_a_file_in_another_encoding_says_on_which_line(path: Path) -> None:
    """As an old editor on Windows saves it."""
    path.write_bytes(b"bell = true\n# gr\xfc\xdfe\n")
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        read(path)
    assert caught.value.line == 2


def test_a_byte_order_mark_does_no_harm(path: Path) -> None:
    """As a newer editor on Windows saves it."""
    path.write_bytes(b"\xef\xbb\xbfbell = false\n")
    assert not read(path).bell
