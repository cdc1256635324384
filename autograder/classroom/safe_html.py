"""Markdown and HTML of strangers, made harmless for a TA's browser.

nbconvert can sanitize, but nbgrader's templates put written answers on the page without it, and its list of tags
has no paragraphs. nbgrader_config.py therefore names these two functions as the filters ``markdown2html`` and
``clean_html`` of every HTML page: feedback and formgrader; and PlainNames as a step before each.
"""

from __future__ import annotations

import html
import re

import bleach
from jinja2 import pass_context
from nbconvert.exporters.html import MarkdownWithMath
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer
from nbconvert.preprocessors import Preprocessor

TAGS = frozenset(
    "a b blockquote br code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img li ol p pre s "
    "span strong sub summary sup table tbody td th thead tr ul".split()
)
# Pygments' one to three letters, and the few classes of our own pages; others could dress up as formgrader's.
_CLASS = re.compile(r"(highlight|alert|alert-danger|anchor-link|[a-z][a-z0-9]{0,2})")
_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
# Pictures pasted into the notebook, or files beside it; a remote address would tell its owner who is looking.
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*|[\w ./-]+", re.IGNORECASE)

# Of one cell: what reads markdown, and long words of code, takes the square of their number.
MOST_TEXT, MOST_CODE = 50_000, 20_000  # characters
_LONG_WORD = re.compile(r"[\w.]{500}")

# MathJax reads the finished page, all but code. These of its macros make links, styles and ids, or load more of it;
# between backticks it looks for AsciiMath, which has its own. An entity could hide a letter of a name.
_ACTIVE_MATH = re.compile(
    r"<(?P<code>pre|code)\b.*?</(?P=code)>|`|\\(?P<macro>href|url|class|cssId|style|id|require|mmlToken|bbox|toggle|mathtip|texttip|tooltip|action|data|unicode|"
    r"html[A-Za-z]*|includegraphics|Newextension|newextension|Extension)(?![A-Za-z])",
    re.DOTALL,
)
_ENTITY = re.compile(r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")


def _allowed(tag: str, name: str, value: str) -> bool:
    """Attributes that may stay; no ids (formgrader's own scripts look things up by id), no styles, no handlers."""
    if name == "class":
        return all(_CLASS.fullmatch(word) for word in value.split())
    if tag == "a" and name == "href":
        return bool(_LINK.match(value.strip()))
    if tag == "img" and name == "src":
        return bool(_PICTURE.fullmatch(value.strip())) and not value.strip().startswith("//")
    if tag in ("td", "th"):
        return name in ("align", "colspan", "rowspan")
    return name in ("alt", "title") and tag in ("img", "a")


def clean(page: object) -> str:
    """`page` with what is not known to be harmless turned into visible text."""
    text = page.decode("utf-8", "replace") if isinstance(page, bytes) else str(page)
    text = bleach.clean(text, tags=TAGS, attributes=_allowed, protocols={"http", "https", "mailto", "data"})
    return _ACTIVE_MATH.sub(_plain_math, _ENTITY.sub(_plain_character, text))


def _plain_character(entity: re.Match) -> str:
    """The character itself, unless it would be read as HTML."""
    character = html.unescape(entity[0])
    return entity[0] if set(character) & set("<>&\"'") else character


def _plain_math(found: re.Match) -> str:
    if found["code"]:
        return found[0]
    return f"\\text{{{found['macro']}}}" if found["macro"] else "\u02cb"


@pass_context
def markdown(context, source: str) -> str:
    """A markdown cell as harmless HTML; formulas stay as they are, for MathJax. A very long one is shown as text."""
    if len(source) > MOST_TEXT:
        return f"<pre>{html.escape(source)}</pre>"
    attachments = (context.get("cell") or {}).get("attachments", {})
    names = re.findall(r"attachment:([^)\s\"'>]*)", source)
    for name in set(names):
        if name not in attachments:  # nbconvert would refuse the whole page
            source = source.replace(f"attachment:{name}", "picture-that-is-not-in-the-notebook.png")
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return clean(MarkdownWithMath(renderer=renderer).render(source))


def highlight(source: str, language: str | None = None, metadata: object = None) -> str:
    """A code cell as HTML in colours; a very long one, or one with very long words, without them."""
    if len(source) > MOST_CODE or _LONG_WORD.search(source):
        return f'<div class="highlight"><pre>{html.escape(source)}</pre></div>'
    return Highlight2HTML(pygments_lexer="ipython3")(source)


class PlainNames(Preprocessor):
    """Names as text: formgrader writes them into its page as they stand in the gradebook, where rosters put them."""

    enabled = True

    def preprocess(self, nb, resources):
        for key in ("first_name", "last_name"):
            if resources.get(key):
                resources[key] = html.escape(str(resources[key]))
        return nb, resources
