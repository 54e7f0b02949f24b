"""The phrases that demo feedback is made of, a module a language. Only texts and their shape belong here."""
