"""Claim files: what is read, and what a mistake says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from groundswell import cases
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.reading import names, read_claim, read_claims
from groundswell.claims.registry import estimator, find
from groundswell.core.errors import InputError, ModelError

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
CASE = cases.load(ATLANTIS)
TEXT = (ATLANTIS / "claims" / "T1.toml").read_text(encoding="utf-8")


@estimator(
    "made_up_count",
    meaning="A number that a test gives.",
    unit="events",
    options={"value": option(2.0, "the number"), "figure": option("", "a key"), "must": option(REQUIRED, "something", kind=int)},
)
def made_up_count(given: Given, value: float, figure: str, must: int) -> Finding:
    """A number that a test gives."""
    return Finding(value, value - 1, value + 1, unit="events", words=f"{given.case.name} {figure} {must}")


DATA = '\n[[data]]\nestimator = "made_up_count"\nasks = "how many"\ndirection = "above"\nsmallest = 1\nwith = {must = 3}\n'


def read(tmp_path: Path, text: str, name: str = "T1"):
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return read_claim(path, CASE)


def test_the_claims_of_a_case_are_read_by_number() -> None:
    assert names(CASE) == ("T1", "T2", "T3")
    one, two, three = read_claims(CASE)
    assert one.contrast is not None
    assert one.contrast.own_b == {"policing.disperse": 0.0, "policing.arrest": 0.0, "policing.shoot": 0.0}
    assert [prior.key for prior in one.contrast.assumed] == ["occasions.rate"]
    assert two.contrast is not None
    assert two.contrast.settings == ({"mourning.rule": "off"}, {"mourning.rule": "40_day"})
    assert three.contrast is None
    assert three.form.claim.outside


def test_a_claim_may_run_in_another_country(tmp_path: Path) -> None:
    claim = read(tmp_path, TEXT.replace("[model]\n", '[model]\ncase = "lyonesse"\n'))
    assert claim.contrast is not None
    assert claim.contrast.case.folder == cases.load("lyonesse").folder
    assert claim.case.folder == CASE.folder


def test_a_data_table_is_checked_against_its_estimator(tmp_path: Path) -> None:
    claim = read(tmp_path, TEXT + DATA)
    assert claim.data[0].estimator == "made_up_count"
    assert find("made_up_count")(Given(CASE), must=1).words == "Atlantis  1"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('sentence = "Where', 'sentnce = "Where', "sentence"),
        ("people are arrested", "people " + "very " * 20 + "are arrested", "25 at most"),
        ('id = "T1"', 'id = "T2"', "call it T2.toml"),
        ('id = "T1"', 'id = "bread"', "'bread' is not one to four capital letters and a number, such as C3"),
        ('by = "movement"', 'by = "The Movement"', "'The Movement' is not a side in lower case, such as movement or regime"),
        ("end = 2022-02-11", 'end = "2022-02-11"', "a date stands without quotes, such as 2022-09-16, not '2022-02-11'"),
        (
            'measure = "arrests"',
            'measure = "series"\nwith = {name = "turnuot"}',
            "[0].with.name: there is no series 'turnuot'",
        ),
        ('measure = "arrests"', 'measure = "series"', "needs it: a recorded series"),
        ('measure = "arrests"', 'measure = "abstention"\nwith = {place = "AT-09"}', "there is no province 'AT-09'"),
        ('measure = "arrests"', 'measure = "days_to_wide_unrest"\nwith = {provinces = 900}', "900 is not from 1 to 4"),
        ("parameters = {policing.disperse = 0, policing.arrest = 0, policing.shoot = 0}", "", "model.b: is the same as arm a"),
        ('measure = "arrests"', 'measure = "arests"', "arrests"),
        ('direction = "above"', 'direction = "up"', "above"),
        ("policing.shoot = 0}", "policing.shot = 0}", "policing.shoot"),
        ("policing.shoot = 0}", "policing.shoot = 7}", "policing.shoot"),
        ("start = 2022-01-01\nend", "start = 2019-01-01\nend", "closed period"),
        (
            'key = "occasions.rate"',
            'key = "occasions.rat"',
            "model.parameters[0].key: the model has no such parameter",
        ),
        ("high = 80", "high = 5", "not between 10"),
        ("[model.b]\n", "[model.both.parameters]\noccasions.rate = 3\n[model.b]\n", "both arms set it"),
        ("[model]\n", '[model]\ncase = "lyonese"\n', "lyonesse"),
        ("[model]\n", '[model]\njudge = "mean"\n', "a mean effect is judged of what is bounded"),
        ("smallest = 1", 'smallest = 1\ncompare = "a"', "looks at arm a alone"),
        ("smallest = 1", "smallest = 1\nend = 2023-01-01", "outside the run"),
        ("smallest = 1", "smallest = 1\nwith = {window = 3}", "no such option"),
        ("end = 2022-02-11", "end = 2022-01-05", "14 days at least"),
        ("[model.b]\n", "[model.b]\nwithout = ['bread-pric']\n", "bread-price"),
        ("[model.b]\n", '[model.switches]\n"mourning.rul" = ["off"]\n[model.b]\n', "mourning.rule"),
        ("[model.b]\n", '[model.switches]\n"mourning.rule" = ["of"]\n[model.b]\n', "off"),
        ('decides = "a record', 'outside = "x"\ndecides = "a record', "not outside"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_could_stand_there(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        read(tmp_path, TEXT.replace(old, new, 1))
    assert said in str(caught.value)
    assert "T1.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("made_up_count", "made_up_cuont", "made_up_count"),
        ("must = 3", "must = 3, valu = 4", "value"),
        ("must = 3", "must = 'x'", "a whole number"),
        ("must = 3", "value = 3", "needs it: something"),
        ("smallest = 1\n", "smallest = 1\nwhole = false\n", "which part"),
        ("smallest = 1\n", 'smallest = 1\npart = "that it is one:"\n', "only with whole = false"),
    ],
)
def test_a_mistake_in_a_data_table_is_told_too(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, TEXT + DATA.replace(old, new, 1))
    assert said in str(caught.value)


def test_a_claim_that_nothing_tests_must_say_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing tests it"):
        read(tmp_path, TEXT.partition("[model]")[0])


def test_a_case_without_claims_and_an_unknown_claim_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(ATLANTIS, folder, ignore=shutil.ignore_patterns("claims"))
    with pytest.raises(InputError, match="has no claims"):
        read_claims(cases.load(folder))
    with pytest.raises(InputError, match="T1"):
        read_claims(CASE, ["T11"])


def test_a_claim_in_a_file_of_another_ending_is_not_passed_over(tmp_path: Path) -> None:
    folder = shutil.copytree(ATLANTIS, tmp_path / "case")
    (folder / "claims" / "T2.toml").rename(folder / "claims" / "T2.TOML")
    with pytest.raises(InputError, match=r"call it T2\.toml"):
        read_claims(cases.load(folder))


def test_of_a_real_case_no_claim_asks_how_cells_survive(tmp_path: Path) -> None:
    iran = cases.load("iran")
    path = tmp_path / "T1.toml"
    text = TEXT.replace("policing.disperse = 0, policing.arrest = 0, policing.shoot = 0", "first_organisation.founders = 30")
    path.write_text(text.replace("low = 10", "low = 0.01").replace("high = 80", "high = 1"), encoding="utf-8")
    with pytest.raises(InputError, match="invented country"):
        read_claim(path, iran, scale=1000)
    path.write_text(path.read_text(encoding="utf-8").replace("[model]\n", '[model]\ncase = "lyonesse"\n'), encoding="utf-8")
    assert read_claim(path, iran).contrast is not None


def test_an_estimator_declares_its_arguments() -> None:
    with pytest.raises(ModelError, match="declares"):
        estimator("made_up_wrong", meaning="x", unit="1", options={"b": option(1, "x")})(lambda given, a: Finding.missing("1", "x"))
    with pytest.raises(ValueError, match="no finding"):
        Finding(1.0, 2.0, 0.0)
