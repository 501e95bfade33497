"""A synthetic microblog host that speaks the Weibo v2 API over HTTP; it imports nothing of its callers."""
