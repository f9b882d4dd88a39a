"""results.json, RESULTS.md and the HTML report."""
