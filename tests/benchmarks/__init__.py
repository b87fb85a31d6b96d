"""How fast things are: `./vantage benchmark [NAME]`; what is measured stands beside the tests, in `benchmark_*.py`."""
