"""The commands of `kinkeeper`, by subject. Each is thin: it reads its options, calls one room and prints.

Nothing heavy is imported at the top of these modules, so that `--help` answers at once.
"""
