"""The only code that knows Microsoft's Partner Center: its addresses, its wire, its quirks."""
