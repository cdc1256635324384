"""The class report in a browser: nothing that a student wrote is alive in it, all of it can be used and printed."""

import base64
import hashlib
import re
from datetime import UTC, datetime

import pytest

from autograder.check import CARRIED, CRASHED, FAILED, PASSED, SKIPPED
from autograder.classroom import report
from autograder.classroom.report.page import page
from autograder.classroom.results import Outcome
from tests.browser import Browser
from tests.test_changes import outcome, reported, verdict
from tests.test_class_report import CHECKS, NOW, PS, random_class, read
from tests.test_live_pages import ATTACK, CONTROLS, HTML, looked_at

CALM = random_class(60)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser"), ("file://",)) as browser:
        yield browser


NAMES = (HTML, "'\"><script>alert(1)</script>", "\u202eret\u200fge", "\x1b[31meg\x9bret", "{{ 7 * 7 }}{% raw %}", "عمر")


@pytest.fixture(scope="module")
def hostile():
    """A class whose names, hints, mistakes, checks, flags and problems are all attacks."""
    outcomes = [Outcome(name, None, problem=ATTACK) for name in NAMES]
    for name in NAMES:
        wrong = [
            verdict(HTML, FAILED, 0.0, 5.0, HTML, ATTACK),
            verdict("rnn_forward", CRASHED, 0.0, 6.0, "", ATTACK),
            verdict("rnn_backward", FAILED, 0.0, 6.0, "", f"\x1b]0;owned\x07{HTML}\u202e"),
        ]
        outcomes.append(outcome(reported(name, wrong, flags=[ATTACK, f"\x9b2J{HTML}"])))
        untouched = [verdict("rnn_forward", SKIPPED, 0.0, 6.0, "", ATTACK)]
        outcomes.append(outcome(reported(name, untouched)))
    return page(outcomes, HTML, NOW)


def test_hostile_texts_are_texts(hostile):
    soup, calm = read(hostile), read(page(random_class(60), PS, NOW))
    assert {e.name for e in soup.find_all()} <= {e.name for e in calm.find_all()}
    assert len(soup.find_all("script")) == len(soup.find_all("style")) == len(soup.find_all("meta")) - 4 == 1
    allowed = {name for e in calm.find_all() for name in e.attrs}
    assert {name for e in soup.find_all() for name in e.attrs} <= allowed and "style" not in allowed
    assert not CONTROLS.search(hostile)
    assert "{{ 7 * 7 }}" in soup.text and "عمر" in soup.text and "egret" in soup.text
    assert [bdi.text for bdi in soup.select("#students tbody bdi")].count("retge") == 3


def live(browser, html, tmp_path):
    """Show a page and touch all of it: title, then what it became, and what it asked for beside itself."""
    path = tmp_path / "class_report.html"
    path.write_text(html, encoding="utf-8")
    browser.requests.clear()
    title, after, overlays = looked_at(browser, path.as_uri())
    assert after[3].partition("#")[0] == path.as_uri()
    return title, after, overlays, set(browser.requests) - {path.as_uri()}


def test_the_page_is_dead_in_a_browser(browser, hostile, tmp_path):
    title, after, overlays, requests = live(browser, hostile, tmp_path)
    assert title == f"Class report: {' '.join(HTML.split())}" and after[:3] == [title, 0, "block"]
    assert overlays == 0 and requests == set() and browser.dialogs == []
    assert browser.run("document.body.innerText").count("onerror=") >= 5  # it is there, as text
    assert browser.run("document.querySelectorAll('thead button').length") == 4 + 3  # our own script ran


def test_its_policy_stops_what_would_be_alive(browser, hostile, tmp_path):
    """A second wall: the attack put into the page without being escaped."""
    raw = HTML.replace("<meta", "<metta").replace("<textarea>", "")
    alive = hostile.replace("</main>", f"{raw}</main>")
    title, after, _, requests = live(browser, alive, tmp_path)
    assert after[:3] == [title, 0, "block"] and title != "owned" and browser.dialogs == []
    assert requests <= {"about:srcdoc"}
    _, after, _, requests = live(browser, alive.replace("Content-Security-Policy", "X"), tmp_path)
    assert after[:3] == ["owned", 1, "none"] and "https://evil.example/p.png" in requests
    browser.dialogs.clear()


