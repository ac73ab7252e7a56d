"""Claims run on a small country: the same verdicts on any number of workers, taken up, exported, repeated, shown."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from groundswell import cases
from groundswell.claims import audit, export
from groundswell.claims.judging import Verdict
from groundswell.claims.paired import read_world
from groundswell.claims.reading import read_claims
from groundswell.claims.running import WORLDS, Asked, run_claims
from groundswell.cli import main
from groundswell.core.errors import InputError, StoreError
from groundswell.core.store import digest
from groundswell.report.claims import page

FOLDER = Path(__file__).parents[1] / "data" / "atlantis"
CASE = cases.load(FOLDER)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Atlantis with claims about two weeks in its smallest province, so that runs are short."""
    folder = tmp_path_factory.mktemp("case") / "atlantis"
    shutil.copytree(FOLDER, folder)
    for path in (folder / "claims").glob("*.toml"):
        text = (
            path.read_text(encoding="utf-8")
            .replace("2022-02-11", "2022-01-14")
            .replace("[model]\n", '[model]\nscale = 100\nprovinces = ["AT-04"]\n')
        )
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def kept(case: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Verdict]]:
    """Verdicts on them, after few draws."""
    folder = tmp_path_factory.mktemp("claims")
    found = run_claims(read_claims(cases.load(case)), Asked(folder, draws=24, workers=1, compiled=False))
    export.write(folder, found, folder / WORLDS)
    return folder, found


def test_arms_share_draws_so_that_what_cannot_act_has_no_effect_at_all(kept: tuple[Path, list[Verdict]]) -> None:
    folder, found = kept
    effects = pl.read_parquet(folder / export.EFFECTS)
    assert effects.filter(pl.col("claim") == "T2").height == 48  # two settings
    assert (effects.filter(pl.col("claim") == "T2")["effect"] == 0).all()
    assert (effects.filter(pl.col("claim") == "T1")["effect"] != 0).any()
    assert [one.word for one in found][1:] == ["not decidable", "outside the model"]  # 24 draws are too few


def test_a_repetition_in_other_order_and_in_rounds_gives_the_same_bits(
    case: Path, kept: tuple[Path, list[Verdict]], tmp_path: Path
) -> None:
    folder, found = kept
    again = run_claims(read_claims(cases.load(case), ["T2"]), Asked(tmp_path, draws=24, workers=1, compiled=False))
    documents = {one["id"]: one for one in export.read(folder)}
    assert export.differences(documents["T2"], json.loads(json.dumps(export.as_document(again[0])))) == []
    assert export.differences({"a": 1, "b": [{"c": 2}]}, {"a": 1, "b": [{"c": 3}]}) == ["b.0.c: kept 2, now 3"]
    more = run_claims([found[1].claim], Asked(folder, draws=24, workers=1, compiled=False))  # taken up: nothing is run
    assert export.as_document(more[0]) == export.as_document(found[1])


def test_an_altered_verdict_and_an_altered_world_are_seen(kept: tuple[Path, list[Verdict]], tmp_path: Path) -> None:
    folder, found = kept
    text = (folder / export.WHOLE).read_text(encoding="utf-8")
    (tmp_path / export.WHOLE).write_text(text.replace("outside the model", "supported"), encoding="utf-8")
    with pytest.raises(StoreError, match="altered"):
        export.read(tmp_path)
    with pytest.raises(StoreError, match="no verdicts"):
        export.read(tmp_path / "none")
    name = str(found[0].provenance["world"])
    (tmp_path / f"{name}.json").write_text(
        (folder / WORLDS / f"{name}.json").read_text(encoding="utf-8").replace("0.0", "0.1", 1), encoding="utf-8"
    )
    with pytest.raises(StoreError, match="altered"):
        read_world(tmp_path, name)


def test_the_table_has_a_row_a_claim_with_provenance(kept: tuple[Path, list[Verdict]]) -> None:
    folder, _ = kept
    table = pl.read_parquet(folder / export.TABLE)
    assert table["id"].to_list() == ["T1", "T2", "T3"]
    assert table["data"].dtype == pl.String
    about = json.loads(table["provenance"][0])
    assert {"groundswell", "claim", "world", "seed", "draws", "scale"} <= set(about)


def test_the_audit_file_is_one_that_abmfact_reads_and_its_function_runs_a_pair(kept: tuple[Path, list[Verdict]]) -> None:
    folder, found = kept
    text = (folder / audit.AUDIT).read_text(encoding="utf-8")
    assert 'target: "groundswell.claims.audit:run"' in text
    assert 'worlds: "worlds"' in text
    told = audit.document(found)
    assert [one["id"] for one in told["claims"]] == ["T1", "T2"]
    assert told["claims"][0]["test"] == "greater_than"
    assert audit.yaml({"a": [{"b": 1, "c": ["x"]}], "d": {}}) == 'a:\n  - b: 1\n    c:\n      - "x"\nd: {}'
    with pytest.raises(InputError, match="world"):
        audit.run({"worlds": "x"}, 1)


