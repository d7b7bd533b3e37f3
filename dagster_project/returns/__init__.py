"""The project's own returns as templates to fill in: what ``junheng template`` writes.

What stands on a sheet is data (``census/maps/returns.yml``), shared with the reader.
"""
