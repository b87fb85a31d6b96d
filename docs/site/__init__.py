"""The documentation's site: pages of the repository, and pages made of the code, built by mkdocs without a network."""
