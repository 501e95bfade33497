"""The record of decisions, sealed into a hash chain (审计日志)."""
