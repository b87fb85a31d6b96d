"""Parts of networks that several methods have, and their fast forms for drawing."""
