"""Papers: plain records in, bytes out. An island: it knows nothing of the database or of the web."""
