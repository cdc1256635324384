"""The class report says what the outcomes say: every number and every sentence, computed here in another way."""

import random
import re
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from bs4 import BeautifulSoup

from autograder import engine
from autograder.check import CARRIED, CRASHED, FAILED, PASSED, SKIPPED, TIMED_OUT
from autograder.classroom import report, results
from autograder.classroom.record import UNSAFE
from autograder.classroom.report import page_numbers, page_pictures
from autograder.classroom.report.page import duration, number, page, percent
from autograder.classroom.results import Outcome
from autograder.problem_set import ROOT, load
from autograder.submission import read as read_submission
from tests.test_changes import outcome, reported, verdict

PS = "ps1_rnn"
NOW = datetime(2026, 11, 21, 19, 4, 5, tzinfo=UTC)
CHECKS = {
    "VanillaRNN": 8.0,
    "rnn_step_forward": 5.0,
    "rnn_step_backward": 9.0,
    "rnn_forward": 6.0,
    "rnn_backward": 12.0,
}
MOST = sum(CHECKS.values())
ORDER = ("passed", "carried forward", "failed", "crashed", "timed out", "skipped")
HINTS = {"tanh_missing": "Look at the nonlinearity.", "sign": "Look at the sign.", "db_averaged": "Sum it."}


def random_class(students, seed=0):
    """Outcomes of every kind, some flagged, some untouched, one in nine not graded."""
    rng, outcomes = random.Random(seed), []
    for i in range(students):
        name = f"student{i}"
        if i % 9 == 4:
            outcomes.append(Outcome(name, None, problem=f"A notebook was expected; line {i % 3}. Ask for it."))
            continue
        verdicts = [some_verdict(rng, check, most, 0.1 + 0.8 * rng.random()) for check, most in CHECKS.items()]
        if i % 9 == 7:
            verdicts = [verdict(check, SKIPPED, 0.0, most, "", "not written yet") for check, most in CHECKS.items()]
        flags = [f"rnn_forward: it was stopped, {rng.randrange(3)}."] if i % 5 == 1 else []
        seconds = round(rng.uniform(0.2, 30), 3)
        outcomes.append(outcome(reported(name, verdicts, flags=flags, seconds=seconds)))
    return outcomes


def some_verdict(rng, check, most, able):
    status = (
        PASSED if rng.random() < able else rng.choice((CARRIED, FAILED, FAILED, FAILED, CRASHED, TIMED_OUT, SKIPPED))
    )
    if status in (PASSED, CARRIED):
        return verdict(check, status, most, most, "", "" if status == PASSED else "Right, given your own step.")
    if status != FAILED or rng.random() < 0.3:
        return verdict(check, status, 0.0, most, "", f"What became of it, {rng.randrange(4)}.")
    names = rng.sample(sorted(HINTS), rng.choice((1, 1, 2)))
    points = round(rng.random() * most, 2)
    return verdict(check, FAILED, points, most, " + ".join(names), " ".join(HINTS[name] for name in names))


@pytest.fixture(scope="module")
def outcomes():
    return random_class(60)


@pytest.fixture(scope="module")
def soup(outcomes):
    return read(page(outcomes, PS, NOW))


def read(html):
    return BeautifulSoup(html, "html.parser")


def text_of(element):
    return " ".join(element.get_text(" ").split())


def rows_of(section, table=0):
    """The body of a table in a section, as lists of cells."""
    return [row.find_all(["th", "td"]) for row in section.find_all("table")[table].tbody.find_all("tr")]


def results_of(outcomes):
    return [o.result for o in outcomes if o.result]


def who(cell):
    return {link.text for link in cell.find_all("a")}


# What the page says


def test_the_head(soup, outcomes):
    facts = {text_of(fact.dt): text_of(fact.dd) for fact in soup.header.find_all("div")}
    total = sum(o.report.seconds for o in outcomes if o.report)
    assert facts == {
        "Written": "2026-11-21 19:04 UTC",
        "Submissions": f"60, of which {60 - len(results_of(outcomes))} not graded",
        "Time of grading": f"{int(round(total) // 60)} min {int(round(total) % 60)} s",
        "Isolation": "bubblewrap",
    }
    assert soup.h1.text == PS and soup.title.text == f"Class report: {PS}"
    assert soup.time["datetime"] == "2026-11-21T19:04:05+00:00"
    assert not soup.select(".warning")
    assert soup.html["lang"] == "en"
    for link in soup.nav.find_all("a"):
        assert soup.find(id=link["href"][1:]).name == "section"


