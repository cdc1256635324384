"""Mistakes in the PixelRNN: its inputs, its probabilities, its loss and its samples."""

from __future__ import annotations

from autograder.check import Mistake

LOG_P = "log_p = -np.logaddexp(0, np.where(y == 1, -scores, scores))"
SUM = "logprob = log_p.sum(axis=1)"
DSCORES = "dscores = (1 / (1 + np.exp(-scores)) - y) / N"
STEP = "h, _ = rnn_step_forward(x, h, params"

PIXEL_INPUTS = (
    Mistake(
        "sees_the_pixel_itself",
        "In place of the left neighbour stands the pixel itself: a network that reads what it is to predict is right "
        "at once and learns nothing.",
        (("left[:, :, 1:] = signs[:, :, :-1]", "left[:] = signs"),),
    ),
    Mistake(
        "row_sees_itself",
        "In place of the neighbour above stands the pixel itself: a network that reads what it is to predict is right "
        "at once and learns nothing.",
        (("above[:, 1:] = signs[:, :-1]", "above[:] = signs"),),
    ),
    Mistake(
        "sees_the_right_neighbour",
        "The right neighbour stands where the left one should: it comes later in reading order.",
        (("left[:, :, 1:] = signs[:, :, :-1]", "left[:, :, :-1] = signs[:, :, 1:]"),),
    ),
    Mistake(
        "sees_the_row_below",
        "The neighbour below stands where the one above should: it comes later in reading order.",
        (("above[:, 1:] = signs[:, :-1]", "above[:, :-1] = signs[:, 1:]"),),
    ),
    Mistake(
        "wraps_around",
        "At the borders stand pixels from the opposite side of the image, some of which come later. Outside the image "
        "there is nothing, coded as 0.",
        (
            ("left[:, :, 1:] = signs[:, :, :-1]", "left[:] = np.roll(signs, 1, axis=2)"),
            ("above[:, 1:] = signs[:, :-1]", "above[:] = np.roll(signs, 1, axis=1)"),
        ),
    ),
    Mistake(
        "previous_pixel_for_left",
        "The first pixel of a row has as its left neighbour the last pixel of the row above. Outside the image there "
        "is nothing, coded as 0.",
        (
            (
                "left[:, :, 1:] = signs[:, :, :-1]",
                "left.reshape(N, -1)[:, 1:] = signs.reshape(N, -1)[:, :-1]",
            ),
        ),
    ),
    Mistake(
        "left_and_above_exchanged",
        "The two neighbours are exchanged: the left one comes first.",
        (("np.stack([left, above], axis=3)", "np.stack([above, left], axis=3)"),),
    ),
    Mistake(
        "column_by_column",
        "The pixels are read column by column; reading order is row by row.",
        ((".reshape(N, rows * columns, 2)", ".swapaxes(1, 2).reshape(N, rows * columns, 2)"),),
    ),
    Mistake(
        "coded_as_they_are",
        "The neighbours are coded as 0 and 1, so a neighbour that is 0 looks like none at all.",
        (("signs = 2.0 * images - 1", "signs = 1.0 * images"),),
    ),
    Mistake(
        "outside_coded_as_a_pixel",
        "A neighbour outside the image is coded like one that is 0; it should be 0, halfway between the two.",
        (
            ("left = np.zeros((N, rows, columns))", "left = -np.ones((N, rows, columns))"),
            ("above = np.zeros((N, rows, columns))", "above = -np.ones((N, rows, columns))"),
        ),
    ),
    Mistake(
        "signs_reversed",
        "A neighbour that is 1 is coded as -1, and one that is 0 as 1.",
        (("signs = 2.0 * images - 1", "signs = 1 - 2.0 * images"),),
    ),
)

