import tomllib

import pytest
from hypothesis import given, strategies as st

from groundswell.core.toml_lines import dotted, line_numbers

TEXT = '''# a comment with = and [brackets]
a = 1
b.c = "x # no comment" # comment
"quoted.key".d = 'y'

[table]
list = [ # opening
  1,
  [2, 3],
  { deep = true, deeper = """
    [not.a.header]
    """ },
]
[table."sub table"]
e = 2022-01-01 07:32:00

[[rows]]
name = "first"
[[rows]]
name = "second"
inner = { x = 1, y.z = [1, 2] }
[rows.part]
f = \'\'\'
''two quotes\'\'\'\'\'
[[rows.cells]]
g = 1
[[rows.cells]]
g = """"ends in two""\\""""
'''


def test_every_kind_of_key_has_its_line() -> None:
    tomllib.loads(TEXT)
    lines = line_numbers(TEXT)
    expected = {
        ("a",): 2,
        ("b", "c"): 3,
        ("quoted.key", "d"): 4,
        ("table",): 6,
        ("table", "list"): 7,
        ("table", "list", 0): 8,
        ("table", "list", 1, 1): 9,
        ("table", "list", 2, "deep"): 10,
        ("table", "list", 2, "deeper"): 10,
        ("table", "sub table"): 14,
        ("table", "sub table", "e"): 15,
        ("rows",): 17,
        ("rows", 0): 17,
        ("rows", 0, "name"): 18,
        ("rows", 1): 19,
        ("rows", 1, "name"): 20,
        ("rows", 1, "inner", "y", "z", 1): 21,
        ("rows", 1, "part", "f"): 23,
        ("rows", 1, "cells", 0, "g"): 26,
        ("rows", 1, "cells", 1, "g"): 28,
    }
    assert {path: lines.get(path) for path in expected} == expected


def test_windows_line_ends_count_once() -> None:
    assert line_numbers("a = 1\r\nb = 2\r\n") == {("a",): 1, ("b",): 2}


def test_characters_that_only_some_readers_take_for_line_ends_do_not_count() -> None:
    assert line_numbers('a = "\u2028\x85"\nb = 2\n')[("b",)] == 2


def test_a_path_is_shown_as_a_person_writes_it() -> None:
    assert dotted(("policies", 0, "value")) == "policies[0].value"
    assert dotted(("parameters", "fear.decay")) == "parameters.fear.decay"
    assert dotted(("a b",)) == "'a b'"


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    here = [path] if path else []
    if isinstance(value, dict):
        return here + [p for key, inner in value.items() for p in _paths(inner, (*path, key))]
    if isinstance(value, list):
        return here + [p for i, inner in enumerate(value) for p in _paths(inner, (*path, i))]
    return here


TRICKY = ['"', "'", "[", "]", "{", "}", "#", "=", ",", "\\", "\n", ".", "a", "1", " ", '"""', "'''", "\r\n", "[[", "]]"]


@given(
    st.lists(st.sampled_from([*TRICKY, "a = 1\n", "[t]\n", "[[r]]\n", 'k = "v"\n', "x = [1, 2]\n", "y = {p = 1}\n"]), max_size=30).map(
        "".join
    )
)
def test_no_text_that_the_standard_reader_takes_is_left_without_lines(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(line_numbers(text)) == set(_paths(data))


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "a=1", "[a]", "[[a]]"])
def test_short_texts(text: str) -> None:
    assert set(line_numbers(text)) == set(_paths(tomllib.loads(text)))
