"""The `feedback` command: one module a command, and what they share.

Here: parsing of arguments, printing, and queries/ with the plain reads behind the commands. Not here: anything that decides about
feedback (the stages' rooms). Nothing heavy is imported before a command needs it: a trace answers within a second.
"""
