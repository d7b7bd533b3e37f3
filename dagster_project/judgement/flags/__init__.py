"""From rows that break rules to flags: cells, sentences, their log, what became of them."""
