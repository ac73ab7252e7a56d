"""What other systems are measured with, each in an environment of its own."""
