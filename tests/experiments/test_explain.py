import pytest

from groundswell.core.errors import InputError
from groundswell.experiments.explain import entries, explain, listing
from groundswell.experiments.json_schema import scenario_schema
from groundswell.experiments.resolve import model_of
from groundswell.models import MODELS


@pytest.mark.parametrize("name", [*MODELS])
def test_everything_that_a_model_declares_is_explained(name: str) -> None:
    model = model_of(name)
    found = entries(model)
    names = {e.name for e in found}
    assert set(model.parameters) | set(model.declared) | {m.key for m in model.mechanisms} | {p.name for p in model.schedule} <= names
    assert sum(len(group) for _, group in listing(model)) == len(found)
    for entry in found:
        assert entry.doc.strip(), entry.name
        if entry.kind in ("parameter", "column"):
            assert dict(entry.facts)["unit"], entry.name


def test_a_name_may_mean_several_things() -> None:
    assert [e.kind for e in explain(model_of("tiny"), "decay")] == ["parameter"]
    assert dict(explain(model_of("tiny"), "fear.decay")[0].facts) == {
        "unit": "1/day",
        "range": "0 to 1",
        "default": "0.05",
        "source": "assumed",
    }
    assert [e.kind for e in explain(model_of("tiny"), "rule")] == ["switch"]
    assert len(explain(model_of("resistance"), "fear")) >= 2


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InputError, match=r"nearest are .*fear\.decay"):
        explain(model_of("tiny"), "fear.dekay")
    with pytest.raises(InputError, match="nothing called"):
        explain(model_of("tiny"), "\0zzz" * 1000)


@pytest.mark.parametrize("name", [*MODELS])
def test_the_json_schema_knows_every_parameter(name: str) -> None:
    model = model_of(name)
    schema = scenario_schema(model)
    settings = schema["properties"]["parameters"]["properties"]
    for key, about in model.parameters.items():
        group, _, last = key.partition(".")
        entry = settings[key]
        assert settings[group]["properties"][last] == entry
        assert entry["description"] == about.doc
        if about.options:
            assert set(about.options) <= set(entry["enum"])
        else:
            assert (entry["minimum"], entry["maximum"], entry["x-unit"]) == (*about.range, about.unit)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) >= {"schema", "scenario", "population", "model", "policies", "shocks", "sources", "run"}
    assert schema["$defs"]["PolicyTable"]["properties"]["parameter"]["enum"] == sorted(model.parameters)
