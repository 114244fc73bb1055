"""The parts of screens that have a thought of their own: rows in, components out, no queries."""
