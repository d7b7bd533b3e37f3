"""The web report: one html file per county, city, province and nation that needs nothing else.

Every figure on a page is one cell of the published marts, printed by ``figures.rounding``; it
carries the cell's table, key and column, and opens a dialog that leads on to file, sheet and cell.
The wording stands in ``reports/templates/web_*``; style and behaviour in ``assets``.
"""
