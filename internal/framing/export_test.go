package framing

// NewChecker returns what looks at the bytes of one connection.
func NewChecker() func([]byte) error { return new(checker).feed }
