"""Everything outside us: database, queue, microblog hosts, the embedded servers and the sandbox."""
