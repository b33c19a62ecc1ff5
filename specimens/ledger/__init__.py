"""The ledger's format: canonical bytes, hashes, chains. Knows nothing of the rest of the house."""
