"""Words and rules as frozen values and pure functions. No I/O."""
