"""The command line: each command parses, calls one function, prints. Imports are lazy: starting is measured."""
