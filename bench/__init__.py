"""What is fast, and against what: every figure stands beside its limit, measured in the same run."""
