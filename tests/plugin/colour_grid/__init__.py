"""Small methods that the tests of the program train and draw, installed as any package's would be."""
