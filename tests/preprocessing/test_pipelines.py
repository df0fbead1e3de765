"""Pipelines are written, read, stored and refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dgc.errors import UserError
from napari_dgc.preprocessing import STEPS, FittedPipeline, Pipeline, get_step, parse_steps
from napari_dgc.preprocessing.registry import describe_steps, format_steps

ALL_STEPS = (
    "bands:keep=400-900:drop=500-520,destripe:kind=gain:width=9,bin-pixels,bin-bands:factor=3,"
    "savgol:window=5:order=3:derivative=1,absorbance:floor=0.01,snv,continuum,standardise,"
    "mnf:components=4"
)


def test_every_step_says_what_it_is():
    text = describe_steps()
    for name, step in STEPS.items():
        assert step.name == name
        assert f"\n{name}: {step.title}" in text
        assert step.tip.endswith(".")
        assert step.__doc__


@pytest.mark.parametrize("text", [ALL_STEPS, "snv", "savgol", *STEPS])
def test_text_and_json_come_back(text):
    pipeline = Pipeline(parse_steps(text))
    assert parse_steps(str(pipeline)) == pipeline.steps
    assert Pipeline.from_json(json.loads(json.dumps(pipeline.to_json()))) == pipeline


def test_values_of_a_text_are_taken():
    (step,) = parse_steps(" savgol : window = 15 : derivative=2 ")
    assert (step.window, step.order, step.derivative) == (15, 2, 2)
    assert format_steps((step,)) == "savgol:window=15:derivative=2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty step"),
        ("snv,,savgol", "empty step"),
        ("msc", "no step “msc”"),
        ("snv:window=3", "no parameters"),
        ("savgol:width=3", "no parameter “width”"),
        ("savgol:window", "NAME=VALUE"),
        ("savgol:window=5:window=7", "once"),
        ("savgol:window=ten", "not a whole number"),
        ("savgol:window=4", "odd"),
        ("savgol:window=1", "3 to 201 bands"),
        ("savgol:window=5:order=5", "less than the window"),
        ("savgol:order=1:derivative=2", "at least the derivative"),
        ("absorbance:floor=nan", r"1e-06 to 0\.5"),
        ("destripe:kind=both", "offset or gain"),
        ("bands:keep=700-450", "lower end first"),
        ("bands:keep=red", "ranges like"),
        ("mnf:components=0", "1 to 100"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_sentence(text, reason):
    with pytest.raises(UserError, match=reason) as refused:
        parse_steps(text)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        [3],
        [{"window": 3}],
        [{"step": "unheard"}],
        [{"step": 1}],
        [{"step": "savgol", "window": "11"}],
        [{"step": "savgol", "window": True}],
        [{"step": "savgol", "window": 10**400}],
        [{"step": "savgol", "depth": 1}],
        [{"step": "bands", "keep": [[1, 2, 3]]}],
        [{"step": "bands", "keep": 5}],
        [{"step": "destripe", "kind": ["gain"]}],
        [{"step": "snv"}] * 1000,
    ],
)
def test_json_that_makes_no_sense_is_refused(values):
    with pytest.raises(UserError):
        Pipeline.from_json(values)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(step=st.sampled_from(list(STEPS)), values=st.dictionaries(st.text(max_size=8), PLAIN))
def test_any_json_is_a_pipeline_or_refused(step, values):
    names = list(get_step(step).__dataclass_fields__)
    named = dict(zip(names, values.values(), strict=False))
    for candidate in ({"step": step} | values, {"step": step} | named):
        try:
            pipeline = Pipeline.from_json([candidate])
        except UserError:
            continue
        assert pipeline.steps[0].name == step


@given(st.text(max_size=30) | st.builds("{}:{}".format, st.sampled_from(list(STEPS)), st.text()))
def test_any_text_is_a_pipeline_or_refused(text):
    try:
        steps = parse_steps(text)
    except UserError:
        return
    assert parse_steps(format_steps(steps)) == steps


def test_a_fitted_pipeline_comes_back_from_what_is_stored(scan, reflectance):
    cube = scan(reflectance)
    done = Pipeline(parse_steps(ALL_STEPS)).fit([cube])
    metadata = json.loads(json.dumps(done.metadata()))
    again = FittedPipeline.from_stored(metadata, done.tensors() | {"other": np.zeros(2)})
    np.testing.assert_array_equal(again.apply(cube).data, done.apply(cube).data)


def test_nothing_is_computed_before_it_is_looked_at(scan, reflectance):
    cube = scan(reflectance)
    result = Pipeline(parse_steps(ALL_STEPS)).fit([cube]).apply(cube)
    assert not isinstance(result.data, np.ndarray)
    assert result.data.shape == (result.n_bands, 6, 7)
    everything = np.asarray(result.data)
    np.testing.assert_allclose(result.data[1], everything[1], atol=1e-5)
    np.testing.assert_allclose(result.data[:, 2, 3], everything[:, 2, 3], atol=1e-5)
    np.testing.assert_allclose(
        result.data[[2, 0], 1:3, ::2], everything[[2, 0], 1:3, ::2], atol=1e-5
    )


def test_steps_are_done_in_the_order_given(scan, prepare, reflectance):
    cube = scan(reflectance)
    one = np.asarray(prepare("snv,savgol:derivative=1", cube).data)
    other = np.asarray(prepare("savgol:derivative=1,snv", cube).data)
    assert np.abs(one - other).max() > 0.1
    by_hand = prepare("savgol:derivative=1", prepare("snv", cube))
    np.testing.assert_allclose(one, by_hand.data, atol=1e-6)


def test_scans_with_other_bands_are_brought_onto_those_learned(scan, reflectance):
    done = Pipeline(parse_steps("standardise")).fit([scan(reflectance)])
    finer = np.linspace(390, 1010, 200)
    flat = reflectance.reshape(60, -1)
    values = np.stack([np.interp(finer, np.linspace(400, 1000, 60), c) for c in flat.T], axis=1)
    other = scan(values.reshape(200, 11, 13), finer)
    np.testing.assert_allclose(
        done.apply(other).data, done.apply(scan(reflectance)).data, atol=0.05
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda make, values: make(values, np.linspace(900, 1700, 60)), "covers 900-1700 nm"),
        (lambda make, values: make(values[:40], None), "wavelengths are unknown"),
    ],
)
def test_scans_that_do_not_fit_are_refused_in_one_sentence(scan, reflectance, change, reason):
    done = Pipeline(parse_steps("snv")).fit([scan(reflectance)])
    with pytest.raises(UserError, match=reason):
        done.apply(change(scan, reflectance))


def test_scans_of_two_kinds_are_not_fitted_together(scan, reflectance):
    with pytest.raises(UserError, match="differ in their bands"):
        Pipeline(parse_steps("snv")).fit([scan(reflectance), scan(reflectance[:20])])
    with pytest.raises(UserError, match="only 20 bands"):
        Pipeline(parse_steps("savgol:window=21")).fit([scan(reflectance[:20])])
