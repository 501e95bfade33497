"""The front door: HTTP, who is calling, probes, and the command `qicai`."""
