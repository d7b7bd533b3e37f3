"""Imported first by the process that readers are forked from, and nowhere else.

Arrow's own allocator sets a gigabyte of addresses aside at once, which would count against a
reader's limit; the system's takes what it needs. Arrow asks for the choice when it is loaded.
"""

import os

os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
