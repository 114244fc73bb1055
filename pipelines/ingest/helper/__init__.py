"""The mapping helper: what a file nobody has mapped yet looks like, and what its rows could become.

table.py finds out how the file is written, columns.py what its columns hold, proposal.py writes a mapping
with its reasons, preview.py runs it without keeping anything. Nothing is guessed in silence: what was found
out is said, and what cannot be found out is asked.
"""
