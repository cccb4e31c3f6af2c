"""Reading a page as a person does: its words, its hidden fields."""

import re
from html import unescape
from typing import Any


def words(response: Any) -> str:
    """Return the page's text on one line."""
    html = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def hidden(response: Any, name: str) -> str:
    """Return the value of the first field called ``name``."""
    for tag in re.findall(r"<input[^>]*>", response.content.decode()):
        if f'name="{name}"' in tag:
            found = re.search(r'value="([^"]*)"', tag)
            return unescape(found.group(1)) if found else ""
    raise AssertionError(f"no field {name}")