PIXEL_LOGPROB = (
    Mistake(
        "mean_over_pixels",
        "The logarithms are averaged over the pixels. The probability of an image is a product over its pixels, so "
        "they add up.",
        ((SUM, "logprob = log_p.mean(axis=1)"),),
    ),
    Mistake(
        "summed_over_images",
        "The logarithms are summed over the images too: one number for each of the N images is asked for.",
        ((SUM, "logprob = log_p.sum()"),),
    ),
    Mistake(
        "sign",
        "logprob is positive, and the logarithm of a probability never is: this is the loss, of the opposite sign.",
        ((SUM, "logprob = -log_p.sum(axis=1)"),),
    ),
    Mistake(
        "base_two",
        "logprob is in bits: these are logarithms to the base 2, and natural ones are asked for.",
        ((SUM, "logprob = log_p.sum(axis=1) / np.log(2)"),),
    ),
    Mistake(
        "probability",
        "logprob is a probability, and its logarithm is asked for: the product of many probabilities underflows.",
        ((SUM, "logprob = np.exp(log_p.sum(axis=1))"),),
    ),
    Mistake(
        "only_ones_counted",
        "Only pixels that are 1 count, so dark images are free and the probabilities sum to more than one: a pixel "
        "that is 0 has a probability as well.",
        ((LOG_P, "log_p = -np.logaddexp(0, -scores) * y"),),
    ),
    Mistake(
        "ones_and_zeros_exchanged",
        "Every pixel is given the probability of the opposite one. The probabilities still sum to one: a large score "
        "should make a 1 likely.",
        (("np.where(y == 1, -scores, scores)", "np.where(y == 1, scores, -scores)"),),
    ),
    Mistake(
        "pixels_column_by_column",
        "The pixels that are predicted stand column by column, those that are read row by row.",
        (("y = images.reshape(N, -1)", "y = images.swapaxes(1, 2).reshape(N, -1)"),),
    ),
    Mistake(
        "next_pixel_predicted",
        "Each score is held against the pixel after its own. The inputs are shifted already; the pixels must not be "
        "shifted again.",
        (("y = images.reshape(N, -1)", "y = np.roll(images.reshape(N, -1), -1, axis=1)"),),
    ),
    Mistake(
        "bias_missing",
        "The scores are those of a network without c.",
        (('params["w"], params["c"])', 'params["w"], 0 * params["c"])'),),
    ),
    Mistake(
        "overflow",
        "Right for small scores; for large ones a probability rounds to 0 and its logarithm is infinite. np.logaddexp "
        "computes the logarithm of a sum of exponentials without that.",
        ((LOG_P, "log_p = np.log(1 / (1 + np.exp(np.where(y == 1, -scores, scores))))"),),
    ),
)

BITS = (
    Mistake(
        "nats",
        "The number is in nats: a natural logarithm is to be turned into one to the base 2.",
        (("(n_pixels * np.log(2))", "n_pixels"),),
    ),
    Mistake(
        "multiplied_by_ln_two",
        "Multiplied by ln 2 where it should be divided: a bit is ln 2, about 0.69, nats.",
        (("(n_pixels * np.log(2))", "n_pixels * np.log(2)"),),
    ),
    Mistake(
        "base_ten",
        "The unit is the decimal digit: the logarithm to the base 10 was used.",
        (("np.log(2)", "np.log(10)"),),
    ),
    Mistake(
        "per_image",
        "These are the bits of a whole image; bits per pixel are asked for.",
        (("(n_pixels * np.log(2))", "np.log(2)"),),
    ),
    Mistake(
        "summed_over_images",
        "The images' bits are added up; their mean is asked for.",
        (("-np.mean(logprob)", "-np.sum(logprob)"),),
    ),
    Mistake(
        "sign",
        "The number is negative: bits are minus a logarithm of a probability.",
        (("-np.mean(logprob)", "np.mean(logprob)"),),
    ),
)

