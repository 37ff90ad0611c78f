"""How an operation runs: its loaders, its deadline and budget, and the shape of its errors."""
