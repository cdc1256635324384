"""Mistakes about matrices: singular values, eigenvalues, powers."""

from __future__ import annotations

from autograder.check import Mistake

SIGMA = "np.linalg.svd(Wh, compute_uv=False)[0]"
RHO = "np.abs(np.linalg.eigvals(Wh)).max()"

SPECTRAL_REPORT = (
    Mistake(
        "smallest_singular_value",
        "sigma_max is the smallest singular value. NumPy sorts singular values from the largest to the smallest.",
        ((SIGMA, "np.linalg.svd(Wh, compute_uv=False)[-1]"),),
    ),
    Mistake(
        "frobenius_norm",
        "sigma_max is the root of the sum of all squared entries, the Frobenius norm. It is never smaller than the "
        "largest singular value, and for more than one row nearly always larger.",
        ((SIGMA, "np.linalg.norm(Wh)"),),
    ),
    Mistake(
        "sigma_squared",
        "sigma_max is the square of what is expected: these are eigenvalues of W times its transpose, and their roots "
        "are the singular values.",
        ((SIGMA, "np.linalg.eigvalsh(Wh @ Wh.T).max()"),),
    ),
    Mistake(
        "row_sums",
        "sigma_max is the largest row sum of absolute values. That is a matrix norm too, but not the one that goes "
        "with the length of a vector.",
        ((SIGMA, "np.abs(Wh).sum(axis=1).max()"),),
    ),
    Mistake(
        "column_sums",
        "sigma_max is the largest column sum of absolute values. That is a matrix norm too, but not the one that goes "
        "with the length of a vector.",
        ((SIGMA, "np.abs(Wh).sum(axis=0).max()"),),
    ),
    Mistake(
        "sigma_from_eigenvalues",
        "sigma_max is the spectral radius: right for symmetric and orthogonal matrices only. What a matrix does once "
        "is told by its singular values.",
        ((SIGMA, RHO),),
    ),
    Mistake(
        "radius_from_singular_values",
        "rho is the largest singular value: right for symmetric and orthogonal matrices only. The long run is told by "
        "the eigenvalues.",
        ((RHO, SIGMA),),
    ),
    Mistake(
        "real_parts",
        "rho is the largest real part of an eigenvalue. Eigenvalues may be negative, and complex; their absolute "
        "value counts.",
        ((RHO, "np.linalg.eigvals(Wh).real.max()"),),
    ),
    Mistake(
        "absolute_real_parts",
        "rho is the largest absolute value of a real part, as if the eigenvalues had no imaginary parts: a matrix that "
        "turns vectors has complex ones.",
        ((RHO, "np.abs(np.linalg.eigvals(Wh).real).max()"),),
    ),
    Mistake(
        "symmetrised",
        "rho is that of a symmetric matrix made from one half of W: this way of computing eigenvalues takes for "
        "granted that the matrix is symmetric.",
        ((RHO, "np.abs(np.linalg.eigvalsh(Wh)).max()"),),
    ),
    Mistake(
        "smallest_eigenvalue",
        "rho is the smallest absolute value of an eigenvalue; the largest one wins in the long run.",
        ((RHO, "np.abs(np.linalg.eigvals(Wh)).min()"),),
    ),
    Mistake(
        "largest_entry",
        "rho is the largest absolute value of an entry of W; it is asked for the eigenvalues.",
        ((RHO, "np.abs(Wh).max()"),),
    ),
)

VANISHING_POWERS = (
    Mistake(
        "merely_small",
        "The powers vanish, but W stretches no vector: its largest singular value is below 1.1. It is easy to vanish "
        "by being small; look for a matrix that is large once, and not in the long run.",
        (("W = np.zeros((n, n))", "W = 0.5 * np.eye(n)"), ("W[0, 1] = 100", "W[0, 1] = 0")),
    ),
    Mistake(
        "powers_stay",
        "W stretches a vector, and its powers do not vanish: it has an eigenvalue that is too large. Which entries may "
        "be large without any influence on the eigenvalues?",
        (("W = np.zeros((n, n))", "W = 2 * np.eye(n)"),),
    ),
    Mistake(
        "orthogonal",
        "The powers of W have a norm of 1 or near it for ever: nothing is stretched, and nothing vanishes.",
        (("W = np.zeros((n, n))", "W = np.eye(n)"), ("W[0, 1] = 100", "W[0, 1] = 0")),
    ),
    Mistake(
        "one_size_only",
        "Right for some sizes, and for others it has the wrong shape or the wrong properties: a matrix for every size "
        "n is asked for.",
        (("W = np.zeros((n, n))", "W = np.zeros((3, 3))"),),
    ),
)

GROWING_POWERS = (
    Mistake(
        "never_grows",
        "W is large, and its powers vanish, but they do not grow first: no later power has twice the norm of W. Large "
        "is not the same as growing; compare the second power with the first.",
        (("W = 0.9 * np.eye(n)", "W = 0.3 * np.eye(n)"),),
    ),
    Mistake(
        "grows_for_ever",
        "The powers grow, and they do not vanish in the end: the spectral radius is too large.",
        (("W = 0.9 * np.eye(n)", "W = 1.1 * np.eye(n)"),),
    ),
    Mistake(
        "merely_small",
        "The powers vanish from the very first, because W stretches no vector: its largest singular value is below 1. "
        "No power of such a matrix can grow.",
        (("W[0, 1] = 100", "W[0, 1] = 0.05"),),
    ),
    Mistake(
        "orthogonal",
        "The norm of the powers stays where it is: nothing grows, and nothing vanishes.",
        (("W = 0.9 * np.eye(n)", "W = np.eye(n)"), ("W[0, 1] = 100", "W[0, 1] = 0")),
    ),
    Mistake(
        "one_size_only",
        "Right for some sizes, and for others it has the wrong shape or the wrong properties: a matrix for every size "
        "n is asked for.",
        (("W = 0.9 * np.eye(n)", "W = 0.9 * np.eye(3)"),),
    ),
)
