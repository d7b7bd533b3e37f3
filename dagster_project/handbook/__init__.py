"""The handbook: what an analyst needs beside the tables, written into the warehouse by every load.

``<warehouse>/index.html`` leads to everything; ``<warehouse>/handbook/`` holds the data dictionary,
dbt's own pages of the models, guides for the usual tools, example queries and a notebook.
"""
