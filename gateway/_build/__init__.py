"""What building the wheel needs. Imported by nothing at run time."""