def test_the_spread_of_points(soup, outcomes):
    points = [result.points for result in results_of(outcomes)]
    section = soup.find(id="points")
    shown = {text_of(row.dt): float(row.dd.text) for row in section.select(".numbers div")}
    low, median, high = np.percentile(points, [25, 50, 75])
    expected = {"Median": median, "Mean": np.mean(points), "Highest": max(points), "Upper quartile": high}
    expected |= {"Lower quartile": low, "Lowest": min(points)}
    assert shown == pytest.approx(expected, abs=0.00501)
    assert f"{len(points)} graded students, 40 points at most in 5 automatic checks." in text_of(section)
    seconds = {o.report.seconds: o.student for o in outcomes if o.report}
    assert f"Grading took {np.median(list(seconds)):.1f} s in the median, {max(seconds):.1f} s at most" in text_of(
        section
    )
    assert section.p.find_next_sibling("p").a.text == seconds[max(seconds)]


def test_the_histogram_and_what_it_says_in_words(soup, outcomes):
    points = [result.points for result in results_of(outcomes)]
    picture = soup.select_one("svg.histogram")
    assert picture["role"] == "img" and picture["aria-labelledby"] == picture.title["id"]
    said = re.findall(r"from ([\d.]+) to (under )?([\d.]+): (none|\d+)", picture.title.text)
    assert picture.title.text.startswith("Histogram of points. from 0 to") and float(said[-1][2]) == MOST
    edge, counts = 0.0, []
    for low, under, high, count in said:
        low, high = float(low), float(high)
        assert low == edge  # no gap, no overlap
        inside = [p for p in points if low <= p and (p < high or (p == high == MOST))]
        assert len(inside) == (0 if count == "none" else int(count))
        assert bool(under) == (count != "none" and high != MOST)
        edge, counts = high, counts + [len(inside)]
    assert sum(counts) == len(points) and edge == MOST
    assert [int(label.text) for label in picture.select("text.count")] == [c for c in counts if c]
    heights = [float(bar["height"]) for bar in picture.select("rect.bar")]
    assert heights == pytest.approx([c * max(heights) / max(counts) for c in counts if c], abs=0.02)


def test_the_quartiles_stand_where_the_axis_says(soup, outcomes):
    points = [result.points for result in results_of(outcomes)]
    picture = soup.select_one("svg.histogram")
    ticks = [(float(t["x"]), float(t.text)) for t in picture.select("text:not(.count)")]
    at = np.poly1d(np.polyfit([value for _, value in ticks], [x for x, _ in ticks], 1))
    box = picture.select_one("rect.box")
    left, right = float(box["x"]), float(box["x"]) + float(box["width"])
    median = float(picture.select_one(".median")["d"].split()[0][1:])
    assert [left, median, right] == pytest.approx(at(np.percentile(points, [25, 50, 75])), abs=0.05)


def test_the_checks(soup, outcomes):
    section, found = soup.find(id="checks"), results_of(outcomes)
    assert [text_of(head).lower() for head in section.thead.find_all("th")] == [
        "check", "right", *ORDER, "points lost on average"
    ]  # fmt: skip
    rows = rows_of(section)
    assert [row[0].text for row in rows] == list(CHECKS)
    for i, (row, most) in enumerate(zip(rows, CHECKS.values(), strict=True)):
        statuses = [result.checks[i].status.replace("_", " ") for result in found]
        counts = [statuses.count(status) for status in ORDER]
        assert [int(cell.text) for cell in row[3:9]] == counts
        assert float(row[1].text.split()[0]) == pytest.approx(100 * (counts[0] + counts[1]) / len(found), abs=0.51)
        lost = most - np.mean([result.checks[i].points for result in found])
        assert text_of(row[9]).split() == [f"{lost:.2f}", "of", f"{most:g}"]
        bars = {bar["class"][0].replace("_", " "): bar for bar in row[2].find_all("rect")}
        assert list(bars) == [status for status in ORDER if status in statuses]
        for status, bar in bars.items():
            assert float(bar["width"]) == pytest.approx(240 * statuses.count(status) / len(found) - 1, abs=0.02)
        assert row[2]["aria-hidden"] == "true"  # its numbers are in the same row


