"""Importing Great Expectations without what it imports for a single expectation of its own.

It imports ``scipy.stats`` for the Kullback-Leibler divergence and the Kolmogorov-Smirnov test,
which no rule here uses, and that is two fifths of its start. The module is put off until somebody
asks it for something (:class:`importlib.util.LazyLoader`); then it loads as ever.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from types import ModuleType
from typing import cast

_PUT_OFF = "scipy.stats"
_ONE_AT_A_TIME = threading.Lock()


def great_expectations() -> ModuleType:
    """The library, imported at the first call.

    The process that waits to judge imports it in a thread while the question may already come in:
    one call at a time.
    """
    with _ONE_AT_A_TIME:
        _put_off(_PUT_OFF)
        # Where the extra `spark` is installed, it would import pyspark as well, which ends a
        # process whose main module is no file (a reader, a step): it takes it for a run of its own
        # doctests.
        is_hidden = sys.modules.get("pyspark") is None
        if is_hidden:
            cast("dict[str, object]", sys.modules)["pyspark"] = None
        try:
            import great_expectations
        finally:
            if is_hidden:
                del sys.modules["pyspark"]
        return great_expectations


def _put_off(name: str) -> None:
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    package, _, attribute = name.rpartition(".")
    setattr(sys.modules[package], attribute, module)
