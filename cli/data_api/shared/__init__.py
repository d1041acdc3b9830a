"""What several sub-packages of the program use."""