def test_the_policy_names_the_page_s_own_style_and_script_and_nothing_else(hostile):
    soup = read(hostile)
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    style, script = (
        base64.b64encode(hashlib.sha256(soup.find(tag).string.encode()).digest()).decode()
        for tag in ("style", "script")
    )
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{style}'",
        f"script-src 'sha256-{script}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_nothing_on_the_page_is_elsewhere():
    html = page(CALM, PS, NOW)
    assert "//" not in re.sub(r"^ *// .*$", "", html, flags=re.MULTILINE)
    assert set(re.findall(r"url\(([^)]*)\)", html)) == {"#stripes", "#hatch", "#dots"}
    soup = read(html)
    for element in soup.find_all():
        assert not {"src", "srcset", "action", "data", "xlink:href", "style"} & set(element.attrs)
        assert element.get("href", "#").startswith("#")
    assert not soup.find_all(["link", "img", "iframe", "object", "embed", "base", "form"])


def test_the_page_is_written_whole_and_says_when(tmp_path):
    path = tmp_path / "class_report.html"
    path.write_text("old")
    before = datetime.now(UTC).replace(microsecond=0)
    report.write_page([], path, PS)
    soup = read(path.read_text(encoding="utf-8"))
    assert before <= datetime.fromisoformat(soup.time["datetime"]) <= datetime.now(UTC)
    assert [p.name for p in tmp_path.iterdir()] == ["class_report.html"]


@pytest.fixture
def shown(browser, tmp_path):
    """The browser, which shows the report of a class as on its first day."""
    path = tmp_path / "class_report.html"
    report.write_page(CALM, path, PS)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    browser.visit(path.as_uri(), 0.2)
    return browser