def test_the_mistakes(soup, outcomes):
    expected, alone = {}, set()
    for o in outcomes:
        for v in o.result.checks if o.result else ():
            for name in v.mistake.split(" + ") if v.mistake else ():
                expected.setdefault((name, v.name), set()).add(o.student)
            alone.add((v.mistake, v.name))
    rows = rows_of(soup.find(id="mistakes"))
    shown = {}
    for count, mistake, check, names in rows:
        title = mistake.find(string=True, recursive=False).strip()
        made = (title.replace(" ", "_"), check.text)
        shown[made] = who(names)
        assert int(count.strong.text) == len(who(names)) and text_of(names).startswith(f"{len(who(names))} student")
        hint = text_of(mistake.p)
        assert hint == HINTS[made[0]] if made in alone else HINTS[made[0]] in hint
        assert names.details and not names.details.has_attr("open")
    assert shown == expected and len(expected) > 10
    ranking = [(text_of(row[1]).removesuffix(text_of(row[1].p)).strip(), row[2].text, len(who(row[3]))) for row in rows]
    assert ranking == report.mistakes_of_class(outcomes)  # as the terminal prints it


def test_what_has_no_name(soup, outcomes):
    words = {FAILED: "wrong in a way that has no name", CRASHED: "crashed", TIMED_OUT: "timed out"}
    expected = {}
    for o in outcomes:
        for v in o.result.checks if o.result else ():
            if v.status in words and not v.mistake:
                expected.setdefault((words[v.status], v.name), []).append((o.student, v.hint))
    rows = rows_of(soup.find(id="mistakes"), 1)
    counts = [int(row[0].strong.text) for row in rows]
    assert counts == sorted(counts, reverse=True) and len(rows) == len(expected)
    for _, what, check, names in rows:
        students = expected[what.find(string=True, recursive=False).strip(), check.text]
        assert who(names) == {student for student, _ in students}
        hints = [hint for _, hint in students]
        shown, _, rest = text_of(what.p).partition(" (The most frequent of ")
        assert hints.count(shown) == max(map(hints.count, hints))
        assert rest == (f"{len(set(hints))} sentences.)" if len(set(hints)) > 1 else "")


def test_two_mistakes_in_one_check_count_for_both_and_lend_no_hint():
    both = verdict("rnn_forward", FAILED, 0.0, 6.0, "sign + tanh_missing", "Two hints in one.")
    alone = verdict("rnn_forward", FAILED, 0.0, 6.0, "sign", "Look at the sign.")
    found = page_numbers.numbers([outcome(reported(name, [v])) for name, v in (("a", both), ("b", both), ("c", alone))])
    assert [(g.title, len(g.students), g.hint) for g in found.mistakes] == [
        ("sign", 3, "Look at the sign."),
        ("tanh missing", 2, "Two hints in one."),
    ]


def test_what_a_person_must_look_at(soup, outcomes):
    problems, flags = {}, {}
    for o in outcomes:
        if o.problem:
            problems.setdefault(o.problem, set()).add(o.student)
        for flag in o.result.flags if o.result else ():
            flags.setdefault(flag, set()).add(o.student)
    section = soup.find(id="flags")
    for table, expected in enumerate((problems, flags)):
        assert {text_of(sentence): who(names) for sentence, names in rows_of(section, table)} == expected
    captions = [text_of(caption) for caption in section.find_all("caption")]
    assert captions == ["Not graded: a person must decide", "Graded, and worth a look"]


