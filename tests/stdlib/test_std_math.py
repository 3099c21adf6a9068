"""std/math against numpy, scipy and statistics, and against its own formulas where every bit of a result is laid down."""

from __future__ import annotations

import itertools
import math
import operator
import statistics
from functools import reduce

import numpy as np
import pytest
import scipy.cluster.vq
import scipy.spatial.distance
import scipy.special
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from library_calls import Library

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.vm.effects import Repeat, operation

MATH = Library("math")

ints = st.integers(-1_000_000, 1_000_000)
floats = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x)
numbers = ints | floats
lists = st.lists(numbers, min_size=1, max_size=30)
int_lists = st.lists(ints, min_size=1, max_size=30)
pairs = st.integers(1, 20).flatmap(
    lambda n: st.tuples(st.lists(numbers, min_size=n, max_size=n), st.lists(numbers, min_size=n, max_size=n))
)
quick = settings(deadline=None, max_examples=60)


def close(result, expected, *, rel=1e-9, abs_=1e-9):
    return np.allclose(result, np.asarray(expected, dtype=float), rtol=rel, atol=abs_, equal_nan=True)


def added(values, start=0):
    """From left to right, without the compensation that newer Pythons' sum() has."""
    return reduce(operator.add, values, start)


def mean(values):
    return added(values) / float(len(values))


def moment(xs, ys, divisor):
    mu, nu = mean(xs), mean(ys)
    return added(((x - mu) * (y - nu) for x, y in zip(xs, ys)), 0.0) / divisor


# --- scalars -------------------------------------------------------------------------------------------------------


@given(numbers, numbers, numbers)
@quick
def test_clamp_gives_one_of_its_arguments(value, a, b):
    lo, hi = min(a, b), max(a, b)
    result = MATH("clamp", value, lo, hi)
    assert result == np.clip(value, lo, hi)
    assert any(result is each for each in (value, lo, hi))


@given(numbers, numbers, numbers)
@quick
def test_lerp_is_its_formula(a, b, t):
    result = MATH("lerp", a, b, t)
    assert result == a + (b - a) * t
    assert type(result) is (int if {type(a), type(b), type(t)} == {int} else float)


@given(numbers, numbers, numbers, numbers, st.floats(0, 1))
@quick
def test_map_range_interpolates(a, b, c, d, t):
    assume(abs(a - b) > 1e-3)
    lo, hi = min(a, b), max(a, b)
    value = lo + (hi - lo) * t
    assert close(MATH("map_range", value, lo, hi, c, d), np.interp(value, [lo, hi], [c, d]), abs_=1e-6)


@given(numbers)
@quick
def test_angles_are_converted(angle):
    assert MATH("deg_to_rad", angle) == angle * math.pi / 180
    assert MATH("rad_to_deg", angle) == angle * 180 / math.pi
    assert close(MATH("deg_to_rad", angle), math.radians(angle))


# --- sums and averages ---------------------------------------------------------------------------------------------


@given(st.lists(numbers, max_size=40))
@quick
def test_sum_adds_from_left_to_right(items):
    result = MATH("sum", items)
    assert result == added(items)
    assert type(result) is type(added(items))
    assert close(result, math.fsum(items), abs_=1e-6)


@given(st.lists(st.integers(-(10**30), 10**30)))
@quick
def test_sums_of_ints_are_exact(items):
    assert MATH("sum", items) == sum(items)


@given(lists)
@quick
def test_mean_divides_the_sum(items):
    for name in ("avg", "mean"):
        result = MATH(name, items)
        assert type(result) is float
        assert result == mean(items)
        assert close(result, statistics.fmean(items), abs_=1e-6)


@given(st.lists(st.tuples(numbers, st.floats(0, 100) | st.integers(0, 100)), min_size=1, max_size=20))
@quick
def test_weighted_mean_is_numpys_average(weighted):
    items, weights = [list(each) for each in zip(*weighted)]
    assume(sum(weights) > 1e-3)
    assert close(MATH("weighted_mean", items, weights), np.average(items, weights=weights), abs_=1e-5)
    products = (item * weight for item, weight in zip(items, weights))
    assert MATH("weighted_mean", items, weights) == added(products, 0.0) / added(weights)


