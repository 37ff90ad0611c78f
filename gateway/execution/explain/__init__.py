"""What an operation would ask of upstream, and what it did ask: for callers who want to know."""
