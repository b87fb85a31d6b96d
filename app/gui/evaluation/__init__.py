"""The evaluation panel: scores of all held-out views of what is open, and the page that is made of them."""