PIXEL_LOSS = (
    Mistake(
        "mean_over_pixels",
        "The loss is averaged over the pixels and so are the gradients; it is asked for per image, a sum over pixels.",
        (
            (".sum() / N", ".mean()"),
            (DSCORES, f"{DSCORES} / y.shape[1]"),
        ),
    ),
    Mistake(
        "gradients_per_pixel",
        "The loss is right; the gradients are those of the mean over the pixels, too small by their number.",
        ((DSCORES, f"{DSCORES} / y.shape[1]"),),
    ),
    Mistake(
        "gradients_summed_over_images",
        "The loss is right; the gradients are N times too large: the mean over the images belongs to both.",
        ((DSCORES, "dscores = 1 / (1 + np.exp(-scores)) - y"),),
    ),
    Mistake(
        "loss_summed_over_images",
        "The gradients are right; the loss is N times too large: the mean over the images belongs to both.",
        ((".sum() / N", ".sum()"),),
    ),
    Mistake(
        "slope_twice",
        "The gradient of the scores has the slope of the sigmoid in it. With this loss the slope cancels.",
        ((DSCORES, "p = 1 / (1 + np.exp(-scores))\n    dscores = (p - y) * p * (1 - p) / N"),),
    ),
    Mistake(
        "pixels_missing_in_the_gradient",
        "The gradient does not depend on the pixels that are to be predicted: it pushes every score down.",
        ((DSCORES, "dscores = 1 / (1 + np.exp(-scores)) / N"),),
    ),
    Mistake(
        "gradient_sign",
        "The gradients have the right magnitude and the opposite sign: they would make every image less likely.",
        ((DSCORES, "dscores = (y - 1 / (1 + np.exp(-scores))) / N"),),
    ),
    Mistake(
        "bits",
        "The loss is in bits and the gradients are in nats; both should be in nats.",
        ((".sum() / N", ".sum() / N / np.log(2)"),),
    ),
    Mistake(
        "loss_sign",
        "The loss is the mean log probability, of the opposite sign: it would be largest for the best network.",
        (("loss = np.logaddexp", "loss = -np.logaddexp"),),
    ),
)

SAMPLES = (
    Mistake(
        "likeliest_pixel",
        "All images are alike: each pixel is set where 1 is likelier than 0. To sample is to set it with its "
        "probability.",
        (("rng.random(n) < p", "0.5 < p"),),
    ),
    Mistake(
        "rng_unused",
        "The pixels do not come from the generator that is passed in: with the same rng the images must be equal, so "
        "that a run can be repeated.",
        (("rng.random(n)", "np.random.random(n)"),),
    ),
    Mistake(
        "one_draw_for_all_pixels",
        "The same random numbers are used for every pixel, so the pixels of an image agree too often.",
        (
            ("    for t in range", "    drawn = rng.random(n)\n    for t in range"),
            ("rng.random(n) < p", "drawn < p"),
        ),
    ),
    Mistake(
        "one_draw_for_all_images",
        "All images of a call are alike: one random number is used for all of them.",
        (("rng.random(n) < p", "rng.random() < p"),),
    ),
    Mistake(
        "ones_and_zeros_exchanged",
        "Pixels are 0 with the probability of a 1: a uniform number lies below p with probability p.",
        (("rng.random(n) < p", "rng.random(n) > p"),),
    ),
    Mistake(
        "probabilities_ignored",
        "Every pixel is 1 half of the time, whatever the network says.",
        (("rng.random(n) < p", "rng.random(n) < 0.5"),),
    ),
    Mistake(
        "state_not_carried",
        "Every pixel starts from a state of zeros: the state that a step returns is not handed to the next one.",
        ((STEP, f"_, _ = None, None\n        h = np.zeros_like(h)\n        {STEP}"),),
    ),
    Mistake(
        "pixels_not_fed_back",
        "The network never reads the pixels that were drawn: its inputs are those of empty images.",
        (("x = pixel_inputs(images)[:, t]", "x = pixel_inputs(0 * images)[:, t]"),),
    ),
    Mistake(
        "first_input_repeated",
        "Every pixel reads the neighbours of the first one, which has none.",
        (("pixel_inputs(images)[:, t]", "pixel_inputs(images)[:, 0]"),),
    ),
    Mistake(
        "column_by_column",
        "The images are filled column by column; the network predicts them row by row.",
        (("images[:, t // columns, t % columns]", "images[:, t % rows, t // rows]"),),
    ),
    Mistake(
        "bias_missing",
        "The frequencies are those of a network without c.",
        ((' + params["c"]', ""),),
    ),
)