def test_who_needs_help_and_who_is_untouched(soup, outcomes):
    expected, untouched = [], set()
    for o in outcomes:
        if not o.result:
            continue
        statuses = [v.status for v in o.result.checks]
        right = statuses.count(PASSED) + statuses.count(CARRIED)
        if set(statuses) == {SKIPPED} and not o.result.flags:
            untouched.add(o.student)
        elif o.result.points < MOST / 2 or right / len(CHECKS) < 2 / 3:
            first = next(v for v in o.result.checks if v.status not in (PASSED, CARRIED))
            why = (first.mistake or first.status).replace("_", " ")
            expected.append((o.result.points, o.student, f"{right} of 5", f"{first.name} : {why}"))
    section = soup.find(id="help")
    shown = [(float(r[1].text), text_of(r[0]), text_of(r[2]), text_of(r[3])) for r in rows_of(section)]
    assert shown == sorted(expected) and shown
    assert "Less than 50 % of the points, or less than 67 % of the checks right." in text_of(section)
    assert who(section.find_all("details")[-1]) == untouched and untouched
    assert "Handed in with nothing written: every check was skipped." in text_of(section)


def test_the_table_of_students(soup, outcomes):
    section = soup.find(id="students")
    heads = [head.get_text().strip() for head in section.thead.find_all("th")]
    assert heads == ["Student", "Points", "Status", "Flags", *CHECKS]
    rows = rows_of(section)
    assert len(rows) == len(outcomes)
    for place, (row, o) in enumerate(zip(rows, outcomes, strict=True), 1):
        assert text_of(row[0]) == o.student and row[0].bdi and row[0].parent["id"] == f"s{place}"
        assert [text_of(flag) for flag in row[3].find_all("p")] == list(o.flags)
        if not o.result:
            assert [text_of(cell) for cell in row[1:3]] == ["open", "not graded"]
            assert [text_of(cell) for cell in row[4:]] == ["–"] * 5
            continue
        statuses = [v.status for v in o.result.checks]
        right = statuses.count(PASSED) + statuses.count(CARRIED)
        status = {5: "all right", 0: "all skipped" if set(statuses) == {SKIPPED} else "0 of 5 right"}
        assert text_of(row[2]) == status.get(right, f"{right} of 5 right")
        assert float(row[1].text) == o.result.points
        for cell, v in zip(row[4:], o.result.checks, strict=True):
            words = {PASSED: "", CARRIED: " carried"}.get(v.status, f" {v.status.replace('_', ' ')}")
            assert text_of(cell) == f"{v.points:g}{words}"


def test_every_link_leads_to_the_student_it_names(soup):
    links = [a for a in soup.select("section a")]
    assert len(links) > 100
    for link in links:
        assert text_of(soup.find(id=link["href"][1:]).th) == link.text


# Classes of every size, every isolation


@pytest.mark.parametrize(
    ("outcomes", "sentences"),
    [
        ([], ["Nothing was graded yet.", "Nobody has submitted yet.", "No submission was flagged."]),
        (
            [Outcome("egret", None, problem="It cannot be read.")],
            [
                "1, of which 1 not graded",
                "Nothing was graded yet.",
                "No check was concluded yet.",
                "It cannot be read.",
            ],
        ),
        (
            [outcome(reported("egret", [verdict("rnn_forward", PASSED, 6.0, 6.0)]))],
            ["1 graded student, 6 points at most in 1 automatic check.", "No mistake was named.", "Nobody who wrote"],
        ),
        (
            [outcome(reported("egret", [verdict("rnn_forward", PASSED, 0.0, 0.0)]))],
            ["1 graded student, 0 points at most", "all right"],
        ),
        ([outcome(reported("egret", []))], ["1 graded student, 0 points at most in 0 automatic checks."]),
    ],
    ids=["nobody", "not graded", "one", "no points", "no checks"],
)
def test_small_classes(outcomes, sentences):
    text = text_of(read(page(outcomes, PS, NOW)))
    assert [s for s in sentences if s not in text] == []


