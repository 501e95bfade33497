"""The calendar: occasions on which lessons are promoted, school terms, holidays (日历)."""
