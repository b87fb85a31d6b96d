"""The methods Vantage can open and train, one folder each, and what they share (`core`)."""
