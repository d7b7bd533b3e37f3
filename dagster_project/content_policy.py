"""The content security policy of our pages: their own style and script by hash, nothing else.

A page is one file that asks nothing of the network. Whatever a name or a figure from outside may
turn into, a browser runs and loads only what stands here. Pictures and fonts may be parts of the
page, or lie beside it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from markupsafe import Markup, escape


def policy(styles: Iterable[str] = (), scripts: Iterable[str] = (), beside: str = "") -> str:
    """The policy of a page whose style and script elements hold exactly these texts.

    ``beside`` is a source of pictures and fonts that do not lie in the page (``'self'``).
    """
    media = f"data: {beside}".strip()
    parts = {
        "default-src": "'none'",
        "img-src": media,
        "font-src": media if beside else "",
        "base-uri": "'none'",
        "form-action": "'none'",
        "style-src": " ".join(map(_hash, styles)),
        "script-src": " ".join(map(_hash, scripts)) or "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in parts.items() if sources)


def element(text: str) -> Markup:
    """The element that gives a policy to the browser; it stands first in the head."""
    return Markup(f'<meta http-equiv="Content-Security-Policy" content="{escape(text)}">')


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
