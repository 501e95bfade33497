"""What a public text must not say of children: labels, and what tells who a child is (用语检查)."""