@given(lists, st.data())
@quick
def test_moving_averages_are_the_means_of_windows(items, data):
    window = data.draw(st.integers(1, len(items)))
    result = MATH("moving_avg", items, window)
    assert result == [mean(items[i : i + window]) for i in range(len(items) - window + 1)]
    assert MATH("moving_avg", items, float(window)) == result
    assert close(result, np.convolve(items, np.ones(window) / window, mode="valid"), abs_=1e-5)


@given(lists, st.floats(0.001, 0.999))
@quick
def test_exponential_averages_follow_their_recurrence(items, alpha):
    expected = list(itertools.accumulate(items[1:], lambda y, x: alpha * x + (1 - alpha) * y, initial=float(items[0])))
    assert MATH("ema", items, alpha) == expected


# --- order statistics ----------------------------------------------------------------------------------------------


@given(lists)
@quick
def test_median_is_that_of_statistics(items):
    result = MATH("median", items)
    assert result == statistics.median(items)
    assert len(items) % 2 == 1 or type(result) is float
    assert close(result, np.median(items))


@given(lists, st.floats(0, 100) | st.integers(0, 100))
@quick
def test_percentile_interpolates_linearly(items, p):
    result = MATH("percentile", items, p)
    assert close(result, np.percentile(items, p, method="linear"), abs_=1e-6)
    assert MATH("percentile", items, 0) == min(items)
    assert MATH("percentile", items, 100) == max(items)


@given(st.lists(st.integers(-5, 5) | st.sampled_from([-1.0, 0.5, 2.0]), max_size=30))
@quick
def test_argsort_is_numpys_stable_one(items):
    assert MATH("argsort", items) == np.argsort(np.asarray(items, dtype=float), kind="stable").tolist()


@given(st.lists(st.integers(-5, 5) | st.sampled_from([-1.0, 0.5, 2.0]), max_size=30), st.integers(0, 35))
@quick
def test_top_k_is_a_stable_descending_sort(items, k):
    expected = sorted(items, reverse=True)[:k]
    result = MATH("top_k", items, k)
    assert [(type(each), each) for each in result] == [(type(each), each) for each in expected]
    assert MATH("top_k", items, float(k)) == result


@given(st.lists(st.text(max_size=3), max_size=20))
@quick
def test_strings_are_sorted_by_code_point(items):
    assert [items[i] for i in MATH("argsort", items)] == sorted(items)
    assert MATH("top_k", items, len(items)) == sorted(items, reverse=True)


# --- spread --------------------------------------------------------------------------------------------------------


@given(lists, st.booleans())
@quick
def test_variance_and_deviation_are_numpys(items, sample):
    assume(len(items) > 1 or not sample)
    result = MATH("variance", items, sample)
    assert type(result) is float
    assert result == moment(items, items, len(items) - sample)
    assert close(result, np.var(np.asarray(items, dtype=float), ddof=int(sample)), abs_=1e-6)
    assert MATH("stddev", items, sample) == math.sqrt(result)


@given(lists)
@quick
def test_scales_run_from_zero_to_one(items):
    lo, span = min(items), max(items) - min(items)
    expected = [0.0] * len(items) if span == 0 else [float(item - lo) / span for item in items]
    result = MATH("minmax_scale", items)
    assert result == expected
    assert all(type(each) is float for each in result)


@given(lists, st.booleans())
@quick
def test_z_scores_are_scipys(items, sample):
    assume(len(items) > 1)
    deviation = MATH("stddev", items, sample)
    result = MATH("zscore", items, sample)
    if deviation == 0:
        assert result == [0.0] * len(items)
    else:
        assert result == [(item - mean(items)) / deviation for item in items]
        assume(deviation > 1e-2)
        assert close(result, scipy.stats.zscore(np.asarray(items, dtype=float), ddof=int(sample)), abs_=1e-6)


@given(pairs, st.booleans())
@quick
def test_covariance_is_numpys(pair, sample):
    xs, ys = pair
    assume(len(xs) > 1)
    divisor = len(xs) - sample
    result = MATH("covariance", xs, ys, sample)
    assert result == moment(xs, ys, divisor)
    both = np.asarray([xs, ys], dtype=float)
    assert close(result, np.cov(both, ddof=int(sample))[0][1], abs_=1e-4)


