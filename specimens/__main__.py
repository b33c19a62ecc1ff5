"""`python -m specimens`."""

from specimens.cli import main

main()
