"""The yearly documents of a county, written from the published warehouse alone.

A document is a function from one published version and one county-year to bytes; ``write`` runs
them all, ``folder`` puts them where people look for them.
"""