@given(pairs, st.booleans())
@quick
def test_correlation_is_exactly_its_formula_and_pearsons(pair, sample):
    xs, ys = pair
    assume(len(xs) > 1)
    divisor = len(xs) - sample
    deviations = math.sqrt(moment(xs, xs, divisor)) * math.sqrt(moment(ys, ys, divisor))
    assume(deviations > 1e-3)
    result = MATH("correlation", xs, ys, sample)
    assert result == moment(xs, ys, divisor) / deviations
    assert close(result, scipy.stats.pearsonr(xs, ys).statistic, abs_=1e-6)


def test_correlation_of_the_lines_that_are_named_is_one():
    assert MATH("correlation", [1, 2, 3], [2, 4, 6]) == 1.0
    assert MATH("correlation", [1, 2, 3], [2, 4, 6], True) == 1.0


# --- probability ---------------------------------------------------------------------------------------------------


class DrawingWorld(CapturingWorld):
    """Random numbers are what a test says they are."""

    drawn = 0.0

    @operation("random", Repeat.PURE)
    def random(self) -> float:
        """The number that the test has set."""
        return self.drawn


DRAWING = DrawingWorld()
CHOICE = Library("math", world=DRAWING)
weights_of = st.lists(st.integers(0, 5) | st.floats(0, 5), min_size=1, max_size=10)


@given(weights_of, st.floats(0, 1, exclude_max=True))
@quick
def test_choices_fall_where_the_running_sum_passes_the_draw(weights, drawn):
    assume(sum(weights) > 0 and min((weight for weight in weights if weight), default=0) > 1e-9)
    DRAWING.drawn = drawn
    items = [f"item {i}" for i in range(len(weights))]
    bounds = list(itertools.accumulate(weights))
    expected = next(item for item, bound in zip(items, bounds) if bound > drawn * bounds[-1])
    assert CHOICE("weighted_choice", items, weights) == expected
    assert weights[items.index(expected)] > 0


@given(st.lists(ints, min_size=1, max_size=20), st.floats(0, 1, exclude_max=True))
@quick
def test_choices_without_weights_are_uniform(items, drawn):
    DRAWING.drawn = drawn
    assert CHOICE("weighted_choice", items) == items[int(drawn * len(items))]


@given(st.lists(st.integers(-50, 50) | st.floats(-50, 50), min_size=1, max_size=20), st.floats(0.5, 5) | st.just(2))
@quick
def test_softmax_is_scipys(items, temperature):
    result = MATH("softmax", items, temperature)
    assert close(result, scipy.special.softmax(np.asarray(items, dtype=float) / temperature), abs_=1e-12)
    assert all(type(each) is float for each in result)


def test_softmax_does_not_overflow():
    assert MATH("softmax", [10_000, 10_000, -10_000]) == [0.5, 0.5, 0.0]


sigmas = st.floats(0.1, 50) | st.integers(1, 50)


@given(st.floats(-100, 100) | st.integers(-100, 100), st.floats(-50, 50) | st.integers(-50, 50), sigmas)
@quick
def test_normal_density_and_probability_are_scipys(x, mu, sigma):
    assert close(MATH("normal_pdf", x, mu, sigma), scipy.stats.norm.pdf(x, mu, sigma), abs_=1e-15)
    # The formula of Abramowitz and Stegun is good for 1.5e-7 in erf.
    assert abs(MATH("normal_cdf", x, mu, sigma) - scipy.stats.norm.cdf(x, mu, sigma)) < 1e-7


@given(st.floats(1e-12, 1 - 1e-12), st.floats(-50, 50) | st.integers(-50, 50), sigmas)
@quick
def test_normal_quantile_is_scipys(prob, mu, sigma):
    result = MATH("normal_quantile", prob)
    expected = float(scipy.stats.norm.ppf(prob))
    assert abs(result - expected) <= 1.2e-9 * abs(expected) + 1e-12
    assert close(MATH("normal_quantile", prob, mu, sigma), mu + sigma * result)