def key(browser, name):
    for kind in ("keyDown", "keyUp"):
        text = {"text": "\r"} if name == "Enter" and kind == "keyDown" else {}
        codes = {"Enter": 13, "Tab": 9}
        browser.call("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=codes[name], **text)


def column(browser, i, seen=False):
    rows = "[...document.getElementById('students-table').tBodies[0].rows]" + (
        ".filter(r => !r.hidden)" if seen else ""
    )
    return browser.run(f"{rows}.map(r => r.cells[{i}].firstChild.textContent.trim())")


def sorts(browser):
    return browser.run(
        "[...document.querySelectorAll('#students-table th[aria-sort]')].map(h => [h.cellIndex, h.ariaSort])"
    )


def status(browser):
    return browser.run("document.getElementById('shown').textContent")


def test_sorting_with_the_keyboard(shown):
    names = [o.student for o in CALM]
    assert column(shown, 0) == names and sorts(shown) == [] and status(shown) == "Shown: 60 of 60."
    shown.run("document.getElementById('search').focus()")
    key(shown, "Tab")  # to the table, which scrolls
    key(shown, "Tab")
    key(shown, "Tab")
    assert shown.run("document.activeElement.textContent") == "Points"
    key(shown, "Enter")
    points = {o.student: o.result.points for o in CALM if o.result}
    open_ones = [name for name in names if name not in points]
    assert column(shown, 0) == sorted(points, key=points.get) + open_ones
    assert sorts(shown) == [[1, "ascending"]] and status(shown) == "Shown: 60 of 60, sorted by Points, ascending."
    key(shown, "Enter")
    assert column(shown, 0) == sorted(points, key=lambda name: -points[name]) + open_ones
    assert sorts(shown) == [[1, "descending"]] and status(shown) == "Shown: 60 of 60, sorted by Points, descending."


def test_sorting_by_every_other_column(shown):
    click = "document.querySelectorAll('#students-table thead button')[{}].click()"
    shown.run(click.format(0))
    assert column(shown, 0) == [f"student{i}" for i in range(60)]  # student2 before student10
    right = {o.student: sum(v.status in (PASSED, CARRIED) for v in o.result.checks) for o in CALM if o.result}
    open_ones = [o.student for o in CALM if not o.result]
    shown.run(click.format(2))
    assert column(shown, 0) == sorted(right, key=right.get) + open_ones
    flags = {o.student: len(o.flags) for o in CALM}
    shown.run(click.format(3))
    shown.run(click.format(3))
    assert column(shown, 0) == sorted(flags, key=lambda name: -flags[name])
    for i, check in enumerate(CHECKS):
        shown.run(click.format(4 + i))
        points = {o.student: o.result.checks[i].points for o in CALM if o.result}
        assert column(shown, 0) == sorted(points, key=points.get) + open_ones
        assert sorts(shown) == [[4 + i, "ascending"]]
        assert status(shown) == f"Shown: 60 of 60, sorted by {check}, ascending."


def search(browser, text):
    browser.run("document.getElementById('search').select(), document.getElementById('search').focus()")
    browser.call("Input.insertText", text=text)


def test_searching(shown):
    search(shown, "STUDENT1")
    expected = [o.student for o in CALM if o.student.startswith("student1")]
    assert column(shown, 0, seen=True) == expected and status(shown) == f"Shown: {len(expected)} of 60."
    search(shown, "skipped  student5")
    expected = [
        o.student
        for o in CALM
        if o.student.startswith("student5") and o.result and any(v.status == SKIPPED for v in o.result.checks)
    ]
    assert column(shown, 0, seen=True) == expected and expected
    search(shown, "nobody of that name")
    assert column(shown, 0, seen=True) == [] and status(shown) == "Shown: 0 of 60."
    shown.run("document.querySelector('#help tbody a').click()")  # to a student whom the search hides
    assert len(column(shown, 0, seen=True)) == 60 and status(shown) == "Shown: 60 of 60."


def test_without_its_script_all_is_still_there(shown):
    shown.call("Emulation.setScriptExecutionDisabled", value=True)
    shown.visit(shown.run("location.href"), 0.2)
    assert shown.run("document.querySelectorAll('button').length") == 0
    assert shown.run("document.querySelector('.controls').checkVisibility()") is False
    text = shown.run("document.getElementById('students-table').innerText")
    assert all(o.student in text for o in CALM) and "Points" in text


OPEN = "[...document.querySelectorAll('details')].map(d => d.open)"
COLOURS = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"


def visible(browser, selector):
    return browser.run(f"[...document.querySelectorAll({selector!r})].map(e => e.checkVisibility())")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_print_unfolds_all_and_is_black_on_white(shown, script):
    shown.call("Emulation.setScriptExecutionDisabled", value=not script)
    shown.visit(shown.run("location.href"), 0.2)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    shown.call("Emulation.setEmulatedMedia", media="screen", features=dark)
    assert luminance(shown.run(COLOURS)[0]) > 0.5 > luminance(shown.run(COLOURS)[1])
    assert len(visible(shown, "details p")) > 20 and not any(visible(shown, "details p"))
    assert all(visible(shown, "nav")) and visible(shown, ".controls input") == [script]
    shown.call("Emulation.setEmulatedMedia", media="print", features=dark)
    assert shown.run(COLOURS) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert all(visible(shown, "details p"))
    assert all(shown.run("[...document.querySelectorAll('details p')].map(p => p.getBoundingClientRect().height > 5)"))
    assert not any(visible(shown, "nav, .controls, .controls input"))
    assert all(visible(shown, "#students-table thead th"))


def test_printing_opens_what_is_folded_and_folds_it_again(shown):
    shown.run("document.querySelectorAll('details')[1].open = true")
    shown.run(f"addEventListener('beforeprint', () => {{ window.were = {OPEN}; }})")
    assert shown.call("Page.printToPDF")["data"]
    assert all(shown.run("window.were"))
    assert [i for i, is_open in enumerate(shown.run(OPEN)) if is_open] == [1]


def test_a_screen_reader_is_told_the_figures_and_the_tables(shown):
    shown.call("Accessibility.enable")
    nodes = [n for n in shown.call("Accessibility.getFullAXTree")["nodes"] if not n["ignored"]]
    said = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes]
    images = [name for role, name in said if role in ("image", "img")]
    assert len(images) == 1 and images[0].startswith("Histogram of points. from 0 to")
    assert [name for role, name in said if role == "table"] == [
        "Students by check and status",
        "Mistakes that were named, most frequent first",
        "Wrong for reasons that have no name, most frequent first",
        "Not graded: a person must decide",
        "Graded, and worth a look",
        "Who needs help, fewest points first",
        "Students and their points by check",
    ]
    buttons = [name for role, name in said if role == "button"]
    assert [b for b in buttons if b in ("Student", "Points", "Status", "Flags", *CHECKS)] == [
        "Student", "Points", "Status", "Flags", *CHECKS
    ]  # fmt: skip
    assert ("searchbox", "Search") in said


def luminance(colour):
    parts = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(shown, theme):
    shown.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    ground = luminance(shown.run("getComputedStyle(document.body).backgroundColor"))
    assert (ground > 0.5) == (theme == "light")
    texts = "[...document.querySelectorAll('main *:not(svg *):not(svg)')].map(e => getComputedStyle(e).color)"
    pictures = "[...document.querySelectorAll('svg text')].map(e => getComputedStyle(e).fill)"
    for colour in {*shown.run(texts), *shown.run(pictures)}:
        light, dark = sorted((luminance(colour), ground), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour
