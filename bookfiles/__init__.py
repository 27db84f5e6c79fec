"""What all services need to read the files that people have of their books."""