def test_the_approximations_are_the_ones_that_are_named():
    """Better ones would give other digits: neither the exact 0.5 nor a quantile that was refined."""
    assert MATH("normal_cdf", 0) == pytest.approx(0.5 + 5e-10, rel=0, abs=1e-15)
    assert MATH("normal_quantile", 0.5) == 0
    assert MATH("normal_quantile", 0.95) == pytest.approx(1.644853625133699, rel=0, abs=1e-15)
    assert abs(MATH("normal_quantile", 0.95) - scipy.stats.norm.ppf(0.95)) > 1e-10
    for edge in (0.02425, 1 - 0.02425):
        around = [MATH("normal_quantile", p) for p in (math.nextafter(edge, 0), edge, math.nextafter(edge, 1))]
        assert max(around) - min(around) < 1e-8


# --- vectors -------------------------------------------------------------------------------------------------------


@given(pairs)
@quick
def test_vectors_have_numpys_products_and_norms(pair):
    a, b = pair
    assert MATH("dot", a, b) == added((x * y for x, y in zip(a, b)), 0.0)
    assert type(MATH("dot", a, b)) is float
    norm = MATH("vector_norm", a)
    assert norm == math.sqrt(added((x * x for x in a), 0.0))
    assert close(norm, np.linalg.norm(np.asarray(a, dtype=float)))
    assume(norm > 0)
    assert MATH("vector_normalize", a) == [x / norm for x in a]


@given(pairs)
@quick
def test_vectors_have_scipys_distances(pair):
    a, b = pair
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    assert close(MATH("euclidean_distance", a, b), scipy.spatial.distance.euclidean(x, y))
    assert close(MATH("manhattan_distance", a, b), scipy.spatial.distance.cityblock(x, y))
    assert type(MATH("manhattan_distance", a, b)) is float
    assert close(MATH("chebyshev_distance", a, b), scipy.spatial.distance.chebyshev(x, y))
    if np.any(x) and np.any(y):
        assert close(MATH("cosine_similarity", a, b), 1 - scipy.spatial.distance.cosine(x, y), abs_=1e-7)


@given(st.lists(st.tuples(ints, ints), min_size=1))
@quick
def test_the_greatest_difference_of_ints_is_an_int(both):
    a, b = [list(each) for each in zip(*both)]
    result = MATH("chebyshev_distance", a, b)
    greatest = max(abs(x - y) for x, y in both)
    assert (type(result), result) == ((int, greatest) if greatest else (float, 0.0))


# --- what is real stays real ---------------------------------------------------------------------------------------

REAL = [
    ("minmax_scale", 1),
    ("zscore", 1),
    ("softmax", 1),
    ("variance", 1),
    ("mean", 1),
    ("covariance", 2),
    ("weighted_mean", 2),
]


@pytest.mark.parametrize(("name", "count"), REAL)
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_ints_give_what_floats_of_the_same_value_give(name, count, data):
    values = st.lists(st.integers(1, 1000), min_size=4, max_size=4)
    lists_of_ints = [data.draw(values) for _ in range(count)]
    as_floats = [[float(x) for x in each] for each in lists_of_ints]
    assert MATH(name, *lists_of_ints) == MATH(name, *as_floats)


@given(ints, ints, st.integers(1, 1000), ints, ints)
@quick
def test_scalars_of_ints_give_what_floats_give(x, lo, span, out_lo, out_hi):
    result = MATH("map_range", x, lo, lo + span, out_lo, out_hi)
    assert result == MATH("map_range", float(x), float(lo), float(lo + span), float(out_lo), float(out_hi))
    assert type(result) is float
    assert MATH("normal_pdf", x, lo, span) == MATH("normal_pdf", float(x), float(lo), float(span))
    assert MATH("normal_cdf", x, lo, span) == MATH("normal_cdf", float(x), float(lo), float(span))


# --- k-means -------------------------------------------------------------------------------------------------------


