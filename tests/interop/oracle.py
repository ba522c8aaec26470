"""Recomputes what vantage_protocol::compare::infer says, with SciPy and statsmodels. Reads cases as JSON, prints answers as JSON."""

import json
import sys

import numpy
from scipy import signal, special, stats
from statsmodels.stats.multitest import multipletests


def flips(differences):
    # SciPy takes two or more; a difference of 0 changes nothing
    values = numpy.array([*differences, 0], dtype=float)
    zeros = numpy.zeros_like(values)
    found = stats.permutation_test(
        (values, zeros),
        lambda one, other: float((one - other).sum()),
        permutation_type="samples",
        n_resamples=numpy.inf,
        vectorized=False,
    )
    return float(found.pvalue)


def moves(up, down):
    return float(stats.binomtest(up, up + down).pvalue)


def strata(cases):
    ways, observed = numpy.ones(1), 0
    for case in cases:
        (n, m), (yes, more) = case["answers"], case["yes"]
        pmf = stats.hypergeom(n + m, yes + more, n).pmf(numpy.arange(0, n + 1))
        ways, observed = signal.convolve(ways, pmf, method="direct"), observed + yes
    return float(min(1.0, 2 * min(ways[: observed + 1].sum(), ways[observed:].sum())))


def energy(distances, answers):
    matrix = numpy.array(distances, dtype=float).reshape(answers, answers)

    def distance(one, other):
        one, other = one.astype(int), other.astype(int)
        across = matrix[numpy.ix_(one, other)].mean()
        return 2 * across - matrix[numpy.ix_(one, one)].mean() - matrix[numpy.ix_(other, other)].mean()

    half = numpy.arange(answers // 2), numpy.arange(answers // 2, answers)
    found = stats.permutation_test(half, distance, alternative="greater", n_resamples=numpy.inf, vectorized=False)
    return {"chance": float(found.pvalue), "energy_ppm": float(found.statistic)}


def evidence(up, down):
    n = up + down
    ways = special.gammaln(n + 1) - special.gammaln(up + 1) - special.gammaln(down + 1)
    return float(n - (numpy.log(n + 1) + ways) / numpy.log(2))


def half_width(units, miss):
    return float(min(2e6, 2e6 * numpy.sqrt(numpy.log(2 / miss) / (2 * units))))


def adjusted(chances, method):
    return [float(chance) for chance in multipletests(chances, method=method)[1]]


given = json.loads(sys.argv[1])
print(
    json.dumps(
        {
            "flips": [flips(case) for case in given["flips"]],
            "moves": [moves(*case) for case in given["moves"]],
            "strata": [strata(case) for case in given["strata"]],
            "energy": [energy(case["distances"], case["answers"]) for case in given["energy"]],
            "evidence": [evidence(*case) for case in given["evidence"]],
            "half_widths": [half_width(*case) for case in given["half_widths"]],
            "holm": [adjusted(case, "holm") for case in given["families"]],
            "false_discovery": [adjusted(case, "fdr_bh") for case in given["families"]],
        }
    )
)
