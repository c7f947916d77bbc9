"""Markdown of people (descriptions, comments) as HTML that is safe to show.

markdown-it makes it without the HTML that was typed, nh3 lets nothing through that is not listed here. No pictures: a
page that fetched them would tell others who reads it. Headings begin under those of the page.
"""

import asyncio
import re

import nh3
from markdown_it import MarkdownIt

MOST = 20_000
_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_LEVEL = {"h1": "h4", "h2": "h5", "h3": "h6", "h4": "h6", "h5": "h6", "h6": "h6"}
# Beyond this nesting nothing is read as markup: the parser would take its time.
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False, "maxNesting": 20})
_PARSER.enable(["table", "strikethrough"]).disable("image")
_BOX = re.compile(r"^\[([ xX])\] ")
_ADDRESS = re.compile(r"(?<![\w(<\"'\[/])(https?://[^\s<>]+[^\s<>.,;:!?)\]»'\"])")


def render(text: str) -> str:
    """The HTML of a text."""
    tokens = _PARSER.parse(_ADDRESS.sub(r"<\1>", text[:MOST]))
    for token in tokens:
        token.tag = _LEVEL.get(token.tag, token.tag)
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open" and inline.children:
            first = inline.children[0]
            first.content = _BOX.sub(lambda box: "☐ " if box[1] == " " else "☑ ", first.content)
    made = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


async def render_all(*texts: str) -> list[str]:
    """The HTML of each text, made apart from the event loop."""
    return await asyncio.to_thread(lambda: [render(text) if text else "" for text in texts])
