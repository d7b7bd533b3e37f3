"""What would become of a county's coefficients, and what it takes to attain.

``county`` reads the sections of one county, year and standard from the published warehouse;
``formulas`` repeats the formulas of the marts on arrays; ``changes`` and ``whatif`` apply changes
that a person names; ``model``, ``solve`` and ``plan`` find the cheapest ones.
"""
