"""Reports of campaigns: what was asked, what went out and what came of it, as a page and as paper."""
