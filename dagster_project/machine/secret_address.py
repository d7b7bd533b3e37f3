"""Addresses from the environment that hold a password or a token: read without repeating them.

The usual readers of addresses say what they could not read, and with a sign that should have been
escaped that is a piece of the password, in a log or on a screen.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import SplitResult, quote, unquote, urlsplit

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_ESCAPES = "; in a name or password write / as %2F, ? as %3F, # as %23, : as %3A and @ as %40"


def taken_apart(variable: str, address: str, schemes: Collection[str]) -> SplitResult:
    """The parts of ``address``, which the environment's ``variable`` holds.

    Raises ``ValueError`` with a sentence that names the variable and what is wrong, and repeats
    nothing of it. The last ``@`` before the host ends the password.
    """
    expected = " or ".join(f"{scheme}://" for scheme in schemes)
    scheme, mark, _ = address.partition("://")
    if not mark or not _SCHEME.fullmatch(scheme):
        raise ValueError(f"{variable} is no address; it begins with {expected}.")
    if scheme.lower() not in schemes:
        raise ValueError(f"{variable} begins with another scheme, expected {expected}.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(f"{variable} has no port that is a number{_ESCAPES}.") from None
    if port == 0 or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError(f"{variable} cannot be taken apart{_ESCAPES}.")
    return parts


def escaped(parts: SplitResult, scheme: str) -> str:
    """The same address under ``scheme``, with all that a name and a password may hold escaped."""
    _, at, host = parts.netloc.rpartition("@")
    who = ""
    if at:
        name, password = parts.username or "", parts.password
        who = quote(unquote(name), safe="")
        who += "" if password is None else f":{quote(unquote(password), safe='')}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{who}{at}{host}{parts.path}{query}"
