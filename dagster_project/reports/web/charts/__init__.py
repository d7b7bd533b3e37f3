"""Charts as inline SVG, drawn here so that a page needs neither a script nor the network.

Horizontal places are per cent of the width: a chart fills whatever it stands in, on a phone too,
while its letters keep their size. Colours come from the style sheet by class; what a colour says
is always said by a shape or by words as well.
"""
