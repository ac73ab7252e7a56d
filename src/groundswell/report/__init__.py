"""What a run looks like: a summary for the terminal and one page of HTML. Reads runs, changes nothing."""
