"""What the program says and does in a dozen companies and situations, kept as data and compared letter by letter."""
