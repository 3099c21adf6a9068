"""Finds spellings of newer releases and other languages in programs that parse: facts of a file, then one module a kind."""
