"""How many requests and posts are still allowed, per user and per address."""

from integrations.sandbox.config import SandboxConfig

HOUR = 3_600.0
DAY = 86_400.0


class Meter:
    """Counts per key within a window that opens with the first count and lasts `period` seconds."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, key: str, now: float) -> bool:
        """Count one, or answer False and count nothing when the window is full."""
        opened, used = self._window(key, now)
        if used >= self.limit:
            return False
        self._windows[key] = (opened, used + 1)
        return True

    def left(self, key: str, now: float) -> int:
        """How many may still be taken."""
        return self.limit - self._window(key, now)[1]

    def resets_in(self, key: str, now: float) -> float:
        """Seconds until the window is empty again."""
        return self._window(key, now)[0] + self.period - now

    def _window(self, key: str, now: float) -> tuple[float, int]:
        window = self._windows.get(key)
        if window is None or not 0 <= now - window[0] < self.period:
            return now, 0
        return window


class Limits:
    """The three meters of a sandbox, with the scale already applied."""

    def __init__(self, config: SandboxConfig) -> None:
        self.user_requests = Meter(config.scaled(config.requests_per_user_per_day), DAY)
        self.user_posts = Meter(config.scaled(config.posts_per_user_per_hour), HOUR)
        self.ip_requests = Meter(config.scaled(config.requests_per_ip_per_hour), HOUR)

    def resets_in(self, uid: str, ip: str, now: float) -> float:
        """Seconds until everything that is used up is free again; the hour of the address when nothing is."""
        pairs = ((self.user_requests, uid), (self.user_posts, uid), (self.ip_requests, ip))
        full = [meter.resets_in(key, now) for meter, key in pairs if meter.left(key, now) <= 0]
        return max(full, default=self.ip_requests.resets_in(ip, now))
