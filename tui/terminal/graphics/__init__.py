"""What the terminal can show: the questions, the answers, and the choice."""
