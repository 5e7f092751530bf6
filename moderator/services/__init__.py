"""What the program does, one module per job; neither screen nor command line."""
