"""From raw census files to the canonical form: recognise, read, keep every figure's origin."""
