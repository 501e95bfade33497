"""Clients of microblog hosts, each behind the port of `domain.hosts`."""
