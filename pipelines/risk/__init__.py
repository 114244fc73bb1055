"""Risk: fold the weeks of a log, learn from windows that have closed, keep the model, use it in a build."""