def test_the_page_treats_all_sides_alike_and_loads_nothing(kept: tuple[Path, list[Verdict]]) -> None:
    _, found = kept
    text = page(found, CASE, "groundswell claims atlantis")
    assert all(one.claim.sentence in text for one in found)
    assert "http://" not in text.replace("http://www.w3.org", "")
    swapped = []
    for one in found:
        sides = {"movement": "regime", "regime": "movement"}
        about = one.claim.form.claim.model_copy(update={"by": sides.get(one.claim.form.claim.by, one.claim.form.claim.by)})
        claim = dataclasses.replace(one.claim, form=one.claim.form.model_copy(update={"claim": about}))
        swapped.append(dataclasses.replace(one, claim=claim))
    other = page(swapped, CASE, "groundswell claims atlantis")
    back = other.replace("movement", "\0").replace("regime", "movement").replace("\0", "regime")
    assert len(other) == len(text)
    assert sorted(back) == sorted(text)


def test_the_command_lists_claims_and_prints_their_schema() -> None:
    found = CliRunner().invoke(main, ["claims", str(FOLDER), "--list"], standalone_mode=False)
    assert found.return_value == 0
    assert "T3" in found.output
    assert "Missing argument 'CASE'" in CliRunner().invoke(main, ["claims", "--list"]).output
    found = CliRunner().invoke(main, ["claims", "--schema"], standalone_mode=False)
    assert "smallest" in json.loads(found.output)["$defs"]["QuantityTable"]["properties"]


@pytest.mark.compiled
def test_the_command_judges_explains_and_repeats(case: Path, tmp_path: Path) -> None:
    run = CliRunner()
    base = ["claims", str(case), "T1", "--out", str(tmp_path / "out"), "--draws", "24", "--workers", "1"]
    found = run.invoke(main, [*base, "--quiet"], standalone_mode=False)
    assert found.return_value == 0, found.output
    assert (tmp_path / "out" / "T1" / "claims.html").is_file()
    told = run.invoke(main, [*base, "--quiet", "--why"], standalone_mode=False)
    assert "What would change it" in told.output
    assert run.invoke(main, [*base, "--quiet", "--verify"], standalone_mode=False).return_value == 0
    assert "3 is not in the range 24<=x" in run.invoke(main, [*base[:-4], "--draws", "3"]).output
    for change, words in (("draws", None), ("seed", "2")):  # what is kept answers, unless something else is named
        asked = base[:-4] if words is None else [*base, f"--{change}", words]
        again = run.invoke(main, [*asked, "--quiet", "--why"], standalone_mode=False)
        assert (again.output == told.output) == (words is None)
    gone = shutil.move(tmp_path / "out" / "pairs", tmp_path / "elsewhere")
    assert run.invoke(main, [*base, "--quiet", "--why"], standalone_mode=False).output == told.output, "without a run"
    shutil.move(gone, tmp_path / "out" / "pairs")
    kept = tmp_path / "out" / "T1" / "verdicts.json"
    sealed = json.loads(kept.read_text())
    sealed["body"]["verdicts"][0]["provenance"]["posterior"] = "0123"
    sealed["seal"] = digest(json.dumps(sealed["body"], sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1).encode())
    kept.write_text(json.dumps(sealed))
    refused = run.invoke(main, [*base, "--quiet", "--verify"], standalone_mode=False)
    kept.write_text(kept.read_text().replace("0123", "0124"))
    assert "altered" in run.invoke(main, [*base, "--quiet", "--verify"], standalone_mode=False).output
    assert "T1 was judged with the fit 0123: give the same" in refused.output
    again = run.invoke(main, [*base, "--quiet"], standalone_mode=False)
    assert again.return_value == 0, "altered verdicts are judged anew"
    assert run.invoke(main, [*base, "--quiet", "--verify"], standalone_mode=False).return_value == 0
    other = run.invoke(main, ["claims", "lyonesse", "A1", "--out", str(tmp_path / "out" / "T1"), "--why"], standalone_mode=False)
    assert "holds verdicts on the claims of atlantis" in other.output


def test_what_an_estimator_refuses_is_told_with_its_line(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    path = folder / "claims" / "T1.toml"
    data = '\n[[data]]\nestimator = "share_of"\nasks = "x"\ndirection = "above"\nsmallest = 0.5\nwith = {hits = 9, of = 3, what = "x"}\n'
    path.write_text(path.read_text(encoding="utf-8").partition("[model]")[0] + data, encoding="utf-8")
    with pytest.raises(InputError, match=r"T1\.toml:\d+: data\[0\]\.with\.hits: 9 of 3 is no share"):
        run_claims(read_claims(cases.load(folder), ["T1"]), Asked(tmp_path / "out", workers=1))


def test_what_no_draw_defines_is_not_decided_and_says_so(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    path = folder / "claims" / "T1.toml"
    text = path.read_text(encoding="utf-8").replace('measure = "arrests"', 'measure = "abstention"')  # no vote in two weeks
    path.write_text(text, encoding="utf-8")
    found = run_claims(read_claims(cases.load(folder), ["T1"]), Asked(tmp_path / "out", draws=24, workers=1, compiled=False))
    assert "not defined in any draw" in found[0].words


def test_runs_that_cannot_be_are_told_with_what_they_said(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    path = folder / "claims" / "T1.toml"
    shares = "policing.disperse = 0, policing.arrest = 0, policing.shoot = 0"
    text = path.read_text(encoding="utf-8").replace(shares, "policing.disperse = 0").replace("occasions.rate", "policing.arrest")
    path.write_text(text.replace("low = 10", "low = 0.9").replace("high = 80", "high = 1"), encoding="utf-8")
    with pytest.raises(InputError, match="shares of one whole"):
        run_claims(read_claims(cases.load(folder), ["T1"]), Asked(tmp_path / "out", draws=24, workers=1, compiled=False))
