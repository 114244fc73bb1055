"""The quarterly report of a home: folded as of the quarter's end, frozen as an edition, written to files.

An edition is what was told: its instants, the policy, how far the log reached, the model of the report and
its files, in `<home>/reports/<quarter>/<program>-<audience>-<edition>/`. Asked for again, the files come
out of the frozen model, byte for byte; `rebuild` folds the log again and says whether it still tells the
same. After late data a new edition lists what it tells otherwise.
"""
