"""Priority: how urgent each theme is, explained to the last point.

Here: the weights file (weights), facts to factors (factors), factors to a score (score), reading and writing (process).
Not here: what happens with a score (tickets/, alerts/).
"""
