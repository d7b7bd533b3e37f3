"""What offices write themselves: chapters in ``raw/narrative`` that stand in the Word documents.

``drops`` finds the files and reads them, each in a process of its own; ``word_file`` and
``markdown_file`` make blocks of them, ``laid_out`` sets the blocks in the styles of the documents.
"""