def reference_kmeans(points, k, limit):
    """The algorithm as the specification tells it, step by step and without a thought for speed."""

    def squared(p, q):
        return added(((x - y) * (x - y) for x, y in zip(p, q)), 0.0)

    def assign():
        chosen = [min(range(k), key=lambda c: squared(p, centroids[c])) for p in points]
        return chosen, [squared(p, centroids[c]) for p, c in zip(points, chosen)]

    centroids = [points[0]]
    while len(centroids) < k:
        centroids.append(max(points, key=lambda p: min(squared(p, c) for c in centroids)))
    previous, iterations, converged = None, 0, False
    while True:
        assignments, distances = assign()
        farthest = points[max(range(len(points)), key=distances.__getitem__)]
        for c in range(k):
            members = [p for p, chosen in zip(points, assignments) if chosen == c]
            centroids[c] = (
                [added(axis, 0.0) / len(members) for axis in zip(*members)] if members else [float(x) for x in farthest]
            )
        iterations += 1
        if assignments == previous:
            converged = True
            break
        previous = assignments
        if iterations >= limit:
            assignments, distances = assign()
            break
    return {
        "assignments": assignments,
        "centroids": centroids,
        "converged": converged,
        "counts": [assignments.count(c) for c in range(k)],
        "inertia": added(distances, 0.0),
        "iterations": iterations,
    }


points_of = st.integers(1, 3).flatmap(
    lambda dimension: st.lists(
        st.lists(st.integers(0, 6) | st.sampled_from([0.5, 2.5]), min_size=dimension, max_size=dimension),
        min_size=1,
        max_size=14,
    )
)


@given(points_of, st.integers(1, 6), st.integers(1, 6))
@settings(deadline=None, max_examples=150)
def test_kmeans_is_the_algorithm_that_is_named(points, k, limit):
    k = min(k, len(points))
    result = MATH("kmeans", points, k, {"max_iterations": limit})
    assert result == reference_kmeans(points, k, limit)
    assert all(type(x) is float for centroid in result["centroids"] for x in centroid)
    assert sum(result["counts"]) == len(points)


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
@settings(deadline=None, max_examples=30)
def test_kmeans_ends_where_scipys_does_from_the_same_start(seed, k):
    random = np.random.default_rng(seed)
    points = np.vstack([random.normal(center, 0.5, (8, 2)) for center in random.uniform(-20, 20, (k, 2))])
    result = MATH("kmeans", points.tolist(), k)
    assume(result["converged"] and min(result["counts"]) > 0)
    start = MATH("_seed_centroids", points.tolist(), k)
    centroids, labels = scipy.cluster.vq.kmeans2(points, np.asarray(start), iter=result["iterations"], minit="matrix")
    assert close(result["centroids"], centroids)
    assert result["assignments"] == labels.tolist()


# --- checks --------------------------------------------------------------------------------------------------------

LISTS = {
    "sum": "items",
    "avg": "items",
    "mean": "items",
    "median": "items",
    "variance": "items",
    "stddev": "items",
    "minmax_scale": "items",
    "zscore": "items",
    "softmax": "items",
    "vector_norm": "vector",
    "vector_normalize": "vector",
    "weighted_mean": "items",
    "moving_avg": "items",
    "ema": "items",
    "percentile": "items",
    "covariance": "xs",
    "correlation": "xs",
    "dot": "a",
    "euclidean_distance": "a",
    "manhattan_distance": "a",
    "chebyshev_distance": "a",
    "cosine_similarity": "vector",
}
EMPTY_IS_FINE = {"sum", "avg", "mean", "vector_norm", "vector_normalize", "cosine_similarity"} | {
    name for name, label in LISTS.items() if label == "a"
}


@pytest.mark.parametrize("name", LISTS)
@given(bad=st.none() | st.booleans() | ints | st.text(max_size=3) | st.dictionaries(st.text(max_size=2), ints))
@settings(deadline=None, max_examples=10)
def test_what_is_no_list_is_refused(name, bad):
    assert MATH.caught(name, bad, bad) == f"{LISTS[name]} must be a list"


@pytest.mark.parametrize("name", LISTS)
@given(numbers_before=st.lists(numbers, max_size=3), bad=st.none() | st.booleans() | st.text(max_size=3) | st.just([]))
@settings(deadline=None, max_examples=10)
def test_lists_with_anything_but_numbers_are_refused(name, numbers_before, bad):
    assert MATH.caught(name, [*numbers_before, bad], None) == f"{LISTS[name]} must contain only numbers"


@pytest.mark.parametrize("name", sorted(LISTS.keys() - EMPTY_IS_FINE))
def test_empty_lists_are_refused(name):
    assert MATH.caught(name, [], None) == f"{LISTS[name]} must not be empty"
