"""A simulated Wistia account behind the real API's manners, with a known truth.

It imports nothing else of this project: a shared constant could be wrong on both sides.
``Sandbox`` serves a ``World`` in a test; ``main`` is what the command line calls; ``truth`` says what a perfect
reader would hold.
"""
