"""How people prove who they are: passwords, sessions, and links that replace an e-mail."""
