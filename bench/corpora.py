"""What the language-model corpora demand of a network: memory for characters, agreement for words.

    OPENBLAS_NUM_THREADS=1 python bench/corpora.py [--quick] [--check]

Trains small networks (bench/language_model.py) and prints validation perplexities beside the best possible one; the
loss on echoed characters by distance; perplexity by truncation length, at the same number of updates on the same
number of characters, so that nothing but the length of the gradients' way back differs; and how often the right form
of a verb is more probable than the wrong one, by number of attractors. About 3 minutes on one core, --quick one.
--check first compares the gradients with numerical ones in float64. The losses are the same in every run on one
machine; only seconds vary.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from language_model import (
    CELLS,
    Settings,
    in_streams,
    initial,
    log_probabilities,
    losses_and_gradients,
    token_losses,
    train,
    zero_state,
)

from unroll.corpus import WordCorpus, char_corpus, echo_distances, surprisal, word_corpus
from unroll.gradcheck import eval_numerical_gradient

# Each cell with a learning rate and an input scale that served it well on val, of a few tried.
OF_CHARACTERS = (
    Settings("rnn", steps=32, streams=16, rate=2e-3, input_scale=0.3),
    Settings("lstm", steps=32, streams=16, rate=5e-3, input_scale=2.0),
)
OF_WORDS = (
    Settings("rnn", steps=16, streams=16, rate=3e-3, input_scale=0.3),
    Settings("lstm", steps=16, streams=16, rate=1e-2, input_scale=1.0),
)
TRUNCATIONS = (4, 8, 16, 32)
DISTANCES = ((12, 13), (14, 15), (16, 17), (19, 21))
SENTENCES_AT_ONCE = 1000
VALIDATION_STREAMS = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed, less training")
    parser.add_argument("--check", action="store_true", help="check the gradients first")
    arguments = parser.parse_args()
    if arguments.check:
        check_gradients()
    seeds = range(1 if arguments.quick else 3)
    characters(seeds, 3_000_000 if arguments.quick else 5_000_000)
    print(f"\n{word_corpus()!r}")
    for tokens in (500_000,) if arguments.quick else (500_000, 1_000_000):
        agreement(seeds, tokens)


def characters(seeds: Iterable[int], tokens: int) -> None:
    corpus = char_corpus()
    alphabet = {c: i for i, c in enumerate(sorted(set(corpus.train)))}
    training, validation = (np.array([alphabet[c] for c in text]) for text in (corpus.train, corpus.val))
    text = in_streams(validation, VALIDATION_STREAMS)
    distances = in_streams(echo_distances(corpus.val), VALIDATION_STREAMS)[1:]

    def losses(settings: Settings) -> tuple[np.ndarray, float]:
        parameters, seconds = train(training, len(alphabet), settings)
        return token_losses(parameters, settings.cell, text), seconds

    again = np.flatnonzero(echo_distances(corpus.val))
    guessed = surprisal(corpus.val)[again - echo_distances(corpus.val)[again]].mean()  # as if the word were new
    heading = " ".join(f"{f'{low}-{high}':>6}" for low, high in DISTANCES)
    print(repr(corpus))
    print(f"\ncharacters, H 64, {tokens:,} characters of training; loss on echoes by distance")
    print(f"cell  seed seconds perplexity {heading}")
    print(f"{'echo guessed':29} {' '.join([f'{guessed:6.2f}'] * len(DISTANCES))}")
    print(f"{'best possible':19}{corpus.perplexity:10.3f} {' '.join([f'{0:6.2f}'] * len(DISTANCES))}")
    full = {}
    for settings in OF_CHARACTERS:
        cell = settings.cell
        for seed in seeds:
            found, seconds = full[cell, seed] = losses(replace(settings, tokens=tokens, seed=seed))
            by_distance = [found[(distances >= low) & (distances <= high)].mean() for low, high in DISTANCES]
            columns = " ".join(f"{loss:6.2f}" for loss in by_distance)
            print(f"{cell:5} {seed:4} {seconds:7.1f} {np.exp(found.mean()):10.3f} {columns}", flush=True)

    print("\nLSTM by truncation length, seed 0")
    print("steps seconds perplexity  loss on echoes")
    _, lstm = OF_CHARACTERS
    for steps in TRUNCATIONS:
        cut = replace(lstm, steps=steps, streams=lstm.steps * lstm.streams // steps, tokens=tokens)
        found, seconds = full["lstm", 0] if cut.steps == lstm.steps else losses(cut)
        print(f"{steps:5} {seconds:7.1f} {np.exp(found.mean()):10.3f} {found[distances > 0].mean():15.2f}", flush=True)


def agreement(seeds: Iterable[int], tokens: int) -> None:
    corpus = word_corpus()
    index = {word: i for i, word in enumerate(corpus.vocabulary)}
    training, validation = (
        np.array([index[word] for sentence in sentences for word in sentence])
        for sentences in (corpus.train, corpus.val)
    )
    text = in_streams(validation, VALIDATION_STREAMS)
    attractors = np.array([a.attractors for a in corpus.agreements])
    kinds = np.unique(attractors)

    def row(name: str, right: np.ndarray) -> str:
        return name + " ".join(f"{right[attractors == k].mean():6.3f}" for k in kinds)

    print(f"\nagreement, H 64, {tokens:,} words of training; share of verbs right by number of attractors")
    print("cell  seed seconds perplexity " + " ".join(f"{k:6}" for k in kinds))
    print(f"{'verbs in val':30}" + " ".join(f"{(attractors == k).sum():6}" for k in kinds))
    plural = np.array([a.plural for a in corpus.agreements])
    print(f"{'best possible':19}{corpus.perplexity:10.2f}")
    print(row(f"{'the more frequent number':30}", plural == (plural.mean() > 0.5)))
    print(row(f"{'the number of the last noun':30}", np.array([not a.misled for a in corpus.agreements])))
    for settings in OF_WORDS:
        cell = settings.cell
        for seed in seeds:
            parameters, seconds = train(training, len(index), replace(settings, tokens=tokens, seed=seed))
            reached = np.exp(token_losses(parameters, cell, text).mean())
            right = verbs_right(parameters, cell, corpus, index)
            print(row(f"{cell:5} {seed:4} {seconds:7.1f} {reached:10.2f} ", right), flush=True)


def verbs_right(parameters: dict, cell: str, corpus: WordCorpus, index: dict[str, int]) -> np.ndarray:
    """For every verb of val, whether its right form is more probable than its wrong one, given its sentence so far."""
    right = []
    for start in range(0, len(corpus.agreements), SENTENCES_AT_ONCE):
        group = corpus.agreements[start : start + SENTENCES_AT_ONCE]
        before = np.full((max(a.position for a in group) + 1, len(group)), index["."])  # the sentence before ends
        for n, a in enumerate(group):
            before[1 : a.position + 1, n] = [index[word] for word in corpus.val[a.sentence][: a.position]]
        log_p = log_probabilities(parameters, cell, before)
        right += [
            log_p[a.position, n, index[a.right]] > log_p[a.position, n, index[a.wrong]] for n, a in enumerate(group)
        ]
    return np.array(right)


def check_gradients() -> None:
    """Raise AssertionError unless all gradients agree with central differences."""
    rng = np.random.default_rng(0)
    for cell in CELLS:
        parameters = initial(Settings(cell, hidden=5), 7, np.float64)
        state = tuple(rng.standard_normal(s.shape) for s in zero_state(cell, 3, 5))
        text = rng.integers(0, 7, (7, 3))
        _, _, gradients = losses_and_gradients(parameters, cell, text, state)
        for name, array in parameters.items():
            numerical = eval_numerical_gradient(
                lambda _, p=parameters, c=cell, t=text, s=state: losses_and_gradients(p, c, t, s)[0],
                array,
                verbose=False,
            )
            error = np.linalg.norm(gradients[name] - numerical) / np.linalg.norm(numerical)
            assert error < 1e-7, f"the gradient of {name} of the {cell} is off by {error:.1e}"
            print(f"gradient of {cell:4} {name:2}: relative error {error:.0e}")


if __name__ == "__main__":
    main()
