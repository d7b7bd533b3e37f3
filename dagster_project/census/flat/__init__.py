"""The shape *flat*: the wide table of many schools under a merged header of several rows."""