@pytest.mark.parametrize(
    ("levels", "warnings"),
    [
        (["bubblewrap"], []),
        (["bubblewrap", "namespaces"], []),
        (["bubblewrap", "landlock", "landlock"], ["Warning, 2 of 3: graded at the level landlock , which has no"]),
        (["none", "bubblewrap"], [f"Warning, 1 of 2: {UNSAFE}"]),
        (["landlock", "none"], [f"Warning, 1 of 2: {UNSAFE}", "Warning, 1 of 2: graded at the level landlock"]),
    ],
)
def test_weak_isolation_is_said_on_top(levels, warnings):
    parts = [verdict("rnn_forward", PASSED, 6.0, 6.0)]
    soup = read(page([outcome(reported(f"s{i}", parts, sandbox=s)) for i, s in enumerate(levels)], PS, NOW))
    shown = [text_of(warning) for warning in soup.header.select(".warning")]
    assert len(shown) == len(warnings) and all(s.startswith(w) for s, w in zip(shown, warnings, strict=True))
    counted = ", ".join(f"{s} ({levels.count(s)})" if len(set(levels)) > 1 else s for s in dict.fromkeys(sorted(
        levels, key=["bubblewrap", "namespaces", "landlock", "none"].index)))  # fmt: skip
    assert counted in text_of(soup.header)


def test_an_untouched_notebook_is_untouched_without_a_sandbox_too(opened):
    submission = read_submission(ROOT / "assignments" / PS / f"{PS}.ipynb")
    graded = engine.grade(submission, load(PS), opened("none"), student="egret", secret=b"s" * 32)
    o = outcome(results.make("egret", "key", graded, 1.0))
    assert o.flags == (page_numbers.WITHOUT_SANDBOX,)
    found = page_numbers.numbers([o])
    assert [s.name for s in found.untouched] == ["egret"] and not found.help


def test_who_wrote_something_that_could_not_be_used_is_not_untouched():
    skipped = [verdict("rnn_forward", SKIPPED, 0.0, 6.0, "", "It stopped.")]
    found = page_numbers.numbers([outcome(reported("egret", skipped, flags=["It stopped."]))])
    assert found.untouched == () and [row.student.name for row in found.help] == ["egret"]


def test_a_thousand_students_take_two_seconds_and_three_megabytes(tmp_path):
    rng = random.Random(1)
    checks = [f"temporal_affine_backward_{i}" for i in range(15)]
    names = [f"mistake_{i}" for i in range(8)]
    outcomes = []
    for i in range(1000):
        verdicts = [
            verdict(c, FAILED, 0.5, 5.0, rng.choice([*names, ""]), f"A hint of student {i}. " + "word " * 400)
            for c in checks
        ]
        flags = [f"{c}: it was stopped for student {i} because it took too long." for c in checks[:2]]
        outcomes.append(outcome(reported(f"a student with a long name {i}", verdicts, flags=flags)))
    path = tmp_path / "class_report.html"
    report.write_page(outcomes, path, PS)
    start = time.process_time()
    report.write_page(outcomes, path, PS)
    assert time.process_time() - start < 2
    assert path.stat().st_size < 3_000_000


@pytest.mark.parametrize("most", [0.0, 0.5, 1.0, 3.0, 7.5, 14.0, 22.0, 70.0, 99.5, 100.0, 1000.0])
def test_bins_are_round_and_hold_everyone(most):
    points = [most * i / 97 for i in range(98)]
    found = page_pictures.bins(points, most)
    assert found[0].low == 0 and found[-1].high == max(most, 1) and len(found) <= 14
    assert sum(b.students for b in found) == 98
    for b in found[:-1]:
        assert b.students == sum(b.low - 1e-9 <= p < b.high - 1e-9 for p in points)
    width = found[0].high
    assert len(found) == 1 or f"{width:.0e}"[0] in "125"


def test_numbers_are_written_as_people_write_them():
    shown = [number(v) for v in (0, 8.0, 6.17, 59.8, 0.006, 100, 1234.5)]
    assert shown == ["0", "8", "6.17", "59.8", "0.01", "100", "1,234.5"]
    assert [percent(v) for v in (0, 0.001, 0.5, 0.999, 1)] == ["0 %", "1 %", "50 %", "99 %", "100 %"]
    assert [duration(v) for v in (0, 0.44, 59.94, 60, 200.4, 3600, 4000)] == [
        "0.0 s", "0.4 s", "59.9 s", "1 min 0 s", "3 min 20 s", "1 h 0 min", "1 h 6 min"
    ]  # fmt: skip
