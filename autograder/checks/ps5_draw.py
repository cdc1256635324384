"""Inputs of problem set 5's checks: sentences, images with their captions, networks that have something to say."""

from __future__ import annotations

import numpy as np

from unroll.data.layout import SPECIALS
from unroll.scenes.words import COLOUR_WORDS, NOUNS

BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
NULL, START, END, UNK = range(4)
# Words that depend on the image: the last one of each name of a thing, and the colours.
TELLING = {name.split()[-1] for kinds in NOUNS.values() for names in kinds for name, _ in names} | set(COLOUR_WORDS)


# ---- words ----------------------------------------------------------------------------------------


def spoken(rng, data, N):
    """N captions of the data set as lists of words, without the special ones."""
    rows = np.asarray(data["train_captions"])[rng.integers(len(data["train_captions"]), size=N)]
    return [[data["idx_to_word"][i] for i in row if i > UNK] for row in rows]


def draw_vocab(rng, data, N, min_count):
    return {"text": "\n".join(" ".join(words) for words in spoken(rng, data, N)), "min_count": min_count}


def shuffled_vocabulary(rng, words):
    """The special words and others, in any order, as one text."""
    return " ".join(rng.permutation([*SPECIALS, *words]))


def draw_encode(rng, data, max_len, length, usual=True):
    words = [word for caption in spoken(rng, data, 8) for word in caption]
    some = sorted(set(words))
    known = some[: 2 * len(some) // 3]  # the rest is unknown
    first, last = rng.choice(known), rng.choice(some[len(known) :])
    chosen = [first, last, *rng.choice(some, length)][:length]
    order = " ".join([*SPECIALS, *known]) if usual else shuffled_vocabulary(rng, known)
    return {"text": " ".join(chosen), "vocabulary": order, "max_len": max_len}


def draw_decode(rng, data, N, T):
    words = sorted({word for caption in spoken(rng, data, 4) for word in caption})
    captions = rng.integers(UNK, 4 + len(words), (N, T))
    captions[:, 0] = START if T > 1 else rng.permutation(np.arange(START, START + N))
    for row in captions if T > 1 else ():
        end = int(rng.integers(2, T - 1))
        row[end] = END
        if rng.random() < 0.7:
            row[end + 2 :] = NULL
        if end > 2:
            row[rng.integers(2, end)] = NULL  # an untrained network may say anything
    if T > 1:
        captions[-1, captions[-1] == END] = UNK  # one caption never ends
        captions[-1, -1] = 4
    return {"captions": captions, "words": " ".join([*SPECIALS, *words])}


def draw_init(rng, data, V, D, W, H, cell_type):
    return {"V": V, "D": D, "W": W, "H": H, "cell_type": cell_type, "seed": int(rng.integers(2**31))}


# ---- the network ----------------------------------------------------------------------------------


def parameters(rng, V, D, W, H, cell_type, scale=1.0):
    """Parameters of a network. scale: of the weights that make states; large ones saturate the cells, where the
    gradient nearly vanishes and float32 inside would show."""
    G = BLOCKS[cell_type]
    return {
        "W_proj": scale * rng.standard_normal((D, H)) / np.sqrt(D),
        "b_proj": 0.5 * rng.standard_normal(H),
        "W_embed": rng.standard_normal((V, W)),
        "Wx": scale * rng.standard_normal((W, G * H)) / np.sqrt(W),
        "Wh": scale * rng.standard_normal((H, G * H)) / np.sqrt(H),
        "b": 0.3 * rng.standard_normal(G * H),
        "W_vocab": rng.standard_normal((H, V)) / np.sqrt(H),
        "b_vocab": 0.3 * rng.standard_normal(V),
    }


def talkative(rng, V, D, W, H, cell_type, start, end, null):
    """Parameters of a network whose captions differ, wander and sometimes end."""
    params = parameters(rng, V, D, W, H, cell_type, scale=1.5)
    for name, factor in (("W_proj", 1.5), ("Wx", 1.3), ("Wh", 2.5), ("W_vocab", 3)):
        params[name] = factor * params[name]
    params["b_vocab"][[start, null]] -= 20  # words that a trained network never says
    params["b_vocab"][end] += 0.7
    return params


def scaled(data, D, split):
    """The first D features of all images, of magnitude 1."""
    features = np.asarray(data[f"{split}_features"])[:, :D].astype(np.float64)
    return features / np.asarray(data["train_features"])[:, :D].std()


def images(rng, data, N, D):
    """The rows of N different images of train, and their features."""
    features = scaled(data, D, "train")
    rows = rng.choice(len(features), N, replace=False)
    return rows, features[rows]


def shortened(captions, T):
    """Rows of START, up to T - 1 words, END and NULL, (N, T + 1)."""
    words = np.asarray(captions)[:, : T + 1].astype(np.int64)
    goes_on = ~(words == END).any(axis=1)
    words[goes_on, T] = END
    return words


def described(rng, data, rows, T):
    """One caption of each image of train."""
    image_idxs = np.asarray(data["train_image_idxs"])
    chosen = [rng.choice(np.flatnonzero(image_idxs == i)) for i in rows]
    return shortened(np.asarray(data["train_captions"])[chosen], T)


def draw_loss(rng, data, N, T, V, D, W, H, cell_type, null=NULL):
    rows, features = images(rng, data, N, D)
    captions = described(rng, data, rows, T)
    captions = np.where(captions > UNK, UNK + 1 + captions % (V - UNK - 1), captions)
    if T > 2:
        captions[0, T // 2 + 1 :] = NULL  # something is padded in every draw
    captions = np.where(captions == NULL, null, np.where(captions == null, NULL, captions))
    return {
        **parameters(rng, V, D, W, H, cell_type),
        "features": features,
        "captions": captions,
        "cell_type": cell_type,
        "null": null,
    }


def draw_words(rng, data, N, V, temperature, scale=1):
    scores = 2 * scale * temperature * rng.standard_normal((N, V))
    scores[0] -= 1000 * (scale - 1)  # an example whose scores are all far below the others'
    scores[-1] += 1000 * (scale - 1) * (N > 1)
    return {"scores": scores, "temperature": temperature, "u": rng.random((6, N))}


def draw_sample(rng, data, N, T, V, D, W, H, cell_type, usual=True, temperature=1.5):
    _, features = images(rng, data, N, D)
    start, end, null = (START, END, NULL) if usual else (int(i) for i in rng.permutation(V)[:3])
    params = talkative(rng, V, D, W, H, cell_type, start, end, null)
    return {
        **params,
        "features": features,
        "cell_type": cell_type,
        "start": start,
        "end": end,
        "null": null,
        "max_length": T,
        "temperature": temperature,
        "u": rng.random((N, T)),
    }


# ---- the whole ------------------------------------------------------------------------------------


def draw_captioner(rng, data, N, T, D, W, H, cell_type, usual=True, V=0, held_out=0, **training):
    """A network, images, and their captions in a vocabulary of their own. held_out: how many more to judge it by.

    N images with one caption each; or, with `held_out`, with all their captions, shortened to the V - 4 most frequent
    telling words. What remains can hardly be guessed without the image.
    training: steps, rate, batch, and what the trained network must reach: loss_below, bleu_1_above, bleu_2_above.
    """
    if held_out:
        count = np.bincount(np.asarray(data["train_captions"]).ravel())
        telling = [i for i in np.argsort(-count, kind="stable") if data["idx_to_word"][i] in TELLING][: V - 4]
        kept = np.concatenate([np.arange(4), telling])
        features, *told = telegrams(rng, data, N, T, D, telling, "train")
        judged, *true = telegrams(rng, data, held_out, T, D, telling, "val")
    else:
        rows, features = images(rng, data, N, D)
        words = described(rng, data, rows, T)
        if T > 2:
            words[0, T // 2 :] = [END] + (T - T // 2) * [NULL]  # something is padded in every draw
        kept = np.unique(np.concatenate([np.arange(4), words.ravel()]))
        judged, told, true = features, (words, np.arange(N)), (words, np.arange(N))
    order = np.arange(len(kept)) if usual else rng.permutation(len(kept))
    place = dict(zip(kept.tolist(), order.tolist(), strict=True))
    names = {at: data["idx_to_word"][i] for i, at in place.items()}
    captions, true_captions = (np.vectorize(place.get)(words) for words in (told[0], true[0]))
    return {
        "vocabulary": " ".join(names[at] for at in range(len(names))),
        "cell_type": cell_type,
        "features": features,
        "captions": captions,
        "image_idxs": told[1],
        "judged": judged,
        "true_captions": true_captions,
        "true_idxs": true[1],
        "seed": int(rng.integers(2**31)),
        "training": training,
        **talkative(rng, len(kept), D, W, H, cell_type, *order[[START, END, NULL]]),
    }


def telegrams(rng, data, N, T, D, telling, split):
    """Features of N images, and the telling words of all their captions with the images they belong to, shuffled."""
    said = []
    for image, row in zip(data[f"{split}_image_idxs"], data[f"{split}_captions"], strict=True):
        words = [i for i in row if i in telling][: T - 1]
        if words:
            said.append([image, START, *words, END, *(T - 1 - len(words)) * [NULL]])
    said = rng.permutation(said)
    there = np.unique(said[:, 0])
    rows = np.sort(rng.choice(there, N, replace=False))
    said = said[np.isin(said[:, 0], rows)]
    # Steps of 1/8 are fine enough, and short in a file.
    return np.round(8 * scaled(data, D, split)[rows]) / 8, said[:, 1:], np.searchsorted(rows, said[:, 0])
