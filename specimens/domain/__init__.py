"""Floor 0: the rules of the house, pure. No Flask, no database, no clock of its own."""
