"""Floor 2: verbs. Each is one transaction, whole or not at all."""
