"""What the public reads on the web (网络), and how often links led there."""
