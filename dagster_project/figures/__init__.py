"""The one layer through which a published figure is read, marked, rounded and worded.

::

    versions/<id> ─► published ─► county, region ─► figure ─► text
                                       │               │
               sections, origins, reference          sign_off (※), rounding, keys (address)

``reports`` (Word, annex, web), ``planning`` and the command line read a county or region through
:class:`~dagster_project.figures.county.CountyFigures` or
:class:`~dagster_project.figures.region.RegionFigures` and through nothing else. A figure knows its
value, its kind (unit and decimals), the cell of the marts that it is, and whether a hard flag
touches it.
"""
